//! The search path of a compile, with the rules of GCC for repeated directories.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// A compiler's search path for headers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SearchPath {
    /// `-iquote`: only for `"name"`, after the directory of the including file.
    pub quote: Vec<Arc<Path>>,
    /// `-I`, in order.
    pub include: Vec<Arc<Path>>,
    /// `-isystem`, the compiler's own, then `-idirafter`, in order.
    pub system: Vec<Arc<Path>>,
}

/// Index of a directory of a [`SearchPath`], over quote, include and system directories in this order.
pub type DirectoryIndex = usize;

impl SearchPath {
    /// Returns the path without the directories that GCC drops (`remove_duplicates` in its `incpath.c`). The first of
    /// equal directories stays, but a system directory is dropped from the include and quote directories. A quote
    /// directory that is an include directory too stays: its files are found there first in both cases.
    pub(super) fn normalised(self, real: &impl Fn(&Arc<Path>) -> Arc<Path>) -> Self {
        let mut seen = HashSet::new();
        let system = unique(self.system, real, &mut seen);
        let include = unique(self.include, real, &mut seen.clone());
        let quote = unique(self.quote, real, &mut seen);
        Self { quote, include, system }
    }
}

/// Returns the directories that are not in `seen` under any name, and adds them.
fn unique(
    directories: Vec<Arc<Path>>,
    real: &impl Fn(&Arc<Path>) -> Arc<Path>,
    seen: &mut HashSet<Arc<Path>>,
) -> Vec<Arc<Path>> {
    directories.into_iter().filter(|directory| seen.insert(real(directory))).collect()
}
