//! Options of a run: validated, with absolute paths. Knows nothing of their spelling on the command line.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::setup::Locking;
use crate::event::CellId;
use crate::matrix::{Filter, NameGlob};
use crate::shard::{PlanFile, ShardId};

/// Options of `run` and `plan`.
#[derive(Debug, Clone)]
pub struct Options {
    /// The matrix file, as the user named it.
    pub matrix: PathBuf,
    /// Limits of concurrency, and of failures.
    pub limits: Limits,
    /// The selected cells.
    pub selected: Selected,
    /// `--retries`, for every cell.
    pub retries: Option<u32>,
    /// `--timeout`, for every cell.
    pub timeout: Option<Duration>,
    /// `--offline`: no network.
    pub offline: bool,
    /// How the lock file is used.
    pub locking: Locking,
    /// Whether the compiler cache and the artifact store are used.
    pub cache: bool,
    /// `--retry-failures`: stored failures are not used.
    pub retry_failures: bool,
    /// The directories of the run.
    pub directories: Directories,
    /// `--base`.
    pub base: Option<BaseReports>,
}

/// Limits of a run.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// `--jobs`: processes at once. At least 1.
    pub jobs: usize,
    /// `--framework-jobs`: limit of these processes in stage 1.
    pub framework_jobs: usize,
    /// `--sketch-jobs`: cells in flight at once in stage 2.
    pub sketch_jobs: usize,
    /// `--max-failures`: number of failures after which no further cell is started.
    pub max_failures: Option<usize>,
}

/// Selection of the command line; an empty list selects everything.
#[derive(Debug, Clone, Default)]
pub struct Selected {
    /// `--board`.
    pub boards: Vec<NameGlob>,
    /// `--sketch`.
    pub sketches: Vec<NameGlob>,
    /// `--filter`; every filter must select a cell.
    pub filters: Vec<Filter>,
    /// `--shard`, `--plan`: the part of the selected cells.
    pub part: Part,
    /// `--changed-since`.
    pub changed: Option<ChangedSince>,
    /// Only these cells: those that `rerun` builds again.
    pub only: Option<HashSet<CellId>>,
}

/// The part of the selected cells that a run builds.
#[derive(Debug, Clone, Default)]
pub enum Part {
    /// All of them.
    #[default]
    Whole,
    /// `--shard` without a plan.
    Shard(ShardId),
    /// `--plan`.
    Plan {
        /// The file, for messages.
        path: PathBuf,
        /// Its content.
        plan: Arc<PlanFile>,
        /// `--shard`.
        shard: Option<ShardId>,
    },
}

/// Selection of the cells that a change can affect.
#[derive(Debug, Clone)]
pub struct ChangedSince {
    /// The revision.
    pub revision: String,
    /// `--all`: every cell is selected, and the reasons are only shown.
    pub all: bool,
}

/// The directories of a run; absolute.
#[derive(Debug, Clone)]
pub struct Directories {
    /// The current directory.
    pub current: PathBuf,
    /// `--cache-dir`.
    pub cache: PathBuf,
    /// `--work-dir`.
    pub work: PathBuf,
    /// `--report-dir`.
    pub reports: PathBuf,
}

/// The reports of the run that this one is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseReports {
    /// Its name for messages: the path or the Git revision, as the user named it.
    pub name: String,
    /// The report directory; absolute.
    pub reports: PathBuf,
}
