//! An event, and the kinds of events. Their order in a run: `RunStarted`, set-up, `Planned`, the jobs' events,
//! `RunFinished`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::base::Base;
use super::id::{CellId, JobId};
use super::job::{CellInfo, CoreInfo, JobResult, Phase, SkippedCell, UsedPackage};
use super::micros;
use super::run::{Level, RunInfo, RunPhase, ShardCells};
use super::span::Span;
use super::step::StepInfo;

/// An event and its time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    /// Time since the run began, by the monotonic clock; in JSON microseconds.
    #[serde(rename = "at_us", with = "micros")]
    pub at: Duration,
    /// The kind of event, with its data.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// A kind of event, with its data.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// The first event of a run.
    RunStarted(RunInfo),
    /// The installation of a core, a tool or a package began.
    SetupStarted {
        /// Its name for users: `core arduino:avr from apt`.
        what: String,
    },
    /// Progress of a download.
    SetupProgress {
        /// The text of [`EventKind::SetupStarted`].
        what: String,
        /// Bytes downloaded.
        done: u64,
        /// Bytes in all, if known.
        total: Option<u64>,
    },
    /// A download was requested. Several run at once.
    DownloadStarted {
        /// Name of the file.
        what: String,
        /// Its size in bytes, if known.
        total: Option<u64>,
    },
    /// Progress of a download.
    DownloadProgress {
        /// The text of [`EventKind::DownloadStarted`].
        what: String,
        /// Bytes that are present, those of an earlier run included.
        done: u64,
        /// Bytes in all, if known.
        total: Option<u64>,
    },
    /// A download is complete and verified.
    DownloadFinished {
        /// The text of [`EventKind::DownloadStarted`].
        what: String,
        /// Size of the file in bytes.
        size: u64,
    },
    /// A download ended without a result.
    DownloadFailed {
        /// The text of [`EventKind::DownloadStarted`].
        what: String,
    },
    /// The installation ended.
    SetupFinished {
        /// The text of [`EventKind::SetupStarted`].
        what: String,
        /// Short form of the installed thing: its first package, with the version.
        brief: String,
        /// Details: versions, `already installed`, properties that the provider set.
        detail: String,
    },
    /// Everything is installed. Sent once, before `Planned`.
    Resolved {
        /// The cores, their tools, and the libraries that were resolved by name; those on the disk are not listed.
        packages: Vec<UsedPackage>,
    },
    /// A remark that belongs to no job.
    Log {
        /// Its level.
        level: Level,
        /// One or more lines.
        message: String,
    },
    /// A phase of the run ended. The phases add up to the wall time.
    RunPhase {
        /// The phase.
        phase: RunPhase,
        /// Its time.
        #[serde(flatten)]
        span: Span,
    },
    /// The cells that follow are those of a shard. Sent before `Planned`, with `--shard` only.
    ShardPlanned(ShardCells),
    /// The base was read. Sent at most once, before `Planned`.
    BaseRead(Base),
    /// Cells that an earlier run has not built. Sent by `rerun` when it starts, with all of them, and again before `Planned`
    /// with those that it does not build either. The last one counts.
    Unfinished {
        /// The cells, sorted.
        cells: Vec<CellId>,
    },
    /// All jobs are known. Sent exactly once, before the first job event.
    Planned {
        /// The core jobs of stage 1.
        cores: Vec<CoreInfo>,
        /// Every selected cell of stage 2.
        cells: Vec<CellInfo>,
        /// Every cell that the matrix excludes, with its reason.
        skipped: Vec<SkippedCell>,
    },
    /// A job started.
    JobStarted {
        /// The job.
        job: JobId,
    },
    /// A phase of a job ended. A job's phases follow one another without a gap, from the end of
    /// planning to the end of the job, so that they add up to its time.
    JobPhase {
        /// The job.
        job: JobId,
        /// The phase.
        phase: Phase,
        /// Its time.
        #[serde(flatten)]
        span: Span,
    },
    /// A step that held a slot ended.
    StepFinished(StepInfo),
    /// A job ended. Every core and every cell of [`EventKind::Planned`] gets exactly one of these.
    JobFinished(Box<JobResult>),
    /// The first signal came, or `--max-failures` was reached; no further job starts.
    Stopping {
        /// The reason, in a few words.
        reason: String,
    },
    /// The last event of a run.
    RunFinished {
        /// Exit code of the process.
        exit: u8,
    },
    /// An event of a kind that only a later version knows, read from its `events.jsonl`. Never sent.
    #[serde(other, skip_serializing)]
    Unknown,
}
