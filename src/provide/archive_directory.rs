//! From an archive that an index describes to its directory: downloaded, verified, extracted, moved into place.

use std::path::{Path, PathBuf};

use super::archive::{ArchiveLimits, extract};
use super::arduino_directory::{ArduinoDirectory, is_installed, remove, settle};
use super::blocking::blocking;
use super::context::InstallContext;
use super::download::{ArchiveRequest, Checksum, Downloader, StagingDirectory};
use super::error::{InstallError, IoAction};
use super::install_lock;
use super::locked::LockedArchive;
use crate::event::EventKind;

/// An archive and the directory for its content.
pub(super) struct ArchiveDirectory {
    /// The package in the user's words: `core arduino:avr 1.8.6`.
    pub(super) what: String,
    pub(super) archive: LockedArchive,
    pub(super) staging: StagingDirectory,
    /// The final directory.
    pub(super) place: PathBuf,
}

impl ArchiveDirectory {
    /// Returns the final directory, installed if it is missing. `finish` completes the extracted directory before it is
    /// moved into place. Concurrent runs install once.
    ///
    /// # Errors
    /// [`InstallError::Offline`] where it is missing and `cx.offline`; otherwise whatever prevents the installation.
    pub(super) async fn install(
        self,
        downloader: &Downloader,
        cx: &InstallContext,
        finish: impl FnOnce(&Path) -> Result<(), InstallError> + Send + 'static,
    ) -> Result<PathBuf, InstallError> {
        let identity = identity(&self.archive);
        let directory = ArduinoDirectory::new(&cx.cache_dir);
        directory.note_use(&self.place);
        if self.is_installed(&identity).await? {
            return Ok(self.place);
        }
        if cx.offline {
            return Err(InstallError::Offline { what: self.what, cache: cx.cache_dir.clone() });
        }
        let temporary = directory.temporary();
        let made = temporary.clone();
        blocking(move || {
            std::fs::create_dir_all(&made).map_err(|error| InstallError::io(IoAction::Create, &made, error))
        })
        .await?;
        // One lock for each directory: different packages are installed at the same time.
        let name = directory.flat_name(&self.place);
        let _lock = install_lock::take_named(&temporary, &name, &self.what, cx).await?;
        if self.is_installed(&identity).await? {
            return Ok(self.place);
        }
        cx.events.say(EventKind::SetupStarted { what: self.what.clone() });
        let checksum: Checksum = self.archive.checksum.parse().map_err(|error| InstallError::Index {
            what: self.what.clone(),
            detail: format!("the index has a wrong checksum for {}: {error}", self.archive.file),
        })?;
        let request = ArchiveRequest {
            url: self.archive.url.clone(),
            file_name: self.archive.file.clone(),
            size: self.archive.size,
            checksum,
            directory: self.staging,
        };
        let staged = downloader
            .archive(&request)
            .await
            .map_err(|error| InstallError::from_download(&self.what, error))?;
        let (place, what, cancel) = (self.place.clone(), self.what.clone(), cx.cancel.clone());
        let complete = temporary.join(&name);
        blocking(move || {
            // The rest of an interrupted installation.
            remove(&complete)?;
            std::fs::create_dir_all(&complete)
                .map_err(|error| InstallError::io(IoAction::Create, &complete, error))?;
            let extracted =
                extract(&staged.path, &complete, &ArchiveLimits::default(), &|| cancel.is_cancelled());
            let done = extracted
                .map(drop)
                .map_err(|error| InstallError::from_archive(&what, error))
                .and_then(|()| finish(&complete))
                .and_then(|()| settle(&complete, &place, &identity));
            if done.is_err() {
                // The first error is the one to report.
                let _ = remove(&complete);
            }
            done
        })
        .await?;
        cx.events.say(EventKind::SetupFinished {
            what: self.what.clone(),
            brief: "installed".to_owned(),
            detail: format!("installed in {}", self.place.display()),
        });
        Ok(self.place)
    }

    async fn is_installed(&self, identity: &str) -> Result<bool, InstallError> {
        let (place, identity) = (self.place.clone(), identity.to_owned());
        blocking(move || Ok(is_installed(&place, &identity))).await
    }
}

/// Returns the identity of an archive's directory: its checksum.
pub(super) fn identity(archive: &LockedArchive) -> String {
    archive.checksum.to_lowercase()
}
