//! Brings in cores, their tools and other packages, and finds those that are already there.
//!
//! Data in, data out: what comes back ([`InstalledCore`], [`InstalledPackages`]) are paths, versions
//! and properties. This module knows nothing of boards, sketches or plans; it says what it does as
//! events and writes nowhere but below [`InstallContext::cache_dir`].

pub mod apt;
pub mod doctor;
mod error;
pub mod locate;
mod lock;
mod machine;
mod process;
mod program;
pub mod pypi;
mod version;

use std::path::PathBuf;

use indexmap::IndexMap;
use tokio_util::sync::CancellationToken;

pub use apt::InstalledPackages;
pub use error::{InstallError, IoAction};
pub use program::{InstalledProgram, install_program};
pub use version::Version;

use crate::event::EventSink;

/// What every installation needs to know.
#[derive(Debug, Clone)]
pub struct InstallContext {
    /// The cache folder (`--cache-dir`). Made where it is missing; nothing outside it is written.
    pub cache_dir: PathBuf,
    /// `--offline`: what is not there yet is an error.
    pub offline: bool,
    /// Where progress is said.
    pub events: EventSink,
    /// Ends a running installation; the processes it has started are killed first.
    pub cancel: CancellationToken,
}

/// A core that is on this disk, and what it needs to be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledCore {
    /// `vendor:arch`.
    pub name: String,
    /// The folder that holds `boards.txt` and `platform.txt`.
    pub platform_dir: PathBuf,
    /// What `{runtime.tools.NAME.path}` means, by `NAME` (and `NAME-VERSION` where versions are known).
    pub tools: IndexMap<String, PathBuf>,
    /// Properties that this provider overrides. They win over `platform.txt` and `boards.txt`; the
    /// `properties:` of the matrix win over them.
    pub properties: IndexMap<String, String>,
    /// Words that a property must have for the core to compile, by key. They stand behind what the matrix sets, and
    /// nothing removes them.
    pub required: Vec<(String, String)>,
    /// What was installed: names (of packages, or of the core and its tools) and their versions.
    pub versions: Vec<(String, String)>,
    /// For `LD_LIBRARY_PATH` of the tools (folders with `:` between them), where this machine may lack
    /// shared libraries that they need.
    pub library_path: Option<PathBuf>,
}

/// Runs file work where it may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, InstallError> + Send + 'static,
) -> Result<T, InstallError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        // It panicked, which is a defect: it goes on to where panics are caught.
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(InstallError::Cancelled { what: "packages".to_owned() }),
        },
    }
}
