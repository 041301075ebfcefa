//! The downloader of a run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{Mutex, OnceCell, OwnedMutexGuard, Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

use super::client::HttpClient;
use super::error::DownloadError;
use super::lock::{self, FileLock};
use super::options::DownloadOptions;
use super::retry::Tries;
use crate::event::{EventKind, EventSink, Level};
use crate::sync::OncePerKey;

/// Downloads files for a run. Cheap to clone; clones share connections, the limit of downloads at once and locks.
#[derive(Debug, Clone)]
pub(crate) struct Downloader {
    pub(super) inner: Arc<DownloaderState>,
}

/// What the clones share.
#[derive(Debug)]
pub(super) struct DownloaderState {
    pub(super) options: DownloadOptions,
    pub(super) events: EventSink,
    pub(super) cancel: CancellationToken,
    client: OnceCell<HttpClient>,
    permits: Semaphore,
    /// Locks between the tasks of this process, by lock file.
    locks: OncePerKey<PathBuf, Arc<Mutex<()>>>,
}

/// Excludes other tasks and other processes.
#[derive(Debug)]
pub(super) struct DownloadLock {
    pub(super) file: FileLock,
    _task: OwnedMutexGuard<()>,
}

impl Downloader {
    /// Creates a downloader. Certificates and credentials are read before the first request.
    pub(crate) fn new(options: DownloadOptions, events: EventSink, cancel: CancellationToken) -> Self {
        let permits = Semaphore::new(options.parallel.max(1));
        let (client, locks) = (OnceCell::new(), OncePerKey::default());
        Self { inner: Arc::new(DownloaderState { options, events, cancel, client, permits, locks }) }
    }
}

impl DownloaderState {
    /// Waits for work that has no other way to be cancelled.
    ///
    /// # Errors
    /// The run is cancelled.
    pub(super) async fn unless_cancelled<T>(
        &self,
        what: &str,
        work: impl Future<Output = T>,
    ) -> Result<T, DownloadError> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(DownloadError::Cancelled { what: what.to_owned() }),
            done = work => Ok(done),
        }
    }

    /// Takes the lock of the file `path`.
    ///
    /// # Errors
    /// The file can't be locked, or the run is cancelled.
    pub(super) async fn lock(&self, path: &Path, what: &str) -> Result<DownloadLock, DownloadError> {
        let own = self.locks.cell(path.to_path_buf());
        let own = own.get_or_init(async || Arc::default()).await.clone();
        let task = self.unless_cancelled(what, own.lock_owned()).await?;
        let file = lock::take(path, what, &self.events, &self.cancel).await?;
        Ok(DownloadLock { file, _task: task })
    }

    /// Waits until fewer than the largest number of downloads run.
    ///
    /// # Errors
    /// The run is cancelled.
    pub(super) async fn permit(&self, what: &str) -> Result<SemaphorePermit<'_>, DownloadError> {
        let permit = self.unless_cancelled(what, self.permits.acquire()).await?;
        // The semaphore is never closed.
        permit.map_err(|_| DownloadError::Cancelled { what: what.to_owned() })
    }

    /// Returns the HTTP client.
    ///
    /// # Errors
    /// Proxies or certificates are not usable.
    pub(super) async fn client(&self) -> Result<&HttpClient, DownloadError> {
        let make = async || {
            let options = self.options.clone();
            let client = blocking(move || HttpClient::new(&options)).await?;
            if let Some(message) = client.warning.clone() {
                self.events.say(EventKind::Log { level: Level::Warn, message });
            }
            Ok(client)
        };
        self.client.get_or_try_init(make).await
    }

    /// Returns the tries of a new download.
    pub(super) fn tries<'a>(&'a self, what: &'a str) -> Tries<'a> {
        Tries {
            events: &self.events,
            cancel: &self.cancel,
            what,
            first_wait: self.options.retry_wait,
            longest_wait: self.options.longest_wait,
            failed: 0,
            all: 0,
        }
    }

    /// Sends a remark for `-v`.
    pub(super) fn debug(&self, message: String) {
        self.events.say(EventKind::Log { level: Level::Debug, message });
    }
}

/// Runs file work on a thread that may block.
///
/// # Errors
/// Those of `work`; a cancellation while the runtime shuts down.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DownloadError> + Send + 'static,
) -> Result<T, DownloadError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        // A panic is a defect: it continues to where panics are caught.
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(DownloadError::Cancelled { what: "files".to_owned() }),
        },
    }
}
