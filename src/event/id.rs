//! The ids of jobs within a run. They say nothing about files, boards or order.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Identifies a core job within a run: the name of its first board and its key, `uno-1f2e3d4c`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CoreId(pub Arc<str>);

/// Identifies a cell within a run: board and sketch, both as the matrix names them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CellId {
    /// The board's name in the matrix.
    pub board: Arc<str>,
    /// The sketch's name: its directory or file relative to the matrix file.
    pub sketch: Arc<str>,
}

/// Identifies a job: the holder of a slot, the subject of a timing or of a trace row.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobId {
    /// A stage-1 job.
    Core(CoreId),
    /// A stage-2 job.
    Cell(CellId),
}

impl fmt::Display for CoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for CellId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.board, self.sketch)
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Core(id) => write!(f, "core {id}"),
            Self::Cell(id) => id.fmt(f),
        }
    }
}
