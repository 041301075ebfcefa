//! One download of a file at a time, over all processes of the machine.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::error::DownloadError;
use crate::event::{EventKind, EventSink, Level};

/// Interval between tries while another process holds the lock. A blocking wait could not be cancelled.
const RETRY: Duration = Duration::from_millis(50);

/// A lock, held until its last clone is dropped. However this process ends, the system releases it then.
#[derive(Debug, Clone)]
pub(super) struct FileLock(#[allow(dead_code, reason = "held for its drop")] Arc<File>);

/// Takes the lock file `path`, whose directory exists, and waits while another process holds it.
///
/// # Errors
/// The file can't be created or locked, or the run is cancelled.
pub(super) async fn take(
    path: &Path,
    what: &str,
    events: &EventSink,
    cancel: &CancellationToken,
) -> Result<FileLock, DownloadError> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(|source| DownloadError::io("create", path, source))?;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(FileLock(Arc::new(file))),
            Err(TryLockError::Error(source)) => return Err(DownloadError::io("lock", path, source)),
            Err(TryLockError::WouldBlock) => {}
        }
        if !told {
            told = true;
            let message = format!("{what}: another run is downloading it; waiting");
            events.say(EventKind::Log { level: Level::Info, message });
        }
        tokio::select! {
            () = tokio::time::sleep(RETRY) => {}
            () = cancel.cancelled() => return Err(DownloadError::Cancelled { what: what.to_owned() }),
        }
    }
}
