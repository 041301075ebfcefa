//! The inputs of a compile, as a closure finds them.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::hash::Hash;
use super::search::Search;
use super::source_file::{FileId, SourceFile};

/// The files that the result of a translation unit depends on.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// Every file that the compile could read, the source first.
    pub files: Vec<Arc<SourceFile>>,
    /// Indices of the directories of the search path with a found file, in order. Without the other directories every
    /// name resolves to the same file.
    pub directories: BTreeSet<usize>,
    /// Reason why the compile may read other files, if it may.
    pub incomplete: Option<String>,
    /// Files with an include whose name follows from no definition. Until the preprocessor has told the names, they are the
    /// reason in `incomplete`; empty if there is another reason.
    pub unnamed: BTreeSet<FileId>,
    /// Reason why the result depends on the clock, if it does. The set of files does not depend on it.
    pub clock: Option<String>,
}

impl Inputs {
    /// Returns a hash of path and content of every file.
    pub fn hash(&self) -> Hash {
        self.hash_by(SourceFile::digest)
    }

    /// Returns a hash of the digests of all files, independent of their order.
    pub fn hash_by(&self, digest: impl Fn(&SourceFile) -> Hash) -> Hash {
        let mut digests: Vec<_> = self.files.iter().map(|file| *digest(file).as_bytes()).collect();
        digests.sort_unstable();
        blake3::hash(digests.as_flattened())
    }

    /// Returns whether a compile needs `directory` of the search path. Without the other directories every name
    /// resolves to the same file.
    pub fn needs(&self, search: &Search, directory: &Path) -> bool {
        self.incomplete.is_some()
            || !search.can_be_trimmed()
            || self.directories.iter().any(|index| **search.directory_at(*index) == *directory)
    }

    /// Returns a file that has changed since it was read, if any.
    pub fn changed(&self) -> Option<&Path> {
        self.files.iter().find(|file| !file.is_unchanged()).map(|file| &*file.path)
    }
}
