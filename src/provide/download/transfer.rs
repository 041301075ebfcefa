//! One archive on its way into the download directory: tries, resumption and verification.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::address::HttpAddress;
use super::client::{HttpAnswer, HttpClient};
use super::downloader::{DownloaderState, blocking};
use super::error::{DownloadCause, DownloadError, SourceUrl};
use super::lock::FileLock;
use super::part::PartFile;
use super::progress::DownloadReport;
use super::range::{headers, range_start, validator};
use super::request::ArchiveRequest;
use super::retry::TryFailure;
use super::stored::{ArchivePaths, StagedArchive};

/// Largest archive whose size is unknown, in bytes.
const UNKNOWN_LIMIT: u64 = 8 << 30;

/// Progress that makes a failed try not count: a large archive survives any number of broken connections.
const PROGRESS: u64 = 1 << 20;

/// One archive on its way. The lock of its files is held.
pub(super) struct Transfer<'a> {
    pub(super) state: &'a DownloaderState,
    pub(super) request: &'a ArchiveRequest,
    pub(super) paths: ArchivePaths,
    pub(super) lock: FileLock,
    pub(super) report: DownloadReport,
}

/// State of a transfer over its tries.
struct Course {
    /// Whether a part may be resumed. Not from a server that answers another range than the requested one.
    resumes: bool,
    /// Whether the archive was started again because its parts did not fit together.
    restarted: bool,
    /// Number of bytes at the last progress that counted.
    furthest: u64,
}

/// End of one try.
enum TryEnd {
    /// The body is complete.
    Body(SourceUrl),
    /// The server did not answer the requested range.
    NoRange(SourceUrl),
    /// The try failed.
    Failed(TryFailure),
}

impl Transfer<'_> {
    /// Downloads the archive.
    ///
    /// # Errors
    /// See [`super::Downloader::archive`].
    pub(super) async fn fetch(mut self, address: &HttpAddress) -> Result<StagedArchive, DownloadError> {
        let client = self.state.client().await?;
        let mut part = self.open().await?;
        let mut tries = self.state.tries(&self.request.file_name);
        let mut course = Course { resumes: true, restarted: false, furthest: part.length() };
        let error = loop {
            if part.is_complete() {
                return commit(part, self.report).await;
            }
            let end;
            (part, end) = self.try_once(client, address, part, course.resumes).await?;
            if part.is_complete() {
                continue;
            }
            let failure = match end {
                TryEnd::Body(url) if part.is_of_one_answer() || course.restarted => {
                    break DownloadError::checksum(&url, &self.request.checksum, &part.actual());
                }
                TryEnd::Body(_) => {
                    course.restarted = true;
                    self.restart(&mut part)?;
                    continue;
                }
                TryEnd::NoRange(_) if course.resumes => {
                    course.resumes = false;
                    self.restart(&mut part)?;
                    continue;
                }
                TryEnd::NoRange(url) => TryFailure::last(&url, DownloadCause::Status(416)),
                TryEnd::Failed(failure) => failure,
            };
            if part.length() >= course.furthest + PROGRESS {
                course.furthest = part.length();
                tries.progressed();
            }
            if let Err(error) = tries.wait_after(failure).await {
                break error;
            }
        };
        close(part, &error).await;
        Err(error)
    }

    /// Copies the archive from the local file `source`.
    ///
    /// # Errors
    /// See [`super::Downloader::archive`].
    pub(super) async fn copy(self, source: PathBuf, url: SourceUrl) -> Result<StagedArchive, DownloadError> {
        let mut part = self.open().await?;
        let (limit, checksum) = (self.limit(), self.request.checksum.clone());
        let (cancel, what) = (self.state.cancel.clone(), self.request.file_name.clone());
        let mut report = self.report;
        let (report, part, copied) = blocking(move || {
            let copied = copy_into(&mut part, &source, |length| {
                report.at(length);
                match length {
                    _ if cancel.is_cancelled() => Err(DownloadError::Cancelled { what: what.clone() }),
                    _ if length > limit => {
                        Err(TryFailure::last(&url, DownloadCause::TooLarge { limit }).into_error(1))
                    }
                    _ => Ok(()),
                }
            });
            let copied = match copied {
                Ok(()) if !part.is_complete() => {
                    Err(DownloadError::checksum(&url, &checksum, &part.actual()))
                }
                copied => copied,
            };
            Ok((report, part, copied))
        })
        .await?;
        match copied {
            Ok(()) => commit(part, report).await,
            Err(error) => {
                close(part, &error).await;
                Err(error)
            }
        }
    }

    /// Opens the incomplete file.
    async fn open(&self) -> Result<PartFile, DownloadError> {
        let (paths, checksum, lock) = (self.paths.clone(), self.request.checksum.clone(), self.lock.clone());
        let (limit, cancel) = (self.limit(), self.state.cancel.clone());
        blocking(move || PartFile::open(paths, checksum, limit, lock, &cancel)).await
    }

    /// Returns the largest number of bytes that are received.
    fn limit(&self) -> u64 {
        // A wrong size in the index is no error, but a server must not fill the disk.
        match self.request.size {
            None | Some(0) => UNKNOWN_LIMIT,
            Some(size) => size.saturating_mul(2).saturating_add(1 << 20),
        }
    }

    /// Discards a part that can't be resumed.
    fn restart(&self, part: &mut PartFile) -> Result<(), DownloadError> {
        let message = "the resumed download does not fit together; downloading it from the start";
        self.state.debug(format!("{}: {message}", self.request.file_name));
        part.discard()
    }

    /// Sends one request and appends its body to the part.
    async fn try_once(
        &mut self,
        client: &HttpClient,
        address: &HttpAddress,
        mut part: PartFile,
        resumes: bool,
    ) -> Result<(PartFile, TryEnd), DownloadError> {
        let offset = if resumes { part.length() } else { 0 };
        let headers = headers(address, part.state(), offset);
        let asked = self.state.unless_cancelled(&self.request.file_name, client.get(address, &headers)).await;
        let answer = match asked {
            Ok(Ok(answer)) => answer,
            Ok(Err(failure)) => return Ok((part, TryEnd::Failed(failure))),
            Err(cancelled) => return Ok((part, TryEnd::Failed(TryFailure::Final(cancelled)))),
        };
        match answer.status().as_u16() {
            200 | 203 => {
                if let Err(error) = part.restart(address.shown.to_string(), validator(&answer)) {
                    return Ok((part, TryEnd::Failed(TryFailure::Final(error))));
                }
            }
            206 if offset > 0 && range_start(&answer) == Some(offset) => part.resume(),
            206 | 416 if offset > 0 => return Ok((part, TryEnd::NoRange(answer.shown))),
            status => {
                let failure = TryFailure::last(&answer.shown, DownloadCause::Status(status));
                return Ok((part, TryEnd::Failed(failure)));
            }
        }
        self.receive(answer, part).await
    }

    /// Appends the body of an answer to the part.
    async fn receive(
        &mut self,
        mut answer: HttpAnswer,
        part: PartFile,
    ) -> Result<(PartFile, TryEnd), DownloadError> {
        let limit = self.limit();
        let mut length = part.length();
        let total = answer.length().map(|rest| rest.saturating_add(length));
        let too_large = |url| TryEnd::Failed(TryFailure::last(url, DownloadCause::TooLarge { limit }));
        if total.is_some_and(|total| total > limit) {
            return Ok((part, too_large(&answer.shown)));
        }
        self.report.set_total(total);
        let what = self.request.file_name.as_str();
        let writer = part.into_writer();
        let end = loop {
            self.report.at(length);
            match self.state.unless_cancelled(what, answer.chunk()).await {
                Err(cancelled) => break TryEnd::Failed(TryFailure::Final(cancelled)),
                Ok(Err(failure)) => break TryEnd::Failed(failure.after(length, total)),
                Ok(Ok(None)) => break TryEnd::Body(answer.shown.clone()),
                Ok(Ok(Some(chunk))) => {
                    length += chunk.len() as u64;
                    if length > limit {
                        break too_large(&answer.shown);
                    }
                    if !writer.write(chunk).await {
                        break TryEnd::Body(answer.shown.clone());
                    }
                }
            }
        };
        let cancelled = || DownloadError::Cancelled { what: what.to_owned() };
        let (part, written) = writer.finish().await.ok_or_else(cancelled)?;
        let end = match (end, written) {
            (_, Err(error)) => TryEnd::Failed(TryFailure::Final(error)),
            // Without a mark at its end, a body that was cut off looks complete.
            (TryEnd::Body(url), Ok(())) if !answer.is_framed() => match self.request.size {
                Some(size) if size > length && !part.is_complete() => {
                    let failure =
                        TryFailure::retry(&url, DownloadCause::Connection("it was closed".to_owned()));
                    TryEnd::Failed(failure.after(length, Some(size)))
                }
                _ => TryEnd::Body(url),
            },
            (end, Ok(())) => end,
        };
        Ok((part, end))
    }
}

/// Renames a complete part to its final name.
async fn commit(part: PartFile, report: DownloadReport) -> Result<StagedArchive, DownloadError> {
    let found = blocking(move || part.commit()).await?;
    report.finish(found.size);
    Ok(found)
}

/// Removes a part that can't be resumed after `error`.
async fn close(part: PartFile, error: &DownloadError) {
    let useless = matches!(
        error,
        DownloadError::Checksum { .. }
            | DownloadError::DiskFull { .. }
            | DownloadError::Source { .. }
            | DownloadError::Failed { cause: DownloadCause::TooLarge { .. }, .. }
    );
    if useless || part.length() == 0 {
        let removed = blocking(move || {
            part.remove();
            Ok(())
        });
        // Only a shutdown of the runtime fails.
        let _ = removed.await;
    }
}

/// Appends a file to a part. `check` is called with the length of the part.
fn copy_into(
    part: &mut PartFile,
    source: &Path,
    mut check: impl FnMut(u64) -> Result<(), DownloadError>,
) -> Result<(), DownloadError> {
    let error = |error| DownloadError::Source { path: source.to_path_buf(), source: error };
    // Opening a pipe would wait for its writer.
    if !std::fs::metadata(source).map_err(error)?.is_file() {
        return Err(error(io::Error::other("it is not a file")));
    }
    let mut file = File::open(source).map_err(error)?;
    part.discard()?;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        check(part.length())?;
        match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => part.append(&buffer[..read])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => return Err(error(source)),
        }
    }
}
