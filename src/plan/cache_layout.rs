//! Where things are in the cache directory.

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
    /// Bytes that objects and artifacts may take together: half of it each.
    pub const SIZE: u64 = 5 << 30;

    /// Age at which an unused entry is removed.
    pub const AGE: Duration = Duration::from_hours(30 * 24);

    /// The layout below `root`.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The cache directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The embedded compiler cache.
    pub fn zccache(&self) -> PathBuf {
        self.root.join("zccache")
    }

    /// The artifact store: cores, firmware and the objects of light compiles.
    pub fn artifacts(&self) -> PathBuf {
        self.root.join("artifacts")
    }

    /// The memo: hashes and scans of files, answers of compilers.
    pub fn memo(&self) -> PathBuf {
        self.root.join("memo")
    }

    /// What is known of installed packages: hashes of their files, answers of their programs.
    pub fn tools(&self) -> PathBuf {
        self.root.join("tools")
    }

    /// What steps took.
    pub fn costs(&self) -> PathBuf {
        self.root.join("costs")
    }

    /// Where compilers run.
    pub fn staging(&self) -> PathBuf {
        self.root.join("staging")
    }

    /// Installed cores and tools.
    pub fn packages(&self) -> [PathBuf; 2] {
        ["apt", "pypi"].map(|name| self.root.join(name))
    }

    /// Locks what only one run may use, the compiler cache and the directory that compilers run in, until the file is
    /// dropped; `None` where another process holds the lock.
    ///
    /// # Errors
    /// The directory or the lock file can't be made.
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
