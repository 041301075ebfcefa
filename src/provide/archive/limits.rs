//! Bounds of an extraction. Knows no format.

use std::cell::Cell;

use super::error::ArchiveFault;

/// Bounds of what one archive may extract to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ArchiveLimits {
    /// Limit of the extracted size, in bytes, with the headers of a tar and the holes of sparse files.
    pub(crate) total_size: u64,
    /// Limit of the extracted size divided by the size of the archive.
    pub(crate) ratio: u64,
    /// Size that an archive may extract to whatever its ratio, in bytes.
    pub(crate) any_ratio: u64,
    /// Limit of the number of entries.
    pub(crate) entries: u64,
}

impl Default for ArchiveLimits {
    /// The largest known package (ESP32's SDK libraries) extracts to 5 GB, and xz packs compilers at 10:1. A flash image
    /// of 16 MiB full of `0xff` compresses to almost nothing.
    fn default() -> Self {
        Self { total_size: 32 << 30, ratio: 200, any_ratio: 32 << 20, entries: 1_000_000 }
    }
}

/// Extracted bytes counted against a limit.
#[derive(Debug)]
pub(super) struct ByteBudget {
    spent: Cell<u64>,
    limit: u64,
    /// The ratio, where it is the tighter limit.
    ratio: Option<u64>,
}

impl ByteBudget {
    /// Returns the budget of an archive of `archive_size` bytes.
    pub(super) fn new(limits: &ArchiveLimits, archive_size: u64) -> Self {
        let by_ratio = archive_size.saturating_mul(limits.ratio).max(limits.any_ratio);
        let ratio = (by_ratio < limits.total_size).then_some(limits.ratio);
        Self { spent: Cell::new(0), limit: by_ratio.min(limits.total_size), ratio }
    }

    /// Counts `bytes`.
    ///
    /// # Errors
    /// They exceed the limit.
    pub(super) fn spend(&self, bytes: u64) -> Result<(), ArchiveFault> {
        self.spent.set(self.spent.get().saturating_add(bytes));
        if self.spent.get() <= self.limit {
            return Ok(());
        }
        Err(match self.ratio {
            Some(ratio) => ArchiveFault::Ratio { ratio },
            None => ArchiveFault::TotalSize { limit: self.limit },
        })
    }
}
