//! The directories that a compiler searches, and the macros that it defines.

use std::path::Path;
use std::sync::Arc;

use crate::includes::{Predefined, SearchPath};

/// The directories that a command searches, with a place for the include directories that a unit adds; and the macros
/// that its compiler defines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::pipeline) struct CompilerDirectories {
    /// For `"…"` only.
    pub(in crate::pipeline) quote: Vec<Arc<Path>>,
    /// `-I`, before the unit's include directories.
    pub(in crate::pipeline) before: Vec<Arc<Path>>,
    /// `-I`, behind them.
    pub(in crate::pipeline) after: Vec<Arc<Path>>,
    /// `-isystem`, the compiler's own, `-idirafter`.
    pub(in crate::pipeline) system: Vec<Arc<Path>>,
    /// Without those of `-D`; `None` where the compiler did not say.
    pub(in crate::pipeline) predefined: Option<Predefined>,
}

impl CompilerDirectories {
    /// The search path of a unit that adds these directories.
    pub(in crate::pipeline) fn with(&self, include: &[Arc<Path>]) -> SearchPath {
        SearchPath {
            quote: self.quote.clone(),
            include: self.before.iter().chain(include).chain(&self.after).cloned().collect(),
            system: self.system.clone(),
        }
    }
}
