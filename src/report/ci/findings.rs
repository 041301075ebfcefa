//! Failures, warnings and counts of a run, for everything that CI systems read.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use crate::event::{CoreId, Event, EventKind, JobId, Outcome};
use crate::report::causes::{Cause, causes};
use crate::report::failures::{FailureGroups, Trouble};
use crate::report::paths::Here;
use crate::report::tally::Tally;

/// Number of bytes of a tool's output that are read for a failure: first error and place.
const ROOM: usize = 16 * 1024;

/// Data of a run.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) here: Here,
    pub(super) tally: Tally,
    groups: FailureGroups,
    blocked: BTreeMap<CoreId, usize>,
    /// Main files of the sketches.
    sketches: HashMap<Arc<str>, Arc<Path>>,
}

impl Findings {
    /// Paths in texts are shown relative to the directory `current`.
    pub(super) fn new(current: &Path) -> Self {
        Self { here: Here::new(current), ..Self::default() }
    }

    /// Adds an event.
    pub(super) fn fold(&mut self, event: &Event) {
        self.tally.fold(event);
        match &event.kind {
            EventKind::Planned { cells, .. } => {
                self.sketches =
                    cells.iter().map(|cell| (cell.id.sketch.clone(), cell.file.clone())).collect();
            }
            EventKind::JobFinished(result) => {
                if let Outcome::Blocked { by, .. } = &result.outcome {
                    *self.blocked.entry(by.clone()).or_default() += 1;
                }
                if let Some(trouble) = Trouble::of(&result.job, &result.outcome, &self.here, ROOM) {
                    self.groups.add(&result.job, &trouble, String::new);
                }
            }
            _ => {}
        }
    }

    /// Returns the causes of all failures, the most telling first.
    pub(super) fn causes(&self) -> Vec<Cause<'_>> {
        causes(&self.groups, &self.blocked)
    }

    /// Returns the main file of the first sketch by name that fails with a cause; `None` if only cores do.
    pub(super) fn main_file(&self, cause: &Cause<'_>) -> Option<&Path> {
        let sketch = |job: &'_ JobId| match job {
            JobId::Cell(id) => Some(id.sketch.clone()),
            JobId::Core(_) => None,
        };
        let first = cause.jobs().filter_map(sketch).min()?;
        self.sketches.get(&first).map(|file| &**file)
    }
}
