//! The stop of a run before its end. The first reason counts. With a limit of failures, cells in flight are ended too:
//! each of them could fail, and the number of failures would exceed the limit.

use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

use crate::event::{JobId, JobNotes, JobResult, Outcome};

/// Reason why a run stops before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopReason {
    /// `--max-failures`.
    FailureLimit,
    /// A directory that the run writes is full, read-only or missing.
    Storage,
}

/// State shared by all jobs of a run.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    max_failures: Option<usize>,
    reason: Arc<OnceLock<StopReason>>,
    at_limit: CancellationToken,
}

impl Stop {
    /// Returns the state of a run that stops after this number of failures.
    pub(super) fn after(max_failures: Option<usize>) -> Self {
        Self { max_failures, reason: Arc::default(), at_limit: CancellationToken::new() }
    }

    /// Returns the limit of failures.
    pub(super) const fn max_failures(&self) -> Option<usize> {
        self.max_failures
    }

    /// Stops the run. Returns whether it was not stopped before.
    pub(super) fn stop(&self, reason: StopReason) -> bool {
        let is_first = self.reason.set(reason).is_ok();
        if is_first && reason == StopReason::FailureLimit {
            self.at_limit.cancel();
        }
        is_first
    }

    /// Returns the reason in words: `the limit of 3 failures was reached`.
    pub(super) fn text(&self, reason: StopReason) -> String {
        match (reason, self.max_failures) {
            (StopReason::FailureLimit, Some(1)) => "the limit of 1 failure was reached".to_owned(),
            (StopReason::FailureLimit, Some(most)) => format!("the limit of {most} failures was reached"),
            (StopReason::FailureLimit, None) => "the limit of failures was reached".to_owned(),
            (StopReason::Storage, _) => "the work directory can't be written".to_owned(),
        }
    }

    /// Returns the outcome of a job that the stop ends, with the output of its processes until then.
    pub(super) fn outcome(&self, reason: StopReason, output: String) -> Outcome {
        let by_limit = reason == StopReason::FailureLimit;
        Outcome::Cancelled { reason: self.text(reason), output, by_limit }
    }

    /// Turns the failure of a cell into a cancellation, once the limit of failures was reached: the cell failed in the
    /// moment in which it was ended.
    pub(super) fn keep_limit(&self, result: &mut JobResult) {
        let is_at_limit = self.reason() == Some(StopReason::FailureLimit);
        let is_cell = matches!(result.job, JobId::Cell(_));
        let is_failure = !matches!(
            result.outcome,
            Outcome::Built
                | Outcome::UpToDate
                | Outcome::ExpectedFailure { .. }
                | Outcome::Cancelled { .. }
                | Outcome::Crashed { .. }
        );
        if is_at_limit && is_cell && is_failure {
            result.outcome = self.outcome(StopReason::FailureLimit, String::new());
            result.notes = JobNotes::default();
        }
    }

    /// Completes when the limit of failures was reached.
    pub(super) async fn limit_reached(&self) {
        self.at_limit.cancelled().await;
    }

    /// Returns the reason, if the run is stopped.
    pub(super) fn reason(&self) -> Option<StopReason> {
        self.reason.get().copied()
    }
}
