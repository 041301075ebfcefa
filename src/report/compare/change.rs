//! A value before and now.

use serde::Serialize;

/// Before and now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(super) struct Change<T> {
    pub(super) base: T,
    pub(super) head: T,
}

impl Change<u64> {
    /// Returns whether the value is the same.
    pub(super) fn is_none(self) -> bool {
        self.base == self.head
    }

    /// Returns how much the value grew; 0 where it shrank.
    pub(super) fn growth(self) -> u64 {
        self.head.saturating_sub(self.base)
    }

    /// Returns the difference regardless of its direction.
    pub(super) fn size(self) -> u64 {
        self.base.abs_diff(self.head)
    }

    /// Returns `+12`, `-4`, `0`.
    pub(super) fn by(self) -> String {
        match self.head.checked_sub(self.base) {
            Some(0) => "0".to_owned(),
            Some(more) => format!("+{more}"),
            None => format!("-{}", self.base - self.head),
        }
    }
}
