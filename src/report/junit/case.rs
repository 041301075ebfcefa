//! Data of a job in `junit.xml`: a time, and texts where it failed or warned.

use crate::event::CoreId;

/// A job's end, stored in few bytes if it has no text.
#[derive(Debug, Default)]
pub(super) enum Case {
    /// The job has not ended.
    #[default]
    Open,
    /// It succeeded without a warning.
    Passed {
        /// Its time in milliseconds.
        ms: u64,
    },
    /// It failed, or has warnings.
    Noted(Box<CaseEnd>),
}

/// A job's end with its texts.
#[derive(Debug)]
pub(super) struct CaseEnd {
    /// Its time in milliseconds.
    pub(super) ms: u64,
    pub(super) result: CaseResult,
    pub(super) is_cached_failure: bool,
    /// Warnings of the compilers, and before them an expected failure; empty without any.
    pub(super) warnings: Box<str>,
    /// Failures of earlier attempts.
    pub(super) retried: Vec<Complaint>,
    /// The exceeded budgets that only warn, one a line; empty without any.
    pub(super) over_budget: Box<str>,
}

/// The kinds of result in the format, with their texts.
#[derive(Debug)]
pub(super) enum CaseResult {
    Success,
    Failure(Complaint),
    Error(Complaint),
    Blocked {
        by: CoreId,
        message: Box<str>,
    },
    /// The limit of failures was reached before.
    NotRun {
        reason: Box<str>,
    },
}

/// The text of a failure.
#[derive(Debug)]
pub(super) struct Complaint {
    /// The attribute `type`: the step that failed, or `timeout`, `crash`, `infrastructure`, `cancelled`.
    pub(super) kind: &'static str,
    pub(super) message: Box<str>,
    pub(super) body: Box<str>,
    /// The line of the error, where it is in the sketch's main file.
    pub(super) line: Option<u32>,
}

impl CaseEnd {
    fn has_no_text(&self) -> bool {
        self.warnings.is_empty() && self.retried.is_empty() && self.over_budget.is_empty()
    }
}

impl Case {
    /// Creates a case that ended.
    pub(super) fn new(end: CaseEnd) -> Self {
        match end.result {
            CaseResult::Success if end.has_no_text() => Self::Passed { ms: end.ms },
            _ => Self::Noted(Box::new(end)),
        }
    }

    /// Returns its time in milliseconds; 0 while it has not ended.
    pub(super) fn ms(&self) -> u64 {
        match self {
            Self::Open => 0,
            Self::Passed { ms } => *ms,
            Self::Noted(end) => end.ms,
        }
    }

    /// Returns its end, if it has a text.
    pub(super) fn noted(&self) -> Option<&CaseEnd> {
        match self {
            Self::Open | Self::Passed { .. } => None,
            Self::Noted(end) => Some(end),
        }
    }
}
