//! The temporary directory of one installation, and the provider's directory that it is renamed into.

use std::path::{Path, PathBuf};

use super::super::blocking::blocking;
use super::super::context::InstallContext;
use super::super::error::{InstallError, IoAction};
use super::manifest::{SetManifest, base_dir};

/// The temporary directory of an installation in progress. Removed with its contents when dropped.
#[derive(Debug)]
pub(super) struct Site {
    scratch: tempfile::TempDir,
}

impl Site {
    /// Creates the directory below `base`, and removes those of interrupted installations. For the holder of the lock.
    pub(super) async fn open(base: &Path) -> Result<Self, InstallError> {
        let tmp = base.join("tmp");
        blocking(move || {
            match std::fs::remove_dir_all(&tmp) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(InstallError::io(IoAction::Remove, &tmp, source));
                }
                _ => {}
            }
            std::fs::create_dir_all(&tmp)
                .map_err(|source| InstallError::io(IoAction::Create, &tmp, source))?;
            let scratch = tempfile::Builder::new().prefix("set-").tempdir_in(&tmp);
            scratch
                .map(|scratch| Self { scratch })
                .map_err(|source| InstallError::io(IoAction::Create, &tmp, source))
        })
        .await
    }

    /// Returns the directory that becomes the installed set.
    pub(super) fn out(&self) -> PathBuf {
        self.scratch.path().join("out")
    }

    /// Returns the directory of downloaded archives.
    pub(super) fn debs(&self) -> PathBuf {
        self.scratch.path().join("debs")
    }

    /// Returns the working directory of proofs.
    pub(super) fn smoke(&self) -> PathBuf {
        self.scratch.path().join("smoke")
    }

    /// Returns the directory of apt's own temporary files.
    pub(super) fn temporary(&self) -> PathBuf {
        self.scratch.path().join("tmp")
    }

    /// Writes the manifest, and renames the finished set to `to`.
    pub(super) fn finish(self, manifest: &SetManifest, to: &Path) -> Result<(), InstallError> {
        manifest.write(&self.out())?;
        // Only an untrusted set can be in its place. It is moved as a whole: a half-removed one with its manifest
        // might be trusted again one day.
        match std::fs::rename(to, self.scratch.path().join("old")) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(InstallError::io(IoAction::Remove, to, source));
            }
            _ => {}
        }
        std::fs::rename(self.out(), to).map_err(|source| InstallError::io(IoAction::Rename, to, source))
    }
}

/// Returns the provider's directory in the cache directory.
pub(super) fn base_of(cx: &InstallContext) -> Result<PathBuf, InstallError> {
    base_dir(&cx.cache_dir).map_err(|source| InstallError::io(IoAction::Read, &cx.cache_dir, source))
}

/// Creates a directory and its parents.
pub(super) async fn create(dir: &Path) -> Result<(), InstallError> {
    tokio::fs::create_dir_all(dir).await.map_err(|source| InstallError::io(IoAction::Create, dir, source))
}
