//! Binds programs of another release to the loader and the libraries of their own tree, with `patchelf`. The machine's
//! C library may be older than the one that they were linked with.
//!
//! `LD_LIBRARY_PATH` can't do that. The loader is named in each program, and must be of the same version as the C
//! library; and the machine's programs that a recipe starts in between would load the wrong one.

use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::super::error::InstallError;
use super::super::tool_command::ToolCommand;
use super::manifest::{InstalledSet, own_libraries_of, root_of};
use super::{answer, loader};

/// The package of the tool, and its program.
pub(super) const PACKAGE: &str = "patchelf";

/// The programs of a tree that are of another release.
#[derive(Debug)]
pub(super) struct Foreign {
    programs: Vec<PathBuf>,
    /// Their loader, relative to the installed directory.
    loader: PathBuf,
}

impl Foreign {
    /// Finds the programs of another release below the installed directory `dir`, if any.
    ///
    /// # Errors
    /// The loader that they name is not among the packages.
    pub(super) fn find(dir: &Path) -> Result<Option<Self>, InstallError> {
        let root = root_of(dir);
        let mut programs = loader::programs(&root, &["."]);
        // The C library and the loader are executable as well, and must stay as they are.
        programs.retain(|file| !file.file_name().unwrap_or_default().to_string_lossy().contains(".so"));
        let Some(named) = programs.iter().find_map(|it| loader::interpreter(it)) else { return Ok(None) };
        let inside = named.strip_prefix("/").unwrap_or(&named);
        // Packages may rely on the system's link from `/lib64` to `/usr/lib64`.
        let places = [root.join(inside), root.join("usr").join(inside)];
        match places.iter().find(|it| it.exists()).and_then(|it| it.strip_prefix(dir).ok()) {
            Some(loader) => Ok(Some(Self { programs, loader: loader.to_path_buf() })),
            None => Err(InstallError::MissingLibraries { libraries: named.display().to_string() }),
        }
    }

    /// Returns the path of their loader, once the directory is `dir`.
    pub(super) fn loader_in(&self, dir: &Path) -> PathBuf {
        dir.join(&self.loader)
    }

    /// Binds them to the loader and the libraries of their tree in `dir`, which may not exist yet.
    ///
    /// # Errors
    /// `patchelf` fails.
    pub(super) async fn settle(
        &self,
        patchelf: &InstalledSet,
        dir: &Path,
        what: &str,
        cancel: &CancellationToken,
    ) -> Result<(), InstallError> {
        // RPATH, not RUNPATH: RUNPATH does not apply to the dependencies of libraries, and comes after LD_LIBRARY_PATH.
        let mut tool = ToolCommand::new(patchelf.root().join("usr/bin").join(PACKAGE))
            .arg("--set-interpreter")
            .arg(self.loader_in(dir))
            .arg("--force-rpath")
            .arg("--set-rpath")
            .arg(own_libraries_of(dir))
            .args(&self.programs);
        if let Some(libraries) = patchelf.library_path() {
            tool = tool.env("LD_LIBRARY_PATH", libraries);
        }
        let finished = tool.run(what, cancel).await?;
        if finished.status.success() {
            return Ok(());
        }
        if answer::is_disk_full(&finished.stderr) {
            return Err(InstallError::DiskFull { path: dir.to_path_buf() });
        }
        Err(InstallError::Settle { detail: answer::complaints(&finished.stderr), command: tool.shown() })
    }
}
