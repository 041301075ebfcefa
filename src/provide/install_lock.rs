//! One installation at a time below one cache directory, over all processes of the machine.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::context::InstallContext;
use super::error::{InstallError, IoAction};
use crate::event::{EventKind, Level};

/// Interval between tries while another process holds the lock. A blocking wait could not be cancelled.
const RETRY: Duration = Duration::from_millis(50);

/// A lock, held until it is dropped. However this process ends, the system releases it then, or with the last tool
/// that holds it.
#[derive(Debug)]
pub(super) struct InstallLock(Arc<File>);

impl InstallLock {
    /// Returns the file for tools that write below the directory: see `ToolCommand::holding`.
    pub(super) fn file(&self) -> &Arc<File> {
        &self.0
    }
}

/// Takes the lock of the directory `base`, and waits while another installation holds it.
///
/// # Errors
/// The file can't be created or locked, or the run is cancelled.
pub(super) async fn take(base: &Path, what: &str, cx: &InstallContext) -> Result<InstallLock, InstallError> {
    take_file(base.join("lock"), what, cx).await
}

/// Takes one of several locks in the directory `base`, by its name.
///
/// # Errors
/// As [`take`].
pub(super) async fn take_named(
    base: &Path,
    name: &str,
    what: &str,
    cx: &InstallContext,
) -> Result<InstallLock, InstallError> {
    take_file(base.join(format!("{name}.lock")), what, cx).await
}

async fn take_file(path: PathBuf, what: &str, cx: &InstallContext) -> Result<InstallLock, InstallError> {
    let open = path.clone();
    let file = tokio::task::spawn_blocking(move || {
        OpenOptions::new().create(true).truncate(false).write(true).open(&open)
    })
    .await
    .unwrap_or_else(|error| Err(error.into()))
    .map_err(|source| InstallError::io(IoAction::Create, &path, source))?;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(InstallLock(Arc::new(file))),
            Err(TryLockError::Error(source)) => {
                return Err(InstallError::io(IoAction::Lock, &path, source));
            }
            Err(TryLockError::WouldBlock) => {}
        }
        if !told {
            told = true;
            let message = format!("{what}: being installed already; waiting for it");
            cx.events.say(EventKind::Log { level: Level::Info, message });
        }
        tokio::select! {
            () = tokio::time::sleep(RETRY) => {}
            () = cx.cancel.cancelled() => return Err(InstallError::Cancelled { what: what.to_owned() }),
        }
    }
}
