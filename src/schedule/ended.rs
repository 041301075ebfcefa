//! The counts of a plan's results that determine the exit code.

use std::collections::HashSet;

use crate::event::{CoreId, Failure, FailureKind, JobId, JobResult, Outcome, StorageCause};

/// Counts of a plan's results.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    /// Cells whose firmware exists and is right.
    pub succeeded: usize,
    /// All other cells.
    pub failed: usize,
    /// Whether a job panicked.
    pub crashed: bool,
    /// The first storage fault, if any.
    pub storage: Option<StorageFault>,
    /// Cells and cores that were built or are up to date.
    pub done: usize,
    /// Cells and cores that have ended.
    pub jobs: usize,
    /// Cells that failed for another reason than storage.
    own_faults: usize,
    blocked_by: HashSet<CoreId>,
    held_up: HashSet<CoreId>,
}

/// Free space in bytes below which a file system counts as full: a tool that fails for lack of space deletes files,
/// which frees space.
pub const FULL: u64 = 4_000_000;

/// A failed write into a directory of this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageFault {
    /// Its cause.
    pub cause: StorageCause,
    /// Message of the first job that reported it.
    pub message: String,
}

impl Ended {
    /// Counts a job.
    pub(super) fn count(&mut self, result: &JobResult) {
        self.jobs += 1;
        let success = result.outcome.is_success();
        self.done += usize::from(success);
        self.crashed |= matches!(result.outcome, Outcome::Crashed { .. });
        let storage = match &result.outcome {
            Outcome::Failed(Failure { kind: FailureKind::Storage(cause), message, .. }) => {
                Some((*cause, message))
            }
            _ => None,
        };
        if let Some((cause, message)) = storage {
            self.storage.get_or_insert_with(|| StorageFault { cause, message: message.clone() });
        }
        match (&result.job, &result.outcome) {
            (JobId::Core(core), _) if storage.is_some() => {
                self.held_up.insert(core.clone());
            }
            (JobId::Core(_), _) => {}
            (JobId::Cell(_), _) if success => self.succeeded += 1,
            (JobId::Cell(_), outcome) => {
                self.failed += 1;
                match outcome {
                    Outcome::Blocked { by, .. } => {
                        self.blocked_by.insert(by.clone());
                    }
                    Outcome::Cancelled { .. } => {}
                    _ if storage.is_some() => {}
                    _ => self.own_faults += 1,
                }
            }
        }
    }

    /// Returns whether cells failed, all of them for storage faults.
    pub fn only_storage(&self) -> bool {
        self.storage.is_some() && self.own_faults == 0 && self.blocked_by.is_subset(&self.held_up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{CellId, Span, Step, UnitCounts};

    fn cell() -> JobId {
        JobId::Cell(CellId { board: "uno".into(), sketch: "A".into() })
    }

    fn core(id: &str) -> JobId {
        JobId::Core(CoreId(id.into()))
    }

    fn failed(kind: FailureKind) -> Outcome {
        let message = format!("{kind:?}");
        Outcome::Failed(Failure::new(kind, Step::Link, message.clone(), message))
    }

    fn blocked(by: &str) -> Outcome {
        Outcome::Blocked { by: CoreId(by.into()), message: String::new() }
    }

    fn ended(jobs: Vec<(JobId, Outcome)>) -> Ended {
        let mut ended = Ended::default();
        for (job, outcome) in jobs {
            ended.count(&JobResult {
                job,
                outcome,
                span: Span { start: std::time::Duration::ZERO, end: std::time::Duration::ZERO },
                sizes: None,
                artifacts: Vec::new(),
                log: None,
                warnings: String::new(),
                warning_list: None,
                libraries: std::sync::Arc::default(),
                units: UnitCounts::default(),
                notes: crate::event::JobNotes::default(),
            });
        }
        ended
    }

    #[test]
    fn a_full_disk_is_told_from_what_fails_beside_it() {
        let cancelled =
            || Outcome::Cancelled { reason: String::new(), output: String::new(), by_limit: false };
        // A cell may be reported before the core that blocks it.
        let full = || {
            vec![
                (cell(), blocked("uno-1")),
                (core("uno-1"), failed(FailureKind::Storage(StorageCause::Full))),
                (cell(), failed(FailureKind::Storage(StorageCause::Full))),
                (cell(), cancelled()),
                (cell(), Outcome::Built),
            ]
        };
        let only = ended(full());
        assert!(only.only_storage());
        assert_eq!((only.succeeded, only.failed, only.done, only.jobs), (1, 3, 1, 5));
        assert_eq!(only.storage.unwrap().cause, StorageCause::Full);
        for other in [
            (cell(), failed(FailureKind::Code)),
            (cell(), failed(FailureKind::Infrastructure)),
            (cell(), blocked("mega-1")),
        ] {
            assert!(!ended([full(), vec![other]].concat()).only_storage());
        }
        assert!(!ended(vec![(cell(), cancelled())]).only_storage(), "an interrupt is no full disk");
    }
}
