//! What a run will do: core jobs and cells, with what each needs to be built. Reads the folders of
//! platforms and libraries; nothing here is started.

mod boards;
mod family;
mod layout;
mod libraries;
mod make;
mod run;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use crate::matrix::{Embed, Emulator, NotASketch};
pub(crate) use boards::{Cores, ResolvedBoard};
pub use family::Family;
pub use layout::Layout;
pub use libraries::LibraryPlaces;
pub(crate) use make::platforms;
pub use make::{PlanError, Sources, make};
pub use run::{EmulatorProgram, InstalledEmulator, Run};

use crate::event::{CellId, CoreId, SkippedCell};
use crate::library::{EnclosingLibrary, LibraryIndex};
use crate::platform::BoardConfig;

/// Everything that a run will do.
#[derive(Debug, Default)]
pub struct Plan {
    /// Stage 1, each distinct core once.
    pub cores: Vec<CoreJob>,
    /// Stage 2, in the order of the matrix.
    pub cells: Vec<CellJob>,
    /// What the matrix excludes.
    pub skipped: Vec<SkippedCell>,
    /// What a glob of the matrix matches, and what looks like a sketch and is none.
    pub not_sketches: Vec<NotASketch>,
    /// What users should know before anything is built: libraries that are ignored, and why.
    pub warnings: Vec<String>,
    /// Where libraries are looked for.
    pub library_places: LibraryPlaces,
}

/// A board with everything that is needed to build for it.
#[derive(Debug)]
pub struct Target {
    /// The board with every property merged.
    pub config: BoardConfig,
    /// The family: `avr`, `esp32`, …
    pub family: Family,
    /// The libraries that its sketches can use.
    pub libraries: Arc<LibraryIndex>,
    /// Where its tools' shared libraries are, if the loader needs to be told.
    pub library_path: Option<PathBuf>,
}

/// A board's core and variant, to be built once for all cells that use it.
#[derive(Debug, Clone)]
pub struct CoreJob {
    /// Its name within the run, and of its folder.
    pub id: CoreId,
    /// What it is built for.
    pub target: Arc<Target>,
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
    /// What it is built for; the cell's own properties are among the board's.
    pub target: Arc<Target>,
    /// The core that it links against.
    pub core: CoreId,
    /// The sketch.
    pub sketch: Arc<Sketch>,
    /// The library that the sketch lies in.
    pub enclosing: Option<Arc<EnclosingLibrary>>,
    /// Where it is built.
    pub folder: PathBuf,
    /// How long it may take, without the wait for its core.
    pub timeout: Duration,
    /// How often it is tried again after a failure of the infrastructure.
    pub retries: u32,
    /// How its firmware is run, if it is.
    pub run: Option<Arc<Run>>,
    /// What its firmware holds beside the program.
    pub embed: Arc<[Embed]>,
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
    /// Whether the main file is all of it, whatever else is in its folder.
    pub single_file: bool,
    /// Why arduino-cli does not open it: its cells fail for that reason.
    pub problem: Option<Arc<str>>,
}
