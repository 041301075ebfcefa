//! A table in a file that several runs share: read when it is first needed, written if this run has changed it.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fs::{seal, unseal, write_atomically};
use crate::sync::lock;

/// Version of the stored data. A file of another version is ignored.
const VERSION: u32 = 10;

/// The content of a file.
pub(super) trait Table: Default + Serialize + DeserializeOwned {
    /// Adds the entries that only `other` has.
    fn add(&mut self, other: Self);

    /// Removes entries that were last used before a day, in days since 1970.
    fn forget(&mut self, before: u32);
}

/// A table with its file.
#[derive(Debug, Default)]
pub(super) struct Stored<T> {
    /// Empty without a file.
    path: PathBuf,
    table: OnceLock<Mutex<T>>,
    changed: AtomicBool,
}

impl<T: Table> Stored<T> {
    /// Returns a table that is not read yet. A file that is missing, damaged or of another version gives an empty one.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, table: OnceLock::new(), changed: AtomicBool::new(false) }
    }

    /// Returns the table.
    pub(super) fn get(&self) -> MutexGuard<'_, T> {
        lock(self.table.get_or_init(|| Mutex::new(self.read())))
    }

    /// Returns the table, which is going to be changed.
    pub(super) fn change(&self) -> MutexGuard<'_, T> {
        self.changed.store(true, Ordering::Relaxed);
        self.get()
    }

    /// Notes that the table has changed.
    pub(super) fn set_changed(&self) {
        self.changed.store(true, Ordering::Relaxed);
    }

    fn read(&self) -> T {
        std::fs::read(&self.path).ok().and_then(|bytes| unseal(VERSION, &bytes)).unwrap_or_default()
    }

    /// Replaces the file if the table has changed. Keeps what other runs have added meanwhile, and removes entries that were
    /// last used before a day.
    ///
    /// # Errors
    /// An error of the file system.
    pub(super) fn save(&self, oldest: u32) -> io::Result<()> {
        if !self.changed.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        // Concurrent writers would lose each other's entries.
        let guard = File::create(self.path.with_extension("lock"))?;
        guard.lock()?;
        let mut table = self.get();
        table.add(self.read());
        table.forget(oldest);
        write_atomically(&self.path, &seal(VERSION, &*table))
    }
}
