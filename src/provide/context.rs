//! The directories, switches and channels that every installation uses.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use crate::event::EventSink;

/// Context of an installation.
#[derive(Debug, Clone)]
pub struct InstallContext {
    /// The cache directory (`--cache-dir`). Created if missing; nothing outside it is written.
    pub cache_dir: PathBuf,
    /// `--offline`: a package that is not installed is an error.
    pub offline: bool,
    /// Receives progress.
    pub events: EventSink,
    /// Ends a running installation, after its processes are killed.
    pub cancel: CancellationToken,
}
