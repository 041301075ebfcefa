//! The outcomes of a job, and its failure.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::id::CoreId;
use super::location::Location;
use super::overflow::Overflow;
use super::seconds;
use super::step::Step;

/// How a job ended. Every job has exactly one outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The job was built.
    Built,
    /// No input has changed since the last build; the outputs were verified.
    UpToDate,
    /// The sketch, a library or the core is wrong, or a tool is missing.
    Failed(Failure),
    /// The code failed, as the matrix expects.
    ExpectedFailure {
        /// The failure.
        failure: Failure,
        /// What the matrix expects: `known failure until 2027-01-31: waits for a release`.
        expected: String,
    },
    /// The core that the cell links against failed.
    Blocked {
        /// The core.
        by: CoreId,
        /// That core's first error.
        message: String,
    },
    /// The job timed out.
    TimedOut {
        /// The timeout.
        #[serde(rename = "after_s", with = "seconds")]
        after: Duration,
        /// The output of its processes until then.
        output: String,
    },
    /// The run was interrupted, or stopped after `--max-failures`, before the job was done.
    Cancelled {
        /// The reason.
        reason: String,
        /// The output of its processes until then.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        output: String,
        /// Whether the limit of failures (`--max-failures`) is the reason.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        by_limit: bool,
    },
    /// This program panicked.
    Crashed {
        /// The panic's message.
        message: String,
    },
}

impl Outcome {
    /// Returns whether the firmware exists and is up to date, or a failure was expected.
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Built | Self::UpToDate | Self::ExpectedFailure { .. })
    }

    /// Returns whether the job failed, and the failure is that of an earlier run.
    pub const fn is_cached_failure(&self) -> bool {
        matches!(self, Self::Failed(Failure { is_cached: true, .. }))
    }

    /// Returns the word for tables: `built`, `up-to-date`, `failed`, `expected-failure`, `blocked`, `timed-out`, `cancelled`, `crashed`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Built => "built",
            Self::UpToDate => "up-to-date",
            Self::Failed(_) => "failed",
            Self::ExpectedFailure { .. } => "expected-failure",
            Self::Blocked { .. } => "blocked",
            Self::TimedOut { .. } => "timed-out",
            Self::Cancelled { .. } => "cancelled",
            Self::Crashed { .. } => "crashed",
        }
    }
}

/// Failure of a job: its cause, its step and its first error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Kind of cause.
    pub kind: FailureKind,
    /// The step that failed.
    pub step: Step,
    /// The first error, in one line: `'foo' was not declared in this scope`.
    pub message: String,
    /// The whole diagnostic, as the tools printed it.
    pub diagnostic: String,
    /// The command that failed, as argv; empty where none was run.
    pub command: Vec<String>,
    /// Place of the first error, if the diagnostic names it.
    pub location: Option<Location>,
    /// The full memories, where the firmware does not fit the board.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overflow: Option<Box<Overflow>>,
    /// Whether the same inputs always fail like this: a tool ended by itself, with an error in the code.
    #[serde(skip)]
    pub is_reproducible: bool,
    /// Whether the failure is that of an earlier run with the same inputs.
    #[serde(rename = "cached", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_cached: bool,
}

impl Failure {
    /// Returns a failure without a command and a location.
    pub fn new(kind: FailureKind, step: Step, message: String, diagnostic: String) -> Self {
        Self {
            kind,
            step,
            message,
            diagnostic,
            command: Vec::new(),
            location: None,
            overflow: None,
            is_reproducible: false,
            is_cached: false,
        }
    }

    /// Returns place and message in one line: `A.ino:3:5: expected ';' before '}' token`.
    pub fn summary(&self) -> String {
        match &self.location {
            Some(Location { file, line, column: Some(column) }) => {
                format!("{}:{line}:{column}: {}", file.display(), self.message)
            }
            Some(Location { file, line, column: None }) => {
                format!("{}:{line}: {}", file.display(), self.message)
            }
            None => self.message.clone(),
        }
    }
}

/// Kind of a failure's cause. `events.jsonl` omits the [`StorageCause`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "FailureWord", into = "FailureWord")]
pub enum FailureKind {
    /// The code does not compile, link or fit.
    Code,
    /// The code was built, although the matrix expects a failure.
    Expectation,
    /// A tool is missing or was killed, a file can't be read: a retry may help.
    Infrastructure,
    /// A write into a directory of this program failed for a reason that affects every other job: the run ends.
    Storage(StorageCause),
}

/// The form of a [`FailureKind`] in `events.jsonl`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FailureWord {
    Code,
    Expectation,
    Infrastructure,
    Storage,
}

impl From<FailureKind> for FailureWord {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Code => Self::Code,
            FailureKind::Expectation => Self::Expectation,
            FailureKind::Infrastructure => Self::Infrastructure,
            FailureKind::Storage(_) => Self::Storage,
        }
    }
}

impl From<FailureWord> for FailureKind {
    fn from(word: FailureWord) -> Self {
        match word {
            FailureWord::Code => Self::Code,
            FailureWord::Expectation => Self::Expectation,
            FailureWord::Infrastructure => Self::Infrastructure,
            FailureWord::Storage => Self::Storage(StorageCause::Unknown),
        }
    }
}

/// Why writes fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageCause {
    /// The file system or a quota is full.
    Full,
    /// The file system is read-only.
    ReadOnly,
    /// The device reports errors.
    Broken,
    /// The work directory was removed during the run.
    Gone,
    /// Unknown: the failure was read from `events.jsonl`, which omits the cause.
    Unknown,
}
