//! Provider `path`: a core in a directory that the matrix names. Nothing is downloaded.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::blocking::blocking;
use super::context::InstallContext;
use super::core_directory;
use super::error::InstallError;
use super::installed::InstalledCore;
use super::provider::Provider;

/// Directories of cores.
struct CoreDirectories;

/// A core and its directory.
struct CoreDirectory {
    /// `vendor:arch`.
    name: String,
    dir: PathBuf,
    /// Values of `{runtime.tools.NAME.path}`, by name.
    tools: IndexMap<String, PathBuf>,
}

impl Provider for CoreDirectories {
    type Request = CoreDirectory;
    type Locked = InstalledCore;
    type Installed = InstalledCore;

    async fn resolve(
        &self,
        CoreDirectory { name, dir, tools }: CoreDirectory,
        _cx: &InstallContext,
    ) -> Result<InstalledCore, InstallError> {
        blocking(move || core_directory::read(&name, &dir, tools)).await
    }

    async fn fetch(&self, core: InstalledCore, _cx: &InstallContext) -> Result<InstalledCore, InstallError> {
        Ok(core)
    }
}

/// Returns the core in the directory `dir`. `tools` are the values of `{runtime.tools.NAME.path}`.
///
/// # Errors
/// [`InstallError::NotACore`] where `boards.txt` is missing, or `platform.txt` although a board has a core of its own.
pub async fn install_core(
    name: &str,
    dir: &Path,
    tools: IndexMap<String, PathBuf>,
    cx: &InstallContext,
) -> Result<InstalledCore, InstallError> {
    let request = CoreDirectory { name: name.to_owned(), dir: dir.to_path_buf(), tools };
    let locked = CoreDirectories.resolve(request, cx).await?;
    CoreDirectories.fetch(locked, cx).await
}
