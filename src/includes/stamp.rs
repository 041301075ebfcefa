//! The identity of a file's content by `stat`, without reading it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Age below which a stamp proves nothing: the clock of a file system is coarse, and a second write within one tick
/// leaves the same stamp.
const RACY_NS: i128 = 2_000_000_000;

/// The result of `stat` for a file. A change of content changes it, unless it happens within one tick of the file
/// system's clock (a user can't set `ctime` back).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stamp {
    pub(super) device: u64,
    pub(super) inode: u64,
    pub(super) size: u64,
    pub(super) mtime_ns: i128,
    pub(super) ctime_ns: i128,
}

impl Stamp {
    /// Returns the stamp of a file.
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            mtime_ns: i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec()),
            ctime_ns: i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec()),
        }
    }

    /// Returns size and modification time, which a copy shares if the copier preserves times.
    pub(super) fn size_and_time(&self) -> (u64, i128) {
        (self.size, self.mtime_ns)
    }

    /// Returns whether the file may have changed, or may still change, with the same stamp.
    pub(super) fn is_young(&self) -> bool {
        self.is_racy(now_ns())
    }

    fn is_racy(&self, now_ns: i128) -> bool {
        now_ns - self.mtime_ns.max(self.ctime_ns) < RACY_NS
    }
}

fn now_ns() -> i128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| i128::try_from(now.as_nanos()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_that_has_been_still_for_a_while_is_not_racy() {
        let stamp = Stamp { device: 1, inode: 1, size: 1, mtime_ns: 10, ctime_ns: 20 };
        assert!(stamp.is_racy(20 + RACY_NS - 1), "the younger of the two times counts");
        assert!(!stamp.is_racy(20 + RACY_NS));
        let future = Stamp { mtime_ns: i128::from(u64::MAX), ..stamp };
        assert!(future.is_racy(20 + 2 * RACY_NS), "a time in the future says nothing");
    }
}
