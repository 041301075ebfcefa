//! Why a command ended before it was done, and the exit code that says so. Knows nothing of how it is printed.

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
    /// The arguments mean nothing.
    #[error("{0}")]
    Usage(String),
    /// A directory or file can't be written.
    #[error("{0}")]
    Unwritable(String),
    /// The run went on until a directory could not be written any more; the reports have what became of its cells.
    #[error("{message}")]
    Storage {
        /// Which directory, why, and what to do.
        message: String,
        /// What the cells came to.
        exit: Exit,
    },
    /// The command line selects no cell.
    #[error("nothing is selected: no cell of the matrix matches --board, --sketch and --filter together")]
    NothingSelected,
    /// The matrix has no cell.
    #[error("the matrix has no cells: {0}")]
    NoCells(&'static str),
    /// A signal came.
    #[error("interrupted")]
    Cancelled,
}

impl SessionError {
    /// A path that can't be written.
    pub fn unwritable(path: &Path, error: &io::Error) -> Self {
        Self::Unwritable(format!("{} can't be written: {error}", path.display()))
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Matrix(_)
            | Self::Setup(SetupError::Matrix(_))
            | Self::Plan(PlanError::Matrix(_))
            | Self::Usage(_) => Exit::Usage,
            Self::Setup(_) | Self::Plan(_) | Self::Unwritable(_) => Exit::Setup,
            Self::NothingSelected | Self::NoCells(_) => Exit::NothingSelected,
            Self::Storage { exit, .. } => *exit,
            Self::Cancelled => Exit::Interrupted,
        }
    }

    /// The error of the matrix, if this is one: it is shown with its place in the file.
    pub fn of_matrix(&self) -> Option<&MatrixError> {
        match self {
            Self::Matrix(error)
            | Self::Setup(SetupError::Matrix(error))
            | Self::Plan(PlanError::Matrix(error)) => Some(error),
            _ => None,
        }
    }
}
