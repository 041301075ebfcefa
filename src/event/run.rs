//! The run as a whole: its options, its phases, the level of its remarks.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::path_text;

/// Options and directories of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunInfo {
    /// `name` of the matrix, or its file's stem.
    pub name: String,
    /// The matrix file.
    #[serde(serialize_with = "path_text::one")]
    pub matrix: PathBuf,
    /// Version of this program.
    pub version: String,
    /// `--jobs`.
    pub jobs: usize,
    /// Seconds since the Unix epoch when the run began.
    pub started_unix: u64,
    /// Directory of the firmware.
    #[serde(serialize_with = "path_text::one")]
    pub work_dir: PathBuf,
    /// Directory of the reports.
    #[serde(serialize_with = "path_text::one")]
    pub report_dir: PathBuf,
    /// `zccache` or `direct`.
    pub backend: String,
}

/// A phase of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunPhase {
    /// Reading the matrix, installing cores and tools.
    Setup,
    /// Expanding cells, reading boards, computing keys.
    Plan,
    /// Stage 1 and stage 2.
    Build,
    /// Flushing the cache, closing down.
    Finish,
}

/// Level of a remark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Shown with `-v`.
    Debug,
    /// Shown unless `-q`.
    Info,
    /// Always shown.
    Warn,
}
