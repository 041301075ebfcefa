//! Entries of an index that could not be used. Knows nothing of JSON.

use std::fmt;

/// A broken entry of an index. The rest of the index is served without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedEntry {
    /// Where it is, such as ``package `esp32`, tool `esptool_py` 4.5.1, system 3``.
    pub place: String,
    /// Why it could not be used.
    pub reason: String,
}

impl fmt::Display for DroppedEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}
