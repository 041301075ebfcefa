//! Jobs before they run and when they end.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::id::{CellId, CoreId, JobId};
use super::libraries::UsedLibrary;
use super::notes::JobNotes;
use super::outcome::Outcome;
use super::path_text;
use super::sizes::Sizes;
use super::span::Span;
use super::warning::Warning;

/// A core job before it runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CoreInfo {
    /// Its id.
    pub id: CoreId,
    /// The boards (matrix names) whose cells use it.
    pub boards: Vec<Arc<str>>,
    /// `vendor:arch:board[:options]` of the first board.
    pub fqbn: Arc<str>,
    /// The family: `avr`, `esp32`, …
    pub platform: Arc<str>,
}

/// A core, tool or library that boards use, with its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedPackage {
    /// `core`, `tool` (of a core, or a package of one) or `library`.
    pub kind: String,
    /// Its name: `arduino:avr`, `arduino:avr-gcc`, `gcc-avr`, `ArduinoJson`.
    pub name: String,
    /// Its version; of a library of a Git repository the commit.
    pub version: String,
    /// The boards (matrix names) that use it.
    pub boards: Vec<Arc<str>>,
}

/// A cell before it runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CellInfo {
    /// Its id.
    pub id: CellId,
    /// `vendor:arch:board[:options]`.
    pub fqbn: Arc<str>,
    /// The family: `avr`, `esp32`, …
    pub platform: Arc<str>,
    /// The core job that it links against.
    pub core: CoreId,
    /// The sketch's main file.
    #[serde(serialize_with = "path_text::one")]
    pub file: Arc<Path>,
}

/// A cell that the matrix excludes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SkippedCell {
    /// Its id.
    pub id: CellId,
    /// `vendor:arch:board[:options]`.
    pub fqbn: Arc<str>,
    /// The sketch's main file.
    #[serde(serialize_with = "path_text::one")]
    pub file: Arc<Path>,
    /// The matrix's reason, or the rule that excluded it.
    pub reason: Arc<str>,
}

/// Result of a job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JobResult {
    /// The job.
    pub job: JobId,
    /// How it ended.
    pub outcome: Outcome,
    /// Time from the end of planning to the end of the job.
    #[serde(flatten)]
    pub span: Span,
    /// Flash, RAM and EEPROM, where the core's recipes measure them.
    pub sizes: Option<Sizes>,
    /// The firmware files, first the one to upload.
    #[serde(serialize_with = "path_text::all")]
    pub artifacts: Vec<PathBuf>,
    /// The file with the output of its tools (`build.log`), if any.
    #[serde(serialize_with = "path_text::optional", skip_serializing_if = "Option::is_none")]
    pub log: Option<PathBuf>,
    /// Warnings of the compilers in their original form; empty without any.
    pub warnings: String,
    /// The same warnings as values, each place and text once. `None` where the job was not built.
    pub warning_list: Option<Vec<Warning>>,
    /// The libraries that a cell is built with, in the order of discovery; empty for a core.
    #[serde(default, skip_serializing_if = "no_libraries")]
    pub libraries: Arc<Vec<UsedLibrary>>,
    /// Origins of its objects.
    pub units: UnitCounts,
    /// Earlier attempts, and budgets that the firmware exceeds.
    #[serde(default, skip_serializing_if = "JobNotes::is_empty")]
    pub notes: JobNotes,
}

/// Number of a job's objects by origin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitCounts {
    /// Compiled.
    pub compiled: u32,
    /// Restored from the compiler cache.
    pub cached: u32,
    /// Up to date in the work directory, from this or an earlier run.
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

/// A phase of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
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
    /// Linking `core.a` and objects into the build directory.
    Seed,
    /// Linking the firmware.
    Link,
    /// Converting and measuring it.
    Size,
    /// Running it in an emulator.
    Run,
}

fn no_libraries(libraries: &Arc<Vec<UsedLibrary>>) -> bool {
    libraries.is_empty()
}
