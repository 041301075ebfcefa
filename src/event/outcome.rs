//! How a job ends, and what a failure is.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

use super::{CoreId, Overflow};

/// How a job ended. Every job has exactly one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It was built.
    Built,
    /// Nothing that it depends on has changed since it was built; its outputs were verified.
    UpToDate,
    /// The sketch, a library or the core is wrong, or a tool is missing.
    Failed(Failure),
    /// The core that it links against failed.
    Blocked {
        /// Which core.
        by: CoreId,
        /// That core's first error.
        message: String,
    },
    /// It took longer than its timeout.
    TimedOut {
        /// The timeout.
        #[serde(rename = "after_s", serialize_with = "seconds")]
        after: Duration,
        /// What its processes had printed.
        output: String,
    },
    /// The run was interrupted, or stopped after `--max-failures`, before it was done.
    Cancelled {
        /// Why.
        reason: String,
        /// What its processes had printed.
        #[serde(skip_serializing_if = "String::is_empty")]
        output: String,
    },
    /// A defect of ours.
    Crashed {
        /// The panic's message.
        message: String,
    },
}

impl Outcome {
    /// Whether the firmware is there and right.
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Built | Self::UpToDate)
    }

    /// The word for tables: `built`, `up-to-date`, `failed`, `blocked`, `timed-out`, `cancelled`, `crashed`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Built => "built",
            Self::UpToDate => "up-to-date",
            Self::Failed(_) => "failed",
            Self::Blocked { .. } => "blocked",
            Self::TimedOut { .. } => "timed-out",
            Self::Cancelled { .. } => "cancelled",
            Self::Crashed { .. } => "crashed",
        }
    }
}

/// Why a job failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Whose fault it is.
    pub kind: FailureKind,
    /// The step that failed.
    pub step: Step,
    /// The first error, in one line: `'foo' was not declared in this scope`.
    pub message: String,
    /// The whole diagnostic, as the tools printed it.
    pub diagnostic: String,
    /// The command that failed, as argv; empty where none was run.
    pub command: Vec<String>,
    /// Where the first error is, if the diagnostic says so.
    pub location: Option<Location>,
    /// Of firmware that the board has no room for: by how much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overflow: Option<Box<Overflow>>,
}

impl Failure {
    /// Place and message in one line: `A.ino:3:5: expected ';' before '}' token`.
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

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The code does not compile, link or fit.
    Code,
    /// A tool is missing or was killed, a file can't be read: trying again may help.
    Infrastructure,
    /// A write into a directory of ours failed for a reason that meets every other job too: the run ends.
    Storage(StorageCause),
}

impl FailureKind {
    /// The word in `events.jsonl`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Infrastructure => "infrastructure",
            Self::Storage(_) => "storage",
        }
    }
}

impl Serialize for FailureKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// Why nothing can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageCause {
    /// The file system or a quota is full.
    Full,
    /// The file system is read-only.
    ReadOnly,
    /// The device reports errors.
    Broken,
    /// The work directory was removed while the run went on.
    Gone,
}

/// A place in a source file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Location {
    /// The file, as the tool named it.
    #[serde(serialize_with = "super::path_text")]
    pub file: PathBuf,
    /// From 1.
    pub line: u32,
    /// From 1, where known.
    pub column: Option<u32>,
}

/// A kind of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
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
    /// Hardlinking stage 1 into a build folder.
    Seed,
    /// Objects and archives to ELF.
    Link,
    /// ELF to firmware.
    Objcopy,
    /// Measuring.
    Size,
    /// Running the firmware in an emulator.
    Run,
}

impl Step {
    /// The word for reports.
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
        }
    }
}

/// What the compiler cache did for one compile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum CacheOutcome {
    /// It had the object.
    Hit,
    /// It had not; the compiler ran and the object is kept.
    Miss,
    /// It was not asked.
    Bypassed {
        /// Why.
        reason: String,
    },
    /// No stored object may stand for this one: it is compiled in every run.
    Uncacheable {
        /// Why, and what makes it cacheable, if anything does.
        reason: String,
    },
}

/// How much of the board a firmware takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// Program memory.
    pub flash: Option<Usage>,
    /// Static data.
    pub ram: Option<Usage>,
    /// EEPROM image.
    pub eeprom: Option<Usage>,
}

/// Bytes used, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Bytes.
    pub used: u64,
    /// Bytes, where the board says so.
    pub max: Option<u64>,
}

fn seconds<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(value.as_secs_f64())
}
