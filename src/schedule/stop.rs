//! The stop of a run before its end. The first reason counts.

use std::sync::{Arc, OnceLock};

/// Reason why a run stops before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopReason {
    /// `--max-failures`.
    FailureLimit,
    /// A directory that the run writes is full, read-only or missing.
    Storage,
}

impl StopReason {
    /// Returns the reason in a few words.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::FailureLimit => "the limit of failures was reached",
            Self::Storage => "the work directory can't be written",
        }
    }
}

/// State shared by all jobs of a run.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    max_failures: Option<usize>,
    reason: Arc<OnceLock<StopReason>>,
}

impl Stop {
    /// Returns the state of a run that stops after this number of failures.
    pub(super) fn after(max_failures: Option<usize>) -> Self {
        Self { max_failures, reason: Arc::default() }
    }

    /// Returns the limit of failures.
    pub(super) const fn max_failures(&self) -> Option<usize> {
        self.max_failures
    }

    /// Stops the run. Returns whether it was not stopped before.
    pub(super) fn stop(&self, reason: StopReason) -> bool {
        self.reason.set(reason).is_ok()
    }

    /// Returns the reason, if the run is stopped.
    pub(super) fn reason(&self) -> Option<StopReason> {
        self.reason.get().copied()
    }
}
