//! The work directory of a run: whether it still exists, and its free space.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::statvfs;

/// The work directory, identified when the run began.
#[derive(Debug, Clone)]
pub(super) struct WorkDirectory {
    path: Arc<Path>,
    /// Device and inode.
    identity: Option<(u64, u64)>,
}

impl WorkDirectory {
    /// Identifies the directory.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { identity: identity(&path), path: path.into() }
    }

    /// Returns its path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether it was removed since the run began, also where another one replaces it.
    pub(super) fn is_gone(&self) -> bool {
        identity(&self.path) != self.identity
    }

    /// Returns the free space in bytes.
    pub(super) fn free(&self) -> Option<u64> {
        let stat = statvfs(&*self.path).ok()?;
        Some(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

fn identity(directory: &Path) -> Option<(u64, u64)> {
    let metadata = std::fs::metadata(directory).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_was_made_anew_is_another() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("work");
        std::fs::create_dir(&path).unwrap();
        let work = WorkDirectory::new(path.clone());
        std::fs::write(path.join("file"), "").unwrap();
        assert!(!work.is_gone() && work.free().is_some());
        std::fs::rename(&path, root.path().join("old")).unwrap();
        assert!(work.is_gone());
        std::fs::create_dir(&path).unwrap();
        assert!(work.is_gone());
    }
}
