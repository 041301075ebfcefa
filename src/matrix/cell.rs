//! The cells of a matrix, as values.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::discover::SketchKind;
use super::expectation::Expectation;
use super::model::{Embed, Overrides, Run};
use super::schema::Warnings;
use super::source::Span;
use crate::limits::Budgets;

/// A sketch and its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SketchRef {
    /// Its directory or file relative to the matrix file, with `/`. With `from`, relative to that directory, after
    /// `builtin/` or `vendor:arch/`. No two sketches share a name.
    pub name: Arc<str>,
    /// Its directory; absolute.
    pub dir: PathBuf,
    /// `Name.ino`, or the single file; absolute.
    pub main_file: PathBuf,
    /// Whether the other files of the directory belong to it.
    pub kind: SketchKind,
    /// The reason why arduino-cli does not open it, for which each of its cells fails.
    pub problem: Option<Arc<str>>,
}

/// A path that matches a glob of the matrix and looks like a sketch, but is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotASketch {
    /// Its path, in the form of [`SketchRef::name`].
    pub name: Arc<str>,
    /// The reason why it is no sketch.
    pub reason: Arc<str>,
    /// The entry with the glob.
    pub span: Span,
}

/// One sketch for one board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The board's name.
    pub board: Arc<str>,
    /// The sketch.
    pub sketch: Arc<SketchRef>,
    /// Property overrides: the board's, then the entry's.
    pub properties: Arc<Overrides>,
    /// Its timeout.
    pub timeout: Duration,
    /// Number of retries after a failure for an infrastructure reason.
    pub retries: u32,
    /// The compiler warnings to show.
    pub warnings: Warnings,
    /// The run of its firmware, if any.
    pub run: Option<Arc<Run>>,
    /// The files that are embedded in its firmware.
    pub embed: Arc<[Embed]>,
    /// Limits of its firmware: the entry's, the board's, the matrix's.
    pub budgets: Budgets,
    /// The tags of its entries.
    pub tags: Arc<[String]>,
    /// The result that is expected, if an entry says one.
    pub expect: Option<Arc<Expectation>>,
    /// The first entry of the matrix with this cell.
    pub span: Span,
}

/// A cell that is not built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedCell {
    /// The board's name.
    pub board: Arc<str>,
    /// The sketch.
    pub sketch: Arc<SketchRef>,
    /// The tags of its entries.
    pub tags: Arc<[String]>,
    /// The reason: that of the rule, or the rule.
    pub reason: Arc<str>,
    /// The rule; for a cell that is not selected, its entry.
    pub span: Span,
}

/// All cells of a matrix: by board in the order of the matrix, then by sketch in the order of the entries, then by path.
/// The order does not depend on the file system.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expansion {
    /// The cells to build.
    pub cells: Vec<Cell>,
    /// The cells that the matrix excludes.
    pub skipped: Vec<SkippedCell>,
    /// The cells that the command line does not select.
    pub not_selected: Vec<SkippedCell>,
    /// Remarks on the matrix: rules without effect.
    pub remarks: Vec<String>,
    /// The paths that look like sketches, by name.
    pub not_sketches: Vec<NotASketch>,
    /// What is not installed, although cells depend on it.
    pub unknown: NotInstalled,
}

/// What an expansion does not know, because a run does not need it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NotInstalled {
    /// Boards whose cores are not installed, although expressions ask for their hardware: an expansion has every cell that
    /// they may have.
    pub boards: BTreeSet<Arc<str>>,
    /// Whether directories that `from` names are not installed: an expansion lacks their sketches.
    pub has_roots: bool,
}

impl NotInstalled {
    /// Returns whether an expansion is complete and exact.
    pub fn is_empty(&self) -> bool {
        self.boards.is_empty() && !self.has_roots
    }
}

impl Expansion {
    /// Returns the names of the sketches of all cells, skipped or not, a name once for each cell.
    pub fn sketch_names(&self) -> impl Iterator<Item = &str> {
        let skipped = self.skipped.iter().map(|cell| &*cell.sketch.name);
        self.cells.iter().map(|cell| &*cell.sketch.name).chain(skipped)
    }
}
