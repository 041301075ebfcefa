//! Nothing new is started any more: the first reason counts.

use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

/// Why a run stops before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopReason {
    /// `--max-failures`.
    FailureLimit,
    /// A folder that we write is full, read-only or gone.
    Storage,
}

impl StopReason {
    /// In a few words.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::FailureLimit => "the limit of failures was reached",
            Self::Storage => "the work folder can't be written",
        }
    }
}

/// Shared by all jobs of a run.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    max_failures: Option<usize>,
    token: CancellationToken,
    reason: Arc<OnceLock<StopReason>>,
}

impl Stop {
    /// Of a run that stops after so many failures.
    pub(super) fn after(max_failures: Option<usize>) -> Self {
        Self { max_failures, token: CancellationToken::new(), reason: Arc::default() }
    }

    /// After how many failures it stops.
    pub(super) const fn max_failures(&self) -> Option<usize> {
        self.max_failures
    }

    /// Stops; says whether this was the first to do so.
    pub(super) fn stop(&self, reason: StopReason) -> bool {
        let first = self.reason.set(reason).is_ok();
        self.token.cancel();
        first
    }

    /// Why, if it is stopped.
    pub(super) fn reason(&self) -> Option<StopReason> {
        self.reason.get().copied()
    }
}
