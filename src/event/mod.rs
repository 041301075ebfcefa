//! Everything that happens in a run, as values. The modules that build say events; [`crate::report`]
//! folds them into reports. This module knows neither of them.

mod libraries;
mod outcome;
mod overflow;
mod sink;
mod warning;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

pub use libraries::{Listed, NamedLibrary, Replaced, UsedLibrary};
pub use outcome::{CacheOutcome, Failure, FailureKind, Location, Outcome, Sizes, Step, StorageCause, Usage};
pub use overflow::{FullMemory, LargeObject, Overflow, grouped};
pub use sink::{EventSink, channel};
pub use warning::{Warning, WarningOwner};

/// Identifies a core job within a run: the board that gave it its name and its key, `uno-1f2e3d4c`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct CoreId(pub Arc<str>);

/// Identifies a cell within a run: board and sketch, both as the matrix names them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct CellId {
    /// The board's name in the matrix.
    pub board: Arc<str>,
    /// The sketch's name: its folder or file relative to the matrix file.
    pub sketch: Arc<str>,
}

/// A job: what a slot is given to, and what a timing or a trace row is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JobId {
    /// A stage-1 job.
    Core(CoreId),
    /// A stage-2 job.
    Cell(CellId),
}

impl std::fmt::Display for CoreId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::fmt::Display for CellId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.board, self.sketch)
    }
}

impl std::fmt::Display for JobId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Core(id) => write!(f, "core {id}"),
            Self::Cell(id) => id.fmt(f),
        }
    }
}

/// An event and when it happened.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    /// Time since the run began, by the monotonic clock; in JSON microseconds.
    #[serde(rename = "at_us", serialize_with = "micros")]
    pub at: Duration,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// The first event of a run.
    RunStarted(RunInfo),
    /// A core, a tool or a package is being brought in.
    SetupStarted {
        /// What, in the user's words: `core arduino:avr from apt`.
        what: String,
    },
    /// How far a download has come.
    SetupProgress {
        /// The same text as in [`EventKind::SetupStarted`].
        what: String,
        /// Bytes that are there.
        done: u64,
        /// Bytes in all, if known.
        total: Option<u64>,
    },
    /// It is there.
    SetupFinished {
        /// The same text as in [`EventKind::SetupStarted`].
        what: String,
        /// What it is, in a few words: its first package, with the version.
        brief: String,
        /// What was done: versions, `already installed`, properties that the provider set.
        detail: String,
    },
    /// A remark for the log that belongs to no job.
    Log {
        /// How loud.
        level: Level,
        /// One or more lines.
        message: String,
    },
    /// A part of the run, in sequence: set-up, plan, build. They add up to the wall time.
    RunPhase {
        /// `setup`, `plan`, `build` or `finish`.
        phase: RunPhase,
        /// When it began and ended.
        #[serde(flatten)]
        span: Span,
    },
    /// All jobs are known. Comes exactly once, before the first job event.
    Planned {
        /// Stage 1.
        cores: Vec<CoreInfo>,
        /// Stage 2: every selected cell.
        cells: Vec<CellInfo>,
        /// Every cell of the matrix that the matrix itself leaves out, with its reason.
        skipped: Vec<SkippedCell>,
    },
    /// A job began to do something.
    JobStarted {
        /// Which.
        job: JobId,
    },
    /// A phase of a job ended. A job's phases follow one another without a gap, from the end of
    /// planning to its last moment, so that they add up to the time that it took.
    JobPhase {
        /// Which.
        job: JobId,
        /// What it did.
        phase: Phase,
        /// When.
        #[serde(flatten)]
        span: Span,
    },
    /// One step that held a slot ended.
    StepFinished(StepInfo),
    /// The terminal event of a job: every core and every cell of [`EventKind::Planned`] gets exactly one.
    JobFinished(Box<JobResult>),
    /// The first signal came, or `--max-failures` was reached; nothing new is started.
    Stopping {
        /// Why, in a few words.
        reason: String,
    },
    /// The last event of a run.
    RunFinished {
        /// The exit code that the process will end with.
        exit: u8,
    },
}

/// What [`EventKind::RunStarted`] says.
#[derive(Debug, Clone, Serialize)]
pub struct RunInfo {
    /// `name` of the matrix, or its file's stem.
    pub name: String,
    /// The matrix file.
    #[serde(serialize_with = "path_text")]
    pub matrix: PathBuf,
    /// Version of this program.
    pub version: String,
    /// `--jobs`.
    pub jobs: usize,
    /// Seconds since the Unix epoch when the run began.
    pub started_unix: u64,
    /// Where firmware goes.
    #[serde(serialize_with = "path_text")]
    pub work_dir: PathBuf,
    /// Where reports go.
    #[serde(serialize_with = "path_text")]
    pub report_dir: PathBuf,
    /// `zccache` or `direct`.
    pub backend: String,
}

/// What is known of a core job before it runs.
#[derive(Debug, Clone, Serialize)]
pub struct CoreInfo {
    /// Which.
    pub id: CoreId,
    /// The boards (matrix names) whose cells use it.
    pub boards: Vec<Arc<str>>,
    /// `vendor:arch:board[:options]` of the first of them.
    pub fqbn: Arc<str>,
    /// The family: `avr`, `esp32`, …
    pub platform: Arc<str>,
}

/// What is known of a cell before it runs.
#[derive(Debug, Clone, Serialize)]
pub struct CellInfo {
    /// Which.
    pub id: CellId,
    /// `vendor:arch:board[:options]`.
    pub fqbn: Arc<str>,
    /// The family: `avr`, `esp32`, …
    pub platform: Arc<str>,
    /// The core job that it links against.
    pub core: CoreId,
    /// The sketch's main file.
    #[serde(serialize_with = "path_text")]
    pub file: Arc<Path>,
}

/// A cell that the matrix excludes.
#[derive(Debug, Clone, Serialize)]
pub struct SkippedCell {
    /// Which.
    pub id: CellId,
    /// `vendor:arch:board[:options]`.
    pub fqbn: Arc<str>,
    /// The sketch's main file.
    #[serde(serialize_with = "path_text")]
    pub file: Arc<Path>,
    /// The matrix's reason, or the rule that excluded it.
    pub reason: Arc<str>,
}

/// One step (compile, archive, link, …) that held a slot.
#[derive(Debug, Clone, Serialize)]
pub struct StepInfo {
    /// For which job. A step that several cells share is told once, for the job that ran it.
    pub job: JobId,
    /// What kind.
    pub step: Step,
    /// What of: the source's or the output's name.
    pub label: String,
    /// The slot it held, from 0.
    pub slot: usize,
    /// While it held the slot.
    #[serde(flatten)]
    pub span: Span,
    /// While the process itself ran, if one was started directly by us; none for a conversion in process.
    pub process: Option<Span>,
    /// What the cache did. `None` where no cache is asked.
    pub cache: Option<CacheOutcome>,
    /// It was ended before its time: by a timeout or an interrupt, or because its job failed elsewhere.
    /// What it might have done is not known.
    pub cut_short: bool,
}

/// What is known of a job when it ends.
#[derive(Debug, Clone, Serialize)]
pub struct JobResult {
    /// Which.
    pub job: JobId,
    /// How it ended.
    pub outcome: Outcome,
    /// From the end of planning to its last moment.
    #[serde(flatten)]
    pub span: Span,
    /// Flash, RAM and EEPROM, where the core's recipes can tell.
    pub sizes: Option<Sizes>,
    /// The firmware files it left, first the one to upload.
    #[serde(serialize_with = "path_texts")]
    pub artifacts: Vec<PathBuf>,
    /// The file with everything that its tools printed (`build.log`), if there is one.
    #[serde(serialize_with = "path_text_if_any", skip_serializing_if = "Option::is_none")]
    pub log: Option<PathBuf>,
    /// Warnings of the compilers, as they were printed; empty where there were none.
    pub warnings: String,
    /// The same as values, each place and text once. `None` where the job was not built.
    pub warning_list: Option<Vec<Warning>>,
    /// The libraries that it is built with, in the order of discovery; none of a core.
    #[serde(skip_serializing_if = "no_libraries")]
    pub libraries: Arc<Vec<UsedLibrary>>,
    /// Objects that were compiled, taken from the cache, and found in the work folder.
    pub units: UnitCounts,
}

/// Where a job's objects came from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct UnitCounts {
    /// A compiler was started.
    pub compiled: u32,
    /// The compiler cache had them.
    pub cached: u32,
    /// They were in the work folder, of this or an earlier run.
    pub reused: u32,
}

impl UnitCounts {
    /// Adds another job's or unit's counts.
    pub fn add(&mut self, other: Self) {
        self.compiled += other.compiled;
        self.cached += other.cached;
        self.reused += other.reused;
    }
}

/// How loud a remark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Shown with `-v`.
    Debug,
    /// Shown unless `-q`.
    Info,
    /// Always shown.
    Warn,
}

/// A part of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunPhase {
    /// Reading the matrix, bringing in cores and tools.
    Setup,
    /// Expanding cells, reading boards, making keys.
    Plan,
    /// Stage 1 and stage 2.
    Build,
    /// Flushing the cache, closing down.
    Finish,
}

/// A phase of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Waiting to be started.
    Queue,
    /// Merging `.ino` files, finding libraries and headers.
    Preprocess,
    /// Compiling, including the wait for slots.
    Compile,
    /// Packing an archive (stage 1).
    Archive,
    /// Waiting for the board's core.
    Wait,
    /// Linking `core.a` and objects into the build folder.
    Seed,
    /// Linking the firmware.
    Link,
    /// Converting and measuring it.
    Size,
    /// Running it in an emulator.
    Run,
}

/// A stretch of time since the run began; in JSON microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Span {
    /// When it began.
    #[serde(rename = "start_us", serialize_with = "micros")]
    pub start: Duration,
    /// When it ended.
    #[serde(rename = "end_us", serialize_with = "micros")]
    pub end: Duration,
}

impl Span {
    /// How long it is.
    pub fn len(&self) -> Duration {
        self.end.saturating_sub(self.start)
    }

    /// Whether it has no length.
    pub fn is_empty(&self) -> bool {
        self.end <= self.start
    }
}

#[allow(clippy::cast_possible_truncation)] // half a million years of microseconds fit
fn micros<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(value.as_micros() as u64)
}

// serde refuses a path that is not UTF-8; an event must always be tellable, so such a path is told as
// it is displayed.
pub(crate) fn path_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

fn path_texts<S: Serializer>(paths: &[PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(paths.iter().map(|path| path.display().to_string()))
}

fn no_libraries(libraries: &Arc<Vec<UsedLibrary>>) -> bool {
    libraries.is_empty()
}

#[allow(clippy::ref_option)] // the shape that serde asks for
fn path_text_if_any<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    match path {
        Some(path) => path_text(path, serializer),
        None => serializer.serialize_none(),
    }
}
