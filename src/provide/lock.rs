//! One installation at a time below one cache folder, over all processes of the machine.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{InstallContext, InstallError, IoAction};
use crate::event::{EventKind, Level};

/// How often a lock that another one holds is tried. Not a blocking wait: that could not be cancelled.
const RETRY: Duration = Duration::from_millis(50);

/// Held until dropped. However this process ends, the system drops it then, and with the last tool
/// that holds it.
#[derive(Debug)]
pub(super) struct Lock(Arc<File>);

impl Lock {
    /// For the tools that write below the folder: see `Tool::holding`.
    pub(super) fn file(&self) -> &Arc<File> {
        &self.0
    }
}

/// Takes the lock of `base`, and waits for it where another installation holds it.
pub(super) async fn take(base: &Path, what: &str, cx: &InstallContext) -> Result<Lock, InstallError> {
    let path = base.join("lock");
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
            Ok(()) => return Ok(Lock(Arc::new(file))),
            Err(TryLockError::Error(source)) => {
                return Err(InstallError::io(IoAction::Lock, &path, source));
            }
            Err(TryLockError::WouldBlock) => {}
        }
        if !told {
            told = true;
            let message = format!("{what}: another run is installing; waiting for it");
            cx.events.say(EventKind::Log { level: Level::Info, message });
        }
        tokio::select! {
            () = tokio::time::sleep(RETRY) => {}
            () = cx.cancel.cancelled() => return Err(InstallError::Cancelled { what: what.to_owned() }),
        }
    }
}
