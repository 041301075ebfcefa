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
    /// The current directory; empty in files of earlier versions.
    #[serde(default, serialize_with = "path_text::one")]
    pub directory: PathBuf,
    /// The shard, if the run builds only one of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<ShardInfo>,
    /// The commit of the checkout that has the matrix, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Commit>,
}

/// A shard of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardInfo {
    /// Its number, from 1.
    pub index: u32,
    /// The number of shards.
    pub count: u32,
    /// Hash of the matrix file's text.
    pub matrix: String,
}

/// The place of a shard's cells among those of all shards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardCells {
    /// Hash of the names of all selected and skipped cells of all shards.
    pub selection: String,
    /// Number of these cells.
    pub total: u32,
    /// For each selected and then each skipped cell of [`EventKind::Planned`](super::EventKind::Planned), its place among
    /// all of these, from 0: first all selected ones, then all skipped ones, in the order of the matrix.
    pub places: Vec<u32>,
    /// For each selected cell a number that cells with one core share, the same in all shards.
    pub groups: Vec<u32>,
}

impl std::fmt::Display for ShardInfo {
    /// Writes `2/5`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Its hash, in hexadecimal. Of a pull request, the head's, and not that of the merge commit.
    pub hash: String,
    /// Its page on the server; empty if unknown.
    pub url: String,
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
