//! Errors of reports. A report that can't be written never stops a run.

use std::io;
use std::path::PathBuf;

/// A report that can't be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The directory is missing and can't be created.
    #[error("can't create the report directory {}: {source}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file in it can't be created.
    #[error("can't create the report {}: {source}", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The file was created, but not completely written.
    #[error("can't write the report {}: {source}", path.display())]
    Write {
        /// The file, or `the terminal`.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

/// Outcome of all reports of a run.
#[derive(Debug, Default)]
pub struct ReportOutcome {
    /// Missing or incomplete reports. They have been printed to standard error.
    pub errors: Vec<ReportError>,
}
