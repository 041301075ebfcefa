//! Archives in the shared download directory.

use super::address::Address;
use super::downloader::{Downloader, blocking};
use super::error::DownloadError;
use super::progress::DownloadReport;
use super::redact::redacted;
use super::request::ArchiveRequest;
use super::stored::{ArchivePaths, Present, StagedArchive};
use super::transfer::Transfer;

impl Downloader {
    /// Returns the verified archive, downloaded if it is missing or damaged.
    ///
    /// The path is `STAGING/DIRECTORY/FILE`, or `STAGING/DIRECTORY/CHECKSUM/FILE` where another archive has that name.
    /// Concurrent requests for one archive, also of other processes, download once.
    ///
    /// # Errors
    /// The archive could not be downloaded, differs from its checksum, or the run is cancelled or offline.
    pub(crate) async fn archive(&self, request: &ArchiveRequest) -> Result<StagedArchive, DownloadError> {
        let directory = self.inner.options.staging.join(request.directory.name());
        let paths = ArchivePaths::new(&directory, &request.file_name)?;
        if let Some(found) = self.archive_at(request, paths.clone()).await? {
            return Ok(found);
        }
        let paths = paths.of_checksum(&request.checksum);
        self.inner.debug(format!(
            "{}: another archive has this name; using {}",
            request.file_name,
            paths.file.display()
        ));
        match self.archive_at(request, paths.clone()).await? {
            Some(found) => Ok(found),
            // Two archives whose checksums begin with the same 16 digits.
            None => Err(DownloadError::FileName { name: request.file_name.clone(), reason: "it is taken" }),
        }
    }

    /// Returns the archive at its final name; `None` where another verified archive has this name.
    async fn archive_at(
        &self,
        request: &ArchiveRequest,
        paths: ArchivePaths,
    ) -> Result<Option<StagedArchive>, DownloadError> {
        let what = request.file_name.as_str();
        // Without a lock: the usual case of a second run.
        match self.look(request, &paths).await? {
            Present::Verified(found) => return Ok(Some(found)),
            Present::Other => return Ok(None),
            Present::Missing | Present::Unverified => {}
        }
        let address = Address::parse(&request.url, &self.inner.options.mirrors)?;
        let offline = self.inner.options.offline && matches!(address, Address::Http(_));
        // Offline, a missing file needs no directory.
        if offline && self.look(request, &paths).await? == Present::Missing {
            return Err(Self::offline(request, &paths));
        }
        let make = paths.clone();
        blocking(move || make.make_directories()).await?;
        let lock = self.inner.lock(&paths.lock, what).await?;
        match self.look(request, &paths).await? {
            Present::Verified(found) => return Ok(Some(found)),
            Present::Other => return Ok(None),
            Present::Missing => {}
            Present::Unverified => {
                let (paths, checksum, cancel) =
                    (paths.clone(), request.checksum.clone(), self.inner.cancel.clone());
                if let Some(found) = blocking(move || paths.verify(&checksum, &cancel)).await? {
                    return Ok(Some(found));
                }
                self.inner.debug(format!("{what}: the file in the download directory is damaged"));
            }
        }
        if offline {
            return Err(Self::offline(request, &paths));
        }
        let report = DownloadReport::start(&self.inner.events, what, request.size);
        let _permit = self.inner.permit(what).await?;
        let transfer = Transfer { state: &self.inner, request, paths, lock: lock.file.clone(), report };
        let found = match address {
            Address::Http(address) => transfer.fetch(&address).await?,
            Address::File(source, url) => transfer.copy(source, url).await?,
        };
        if let Some(size) = request.size.filter(|size| *size != found.size) {
            self.inner.debug(format!("{what}: the index states {size} bytes, the file has {}", found.size));
        }
        Ok(Some(found))
    }

    async fn look(&self, request: &ArchiveRequest, paths: &ArchivePaths) -> Result<Present, DownloadError> {
        let (paths, checksum) = (paths.clone(), request.checksum.clone());
        blocking(move || paths.look(&checksum)).await
    }

    fn offline(request: &ArchiveRequest, paths: &ArchivePaths) -> DownloadError {
        DownloadError::Offline { url: redacted(&request.url), path: paths.file.clone() }
    }
}
