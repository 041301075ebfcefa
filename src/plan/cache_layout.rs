//! Paths in the cache directory.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::fs::make_own_directory;

/// The parts of a cache directory.
#[derive(Debug, Clone)]
pub struct CacheLayout {
    root: PathBuf,
}

impl CacheLayout {
    /// Limit of objects and artifacts together, in bytes: half of it each.
    pub const SIZE: u64 = 5 << 30;

    /// Age at which an unused entry is removed.
    pub const AGE: Duration = Duration::from_hours(30 * 24);

    /// Returns the layout below `root`.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Returns the cache directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the directory of the embedded compiler cache.
    pub fn zccache(&self) -> PathBuf {
        self.root.join("zccache")
    }

    /// Returns the artifact store: cores, firmware and the objects of light compiles.
    pub fn artifacts(&self) -> PathBuf {
        self.root.join("artifacts")
    }

    /// Returns the memo: hashes of files, answers of compilers about sources.
    pub fn memo(&self) -> PathBuf {
        self.root.join("memo")
    }

    /// Returns the scans of files.
    pub fn scans(&self) -> PathBuf {
        self.root.join("scans")
    }

    /// Returns the file with the hashes and program answers of installed packages.
    pub fn tools(&self) -> PathBuf {
        self.root.join("tools")
    }

    /// Returns the file with the history of durations.
    pub fn costs(&self) -> PathBuf {
        self.root.join("costs")
    }

    /// Returns the recorded inputs of cells.
    pub fn inputs(&self) -> PathBuf {
        self.root.join("inputs")
    }

    /// Returns the directory in which compilers run.
    pub fn staging(&self) -> PathBuf {
        self.root.join("staging")
    }

    /// Returns the directory of copies of indexes.
    pub fn indexes(&self) -> PathBuf {
        self.root.join("indexes")
    }

    /// Returns the directories of installed cores and tools.
    pub fn packages(&self) -> [PathBuf; 3] {
        ["apt", "pypi", "arduino"].map(|name| self.root.join(name))
    }

    /// Locks the compiler cache and the compilers' directory, which only one run may use, until the file is dropped.
    /// Returns `None` where another process holds the lock.
    ///
    /// # Errors
    /// The directory or the lock file can't be created.
    pub fn hold(&self) -> io::Result<Option<File>> {
        make_own_directory(&self.root)?;
        let file = File::create(self.root.join("compiling.lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}
