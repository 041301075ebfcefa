//! The steps of jobs: one process, or one conversion in process, that held a slot.

use serde::{Deserialize, Serialize};

use super::id::JobId;
use super::span::Span;

/// A step (compile, archive, link, …) that ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StepInfo {
    /// The job. A step that several cells share is reported once, for the job that ran it.
    pub job: JobId,
    /// The kind of step.
    pub step: Step,
    /// Name of the source or of the output.
    pub label: String,
    /// The slot it held, from 0.
    pub slot: usize,
    /// The time in which it held the slot.
    #[serde(flatten)]
    pub span: Span,
    /// The time in which the process ran; `None` where this program started no process for the step.
    pub process: Option<Span>,
    /// Answer of the compiler cache; `None` where no cache was asked.
    pub cache: Option<CacheOutcome>,
    /// Whether the step ended early: by a timeout or an interrupt, or because its job failed elsewhere. Its outcome is
    /// unknown then.
    pub cut_short: bool,
}

/// A kind of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A hook of the core's `platform.txt`.
    Hook,
    /// Merging `.ino` files, finding libraries, asking the preprocessor.
    Preprocess,
    /// Source to object.
    Compile,
    /// Objects to archive.
    Archive,
    /// Hardlinking stage 1 into a build directory.
    Seed,
    /// Objects and archives to ELF.
    Link,
    /// ELF to firmware.
    Objcopy,
    /// Measuring.
    Size,
    /// Running the firmware in an emulator.
    Run,
    /// Comparing sizes and warnings with the matrix's budgets. Holds no slot.
    Budget,
    /// Treating warnings as errors. Holds no slot.
    Warnings,
}

impl Step {
    /// Returns the word for reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hook => "hook",
            Self::Preprocess => "preprocess",
            Self::Compile => "compile",
            Self::Archive => "archive",
            Self::Seed => "seed",
            Self::Link => "link",
            Self::Objcopy => "objcopy",
            Self::Size => "size",
            Self::Run => "run",
            Self::Budget => "budget",
            Self::Warnings => "warnings",
        }
    }
}

/// Answer of the compiler cache for one compile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum CacheOutcome {
    /// The object was restored from the cache.
    Hit,
    /// The compiler ran and the object was stored.
    Miss,
    /// The cache was not asked.
    Bypassed {
        /// The reason.
        reason: String,
    },
    /// The object can't be cached: it is compiled in every run.
    Uncacheable {
        /// The reason, and how to make it cacheable, if that is possible.
        reason: String,
    },
}
