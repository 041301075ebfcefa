//! Errors of a merge. Each names the directories and shards that are concerned.

use std::path::PathBuf;

use crate::report::past::PastError;

/// Error of a merge.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A directory has no reports in it.
    #[error("{} has no events.jsonl, and no directory below it has one; name report directories", path.display())]
    NoReports {
        /// The directory.
        path: PathBuf,
    },
    /// The reports of a directory can't be read.
    #[error(transparent)]
    Unreadable(#[from] PastError),
    /// The reports are not all shards of one run.
    #[error("these reports are no complete run:\n{}", .0.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n"))]
    Incomplete(Vec<String>),
}
