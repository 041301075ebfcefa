//! The names in a directory, as a cheap test for missing files.

use std::ffi::{OsStr, OsString};
use std::fs::DirEntry;

use foldhash::HashSet;

/// The names in a directory.
#[derive(Debug, Default)]
pub struct Listing {
    names: HashSet<OsString>,
    /// The names in lower case, for file systems that ignore the case.
    folded: HashSet<String>,
    /// Whether a name ends with `.gch`, in any case.
    precompiled: bool,
}

impl Listing {
    /// Returns the listing of these entries.
    pub(super) fn of(entries: Vec<DirEntry>) -> Self {
        let names: HashSet<OsString> = entries.into_iter().map(|entry| entry.file_name()).collect();
        let folded = names.iter().filter_map(|name| Some(name.to_str()?.to_ascii_lowercase())).collect();
        let precompiled = names.iter().any(|name| {
            let name = name.as_encoded_bytes();
            name.len() >= 4 && name[name.len() - 4..].eq_ignore_ascii_case(b".gch")
        });
        Self { names, folded, precompiled }
    }

    /// Iterates over the names, in no order.
    pub fn names(&self) -> impl Iterator<Item = &OsStr> {
        self.names.iter().map(OsString::as_os_str)
    }

    /// Returns whether it may contain a precompiled header with an ASCII name.
    pub(super) fn may_hold_precompiled(&self) -> bool {
        self.precompiled
    }

    /// Returns whether an entry of this name may exist. Names that differ only in case, or are not ASCII, may be equal
    /// for the file system.
    pub fn may_hold(&self, name: &OsStr) -> bool {
        self.names.contains(name)
            || !name.is_ascii()
            || name.to_str().is_some_and(|name| self.folded.contains(&name.to_ascii_lowercase()))
    }
}
