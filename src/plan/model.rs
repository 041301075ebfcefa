//! The plan of a run, as values.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::family::Family;
use super::libraries::LibraryPlaces;
use super::run::Run;
use crate::event::{CellId, CoreId, SkippedCell};
use crate::library::{EnclosingLibrary, LibraryIndex};
use crate::limits::Budgets;
use crate::matrix::{Embed, Expectation, NotASketch};
use crate::platform::BoardConfig;

/// The jobs of a run.
#[derive(Debug, Default)]
pub struct Plan {
    /// Core jobs of stage 1, each distinct core once.
    pub cores: Vec<CoreJob>,
    /// Cells of stage 2, in the order of the matrix.
    pub cells: Vec<CellJob>,
    /// Reasons why cells were selected, where `--changed-since` selects.
    pub reasons: HashMap<CellId, CellReason>,
    /// Cells that the matrix or `--changed-since` excludes.
    pub skipped: Vec<SkippedCell>,
    /// Cells that the command line does not select.
    pub not_selected: Vec<SkippedCell>,
    /// Paths that match a glob of the matrix and look like sketches, but are none.
    pub not_sketches: Vec<NotASketch>,
    /// Warnings to show before the build: ignored libraries, with the reason.
    pub warnings: Vec<String>,
    /// The directories that are searched for libraries.
    pub library_places: Arc<LibraryPlaces>,
}

/// The reason why a cell was selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellReason {
    /// The reason, for users.
    pub text: String,
    /// The changed file that it follows from, relative to the checkout.
    pub file: Option<String>,
}

/// A board with everything that a build for it needs.
#[derive(Debug)]
pub struct Target {
    /// The board with all properties merged.
    pub config: BoardConfig,
    /// The family: `avr`, `esp32`, …
    pub family: Family,
    /// The libraries that its sketches can use.
    pub libraries: Arc<LibraryIndex>,
    /// Directory of its tools' shared libraries, for `LD_LIBRARY_PATH`.
    pub library_path: Option<PathBuf>,
    /// Files and directories that its hooks read beside the known ones; `None` if that is unknown.
    pub hook_inputs: Option<Vec<PathBuf>>,
}

/// The build of a board's core and variant, once for all cells that use it.
#[derive(Debug, Clone)]
pub struct CoreJob {
    /// Its id within the run, and the name of its directory.
    pub id: CoreId,
    /// The board.
    pub target: Arc<Target>,
    /// The boards (matrix names) whose cells use it.
    pub boards: Vec<Arc<str>>,
    /// Its build directory.
    pub directory: PathBuf,
}

/// The build of a sketch for a board.
#[derive(Debug, Clone)]
pub struct CellJob {
    /// Its id within the run.
    pub id: CellId,
    /// The board, with the cell's own properties merged.
    pub target: Arc<Target>,
    /// The core that it links against.
    pub core: CoreId,
    /// The sketch.
    pub sketch: Arc<Sketch>,
    /// The library that contains the sketch, if any.
    pub enclosing: Option<Arc<EnclosingLibrary>>,
    /// Its build directory.
    pub directory: PathBuf,
    /// Its timeout, without the wait for its core.
    pub timeout: Duration,
    /// Number of retries after a failure for an infrastructure reason.
    pub retries: u32,
    /// The run of its firmware, if any.
    pub run: Option<Arc<Run>>,
    /// The files that are embedded in its firmware.
    pub embed: Arc<[Embed]>,
    /// Checks of its result.
    pub checks: Checks,
    /// Why it is built, and what is expected.
    pub terms: CellTerms,
}

/// Checks of a cell's result after its build.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checks {
    /// Limits of its sizes and warnings.
    pub budgets: Budgets,
    /// Whether a warning in the sketch or the library under test fails the cell.
    pub warnings_are_errors: bool,
}

/// Why a cell is built, and the result that is expected of it.
#[derive(Debug, Clone)]
pub struct CellTerms {
    /// The place in the matrix that asks for it: `examples/** (line 12)`.
    pub reason: Arc<str>,
    /// The expected result, if the matrix has one.
    pub expect: Option<Arc<Expectation>>,
    /// The tags of its entries.
    pub tags: Arc<[String]>,
}

/// A sketch, shared by its cells.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sketch {
    /// Its name in the matrix: relative to the matrix file.
    pub name: Arc<str>,
    /// Its directory.
    pub dir: PathBuf,
    /// Its main file.
    pub main_file: PathBuf,
    /// Whether it is only the main file, without the other files of the directory.
    pub single_file: bool,
    /// The reason why arduino-cli does not open it, for which its cells fail.
    pub problem: Option<Arc<str>>,
}
