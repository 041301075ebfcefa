//! Errors of a plan.

use crate::library::LibraryError;
use crate::matrix::{Board, Matrix, MatrixError};
use crate::nearest::suggestion;
use crate::platform::BoardError;

/// Error of a plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The matrix requests something that the cores do not have.
    #[error(transparent)]
    Matrix(#[from] MatrixError),
    /// A core is malformed.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// A platform's libraries can't be read.
    #[error(transparent)]
    Library(#[from] LibraryError),
}

/// Returns an error about a board's FQBN, shown at the wrong part of it in the matrix.
pub(super) fn located(matrix: &Matrix, board: &Board, error: BoardError) -> PlanError {
    let at = |part: &str, message: String, known: &[String]| {
        let help = suggestion(part, known.iter().map(String::as_str));
        matrix.fqbn_error(board, part, message, help).into()
    };
    let core = board.fqbn.core_name();
    match error {
        BoardError::UnknownBoard { board: id, known, .. } => {
            at(&id, format!("the core {core} has no board `{id}`"), &known)
        }
        BoardError::UnknownMenu { menu, known, .. } => {
            at(&menu, format!("the board `{}` has no menu `{menu}`", board.fqbn.board), &known)
        }
        BoardError::UnknownOption { menu, option, known, .. } => at(
            &option,
            format!("the menu `{menu}` of the board `{}` has no option `{option}`", board.fqbn.board),
            &known,
        ),
        other => PlanError::Board(other),
    }
}
