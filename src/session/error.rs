//! Errors that end a command early, with their exit codes. Knows nothing of how they are printed.

use std::io;
use std::path::Path;

use super::setup::SetupError;
use crate::exit::Exit;
use crate::matrix::MatrixError;
use crate::plan::PlanError;

/// Error that ends a command.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The matrix is wrong.
    #[error(transparent)]
    Matrix(#[from] MatrixError),
    /// A core, a tool or a library is unavailable.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The matrix can't be planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The arguments are contradictory or invalid.
    #[error("{0}")]
    Usage(String),
    /// A directory or file can't be written.
    #[error("{0}")]
    Unwritable(String),
    /// A directory became unwritable during the run; the reports have the outcome of each cell.
    #[error("{message}")]
    Storage {
        /// The directory, the reason, and how to fix it.
        message: String,
        /// The exit code by the outcomes of the cells.
        exit: Exit,
    },
    /// The command line selects no cell.
    #[error("nothing is selected: no cell of the matrix matches --board, --sketch and --filter together")]
    NothingSelected,
    /// The command line selects no cell that is to be built again.
    #[error(
        "nothing is selected: --board, --sketch and --filter match none of the cells that failed, were blocked or did not \
         finish, or the matrix no longer has them"
    )]
    NothingToRerun,
    /// The matrix has no cell.
    #[error("the matrix has no cells: {0}")]
    NoCells(&'static str),
    /// A signal was received.
    #[error("interrupted")]
    Cancelled,
}

impl SessionError {
    /// Returns an error about a path that can't be written.
    pub fn unwritable(path: &Path, error: &io::Error) -> Self {
        Self::Unwritable(format!("{} can't be written: {error}", path.display()))
    }

    /// Returns the exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Matrix(_)
            | Self::Setup(SetupError::Matrix(_))
            | Self::Plan(PlanError::Matrix(_))
            | Self::Usage(_) => Exit::Usage,
            Self::Setup(_) | Self::Plan(_) | Self::Unwritable(_) => Exit::Setup,
            Self::NothingSelected | Self::NothingToRerun | Self::NoCells(_) => Exit::NothingSelected,
            Self::Storage { exit, .. } => *exit,
            Self::Cancelled => Exit::Interrupted,
        }
    }

    /// Returns the matrix error, if this is one; it is shown with its place in the file.
    pub fn of_matrix(&self) -> Option<&MatrixError> {
        match self {
            Self::Matrix(error)
            | Self::Setup(SetupError::Matrix(error))
            | Self::Plan(PlanError::Matrix(error)) => Some(error),
            _ => None,
        }
    }
}
