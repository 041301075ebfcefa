//! Search directories and predefined macros of a compiler.

use std::path::Path;
use std::sync::Arc;

use crate::includes::{Predefined, SearchPath};

/// Search directories of a command, split where a unit's include directories are inserted, and the macros
/// that its compiler predefines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::pipeline) struct CompilerDirectories {
    /// Directories for `"…"` only.
    pub(in crate::pipeline) quote: Vec<Arc<Path>>,
    /// `-I`, before the unit's include directories.
    pub(in crate::pipeline) before: Vec<Arc<Path>>,
    /// `-I`, after the unit's include directories.
    pub(in crate::pipeline) after: Vec<Arc<Path>>,
    /// `-isystem`, the compiler's own directories, `-idirafter`.
    pub(in crate::pipeline) system: Vec<Arc<Path>>,
    /// Predefined macros without those of `-D`; `None` if the compiler did not report them.
    pub(in crate::pipeline) predefined: Option<Predefined>,
}

impl CompilerDirectories {
    /// Returns the search path of a unit with these include directories.
    pub(in crate::pipeline) fn with(&self, include: &[Arc<Path>]) -> SearchPath {
        SearchPath {
            quote: self.quote.clone(),
            include: self.before.iter().chain(include).chain(&self.after).cloned().collect(),
            system: self.system.clone(),
        }
    }
}
