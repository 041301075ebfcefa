//! What a board has for itself that a sketch's `ci.yml` makes out of another board of the matrix.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexSet;

use super::source::{Source, Span};
use crate::platform::Fqbn;

/// A board of the matrix with other menu options or more libraries, for some sketches. There it stands in the place of that
/// board, and is selected by its name, too.
#[derive(Debug, Clone)]
pub struct BoardVariant {
    /// The boards whose place it takes; at least one.
    pub bases: IndexSet<Arc<str>>,
    /// The FQBN of the first of them.
    pub base_fqbn: Fqbn,
    /// The sketches that it is for: their directories.
    pub sketches: IndexSet<PathBuf>,
    /// The chip that its options are for, where they depend on the chip.
    pub(super) chip: Option<String>,
    /// The file that describes it; of the first sketch.
    pub(super) file: Arc<Source>,
    /// The key of its FQBN in the file, if that has one.
    pub(super) fqbn_key: Option<Range<usize>>,
}

impl BoardVariant {
    /// Returns the place of a part of its FQBN in the file, if the file spells it out.
    pub(super) fn place(&self, part: &str) -> Option<Span> {
        let start = self.fqbn_key.as_ref()?.end;
        let at = start + self.file.text.get(start..)?.find(part)?;
        Some(Span { start: at, end: at + part.len() })
    }
}
