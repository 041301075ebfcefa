//! The outcome of a job that failed: an error of the pipeline, seen in the light of the work directory.

use super::ended::FULL;
use super::work_directory::WorkDirectory;
use crate::diagnostics::first_error;
use crate::event::{Failure, FailureKind, Outcome, StorageCause};
use crate::pipeline::{Blocked, BuildError};
use crate::process::Transcript;

pub(super) const INTERRUPTED: &str = "the run was interrupted";

/// Returns the outcome of a cancelled job without output.
pub(super) fn cancelled(reason: &str) -> Outcome {
    Outcome::Cancelled { reason: reason.to_owned(), output: String::new(), by_limit: false }
}

/// Returns the outcome of a job that ended with an error.
pub(super) fn outcome(error: BuildError, transcript: &Transcript) -> Outcome {
    match error {
        BuildError::Failed(failure) => Outcome::Failed(*failure),
        BuildError::Blocked(Blocked { by, message }) => Outcome::Blocked { by, message },
        BuildError::Cancelled => {
            let reason = INTERRUPTED.to_owned();
            Outcome::Cancelled { reason, output: transcript.take(), by_limit: false }
        }
    }
}

/// Turns a failure into one of storage, where the work directory was removed, or is full and the tool gives no reason,
/// as GCC's `lto-wrapper` does.
pub(super) fn unless_storage(outcome: Outcome, work: &WorkDirectory) -> Outcome {
    let Outcome::Failed(failure) = outcome else { return outcome };
    let path = work.path().display();
    let (cause, message) = if matches!(failure.kind, FailureKind::Storage(_)) {
        return Outcome::Failed(failure);
    } else if work.is_gone() {
        (StorageCause::Gone, format!("{path} has vanished while the run was going on"))
    } else if let Some(free) = work.free().filter(|free| *free < FULL)
        && !failure.command.is_empty()
        && first_error(&failure.diagnostic).is_none()
    {
        (StorageCause::Full, format!("{} ({free} bytes free in {path})", failure.message))
    } else {
        return Outcome::Failed(failure);
    };
    Outcome::Failed(Failure { kind: FailureKind::Storage(cause), message, location: None, ..failure })
}
