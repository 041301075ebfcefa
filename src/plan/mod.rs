//! What a run will do: core jobs and cells, with what each needs to be built. Data only; nothing
//! here is started.

mod layout;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use layout::Layout;

use crate::board::BoardConfig;
use crate::event::{CellId, CoreId, SkippedCell};
use crate::library::LibraryIndex;

/// Everything that a run will do.
#[derive(Debug, Default)]
pub struct Plan {
    /// Stage 1, each distinct core once.
    pub cores: Vec<CoreJob>,
    /// Stage 2, in the order of the matrix.
    pub cells: Vec<CellJob>,
    /// What the matrix excludes.
    pub skipped: Vec<SkippedCell>,
}

/// A board's core and variant, to be built once for all cells that use it.
#[derive(Debug, Clone)]
pub struct CoreJob {
    /// Its name within the run, and of its folder.
    pub id: CoreId,
    /// The board with everything merged.
    pub config: Arc<BoardConfig>,
    /// The boards (matrix names) whose cells use it.
    pub boards: Vec<Arc<str>>,
    /// Where it is built.
    pub folder: PathBuf,
}

/// One sketch for one board.
#[derive(Debug, Clone)]
pub struct CellJob {
    /// Its name within the run.
    pub id: CellId,
    /// The board with everything merged, the cell's own properties among it.
    pub config: Arc<BoardConfig>,
    /// The core that it links against.
    pub core: CoreId,
    /// The sketch.
    pub sketch: Arc<Sketch>,
    /// The libraries that it can use.
    pub libraries: Arc<LibraryIndex>,
    /// Where it is built.
    pub folder: PathBuf,
    /// How long it may take, without the wait for its core.
    pub timeout: Duration,
    /// How often it is tried again after a failure of the infrastructure.
    pub retries: u32,
}

/// A sketch, as all its cells share it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sketch {
    /// Its name in the matrix: relative to the matrix file.
    pub name: Arc<str>,
    /// Its folder.
    pub dir: PathBuf,
    /// Its main file.
    pub main_file: PathBuf,
    /// Where its generated C++ is kept.
    pub staging: PathBuf,
}
