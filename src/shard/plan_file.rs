//! A plan as a file: `plan --out` writes it, `run --plan` reads it. Other keys in the file are for people.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::id::ShardId;

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanFile {
    /// Version of the format: 1.
    pub version: u32,
    /// The matrix that it was made from.
    pub matrix: PlannedMatrix,
    /// Its shards; empty without `--shards`.
    #[serde(default)]
    pub shards: Vec<PlannedShard>,
    /// The cells to build, in the order of the matrix.
    pub cells: Vec<PlannedCell>,
    /// The cells that are reported as skipped.
    #[serde(default)]
    pub skipped: Vec<PlannedSkip>,
}

/// The matrix of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedMatrix {
    /// Its name in reports.
    pub name: String,
    /// The file, as it was named for `plan`.
    pub file: PathBuf,
    /// Hash of its text.
    pub digest: String,
}

/// A shard of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedShard {
    /// Its id.
    pub shard: ShardId,
    /// Its name for people.
    pub name: String,
    /// Number of its cells.
    pub cells: usize,
    /// Number of the cores that it builds.
    pub cores: usize,
    /// Expected time for which its steps hold slots, in seconds; `None` if no cell was ever measured.
    pub time_s: Option<f64>,
}

impl Eq for PlannedShard {}

/// A cell of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCell {
    /// The board's name.
    pub board: String,
    /// The sketch's name.
    pub sketch: String,
    /// Its shard.
    #[serde(default)]
    pub shard: Option<ShardId>,
    /// The id of its core.
    #[serde(default)]
    pub core: Option<String>,
}

/// A skipped cell of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedSkip {
    /// The board's name.
    pub board: String,
    /// The sketch's name.
    pub sketch: String,
    /// The shard that reports it.
    #[serde(default)]
    pub shard: Option<ShardId>,
    /// Why it is skipped.
    pub reason: String,
}

/// Error of reading a plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    /// The file can't be read.
    #[error("the plan {} can't be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The file has another format.
    #[error("{} is no plan: {message}; `fbuild-matrix plan MATRIX.yml --out FILE` writes one", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The problem.
        message: String,
    },
}

impl PlanFile {
    /// The version of the format.
    pub const VERSION: u32 = 1;

    /// Reads a plan.
    ///
    /// # Errors
    /// The file can't be read, or is no plan of this version.
    pub fn read(path: &Path) -> Result<Self, PlanFileError> {
        let bytes = std::fs::read(path)
            .map_err(|source| PlanFileError::Unreadable { path: path.to_owned(), source })?;
        let malformed = |message: String| PlanFileError::Malformed { path: path.to_owned(), message };
        let plan: Self = serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))?;
        if plan.version == Self::VERSION {
            Ok(plan)
        } else {
            Err(malformed(format!("its version is {}, not {}", plan.version, Self::VERSION)))
        }
    }

    /// Returns the matrix file. A relative path is relative to the directory `current` or, if there is no such file, to
    /// the directory of the plan, which is at `path`.
    pub fn matrix_path(&self, path: &Path, current: &Path) -> PathBuf {
        let beside = path.parent().unwrap_or(Path::new("")).join(&self.matrix.file);
        if !current.join(&self.matrix.file).exists() && current.join(&beside).exists() {
            beside
        } else {
            self.matrix.file.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_with_keys_of_later_versions() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("plan.json");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            PlanFile::read(&path)
        };
        let head = "\"matrix\":{\"name\":\"m\",\"file\":\"m.yml\",\"digest\":\"ab\"}";
        let plan = read(&format!(
            "{{\"version\":1,{head},\"x\":[],\"cells\":[{{\"board\":\"uno\",\"sketch\":\"a\",\"shard\":\"1/2\",\"y\":0}}]}}"
        ))
        .unwrap();
        assert_eq!(plan.cells[0].shard, Some(ShardId { index: 1, count: 2 }));
        assert_eq!(plan.matrix_path(&path, directory.path()), Path::new("m.yml"));
        let elsewhere = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("m.yml"), "").unwrap();
        assert_eq!(plan.matrix_path(&path, elsewhere.path()), directory.path().join("m.yml"));

        let error = read(&format!("{{\"version\":2,{head},\"cells\":[]}}")).unwrap_err().to_string();
        assert!(error.contains("its version is 2, not 1") && error.contains("--out"), "{error}");
        assert!(read("{}").unwrap_err().to_string().contains("missing field"));
        let missing = PlanFile::read(Path::new("/nowhere/plan.json")).unwrap_err().to_string();
        assert!(missing.contains("/nowhere/plan.json"), "{missing}");
    }
}
