//! The lock of a work directory: only one run at a time uses it.

use std::fs::{File, TryLockError};
use std::io;

use super::error::SessionError;
use crate::event::{EventKind, EventSink, Level};
use crate::plan::Layout;

/// Locks the work directory until the file is dropped; waits for another run that holds it.
pub(super) async fn lock(layout: &Layout, events: &EventSink) -> Result<File, SessionError> {
    let path = layout.root().join(".lock");
    let unwritable =
        |error: io::Error| SessionError::Unwritable(format!("{} can't be locked: {error}", path.display()));
    let file = File::create(&path).map_err(unwritable)?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::Error(error)) => return Err(unwritable(error)),
        Err(TryLockError::WouldBlock) => {}
    }
    let message = format!("another run is working in {}; waiting for it to end", layout.root().display());
    events.say(EventKind::Log { level: Level::Warn, message });
    let waited = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
    waited.map_err(|error| SessionError::Unwritable(error.to_string()))?.map_err(unwritable)
}
