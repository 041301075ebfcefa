//! The times of a finished run's jobs, by which the cells of the next run are distributed over machines.

use std::collections::HashMap;
use std::path::Path;

use super::jsonl::{self, Jsonl};
use crate::event::{CellId, CoreId, EventKind, JobId, Outcome};

/// Times for which the steps of jobs held slots, in microseconds. Only jobs that were built without the compiler cache
/// are listed: the time of the others says nothing about a build.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RecordedTimes {
    jobs: HashMap<JobId, u64>,
}

impl RecordedTimes {
    /// Reads the times of the run that wrote its reports into `directory`. They affect only the distribution of cells,
    /// so a missing or damaged file counts as empty.
    pub fn read(directory: &Path) -> Self {
        let content = std::fs::read(directory.join(Jsonl::NAME)).unwrap_or_default();
        let mut held: HashMap<JobId, u64> = HashMap::new();
        let mut recorded = Self::default();
        for event in jsonl::events(&content).map_while(Result::ok) {
            match event.kind {
                EventKind::StepFinished(step) => {
                    let time = u64::try_from(step.span.len().as_micros()).unwrap_or(u64::MAX);
                    let sum = held.entry(step.job).or_default();
                    *sum = sum.saturating_add(time);
                }
                EventKind::JobFinished(result) => {
                    let is_measured = result.outcome == Outcome::Built && result.units.cached == 0;
                    if let Some(time) = held.remove(&result.job).filter(|_| is_measured) {
                        recorded.jobs.insert(result.job, time);
                    }
                }
                _ => {}
            }
        }
        recorded
    }

    /// Returns the time of a cell.
    pub fn cell(&self, id: &CellId) -> Option<u64> {
        self.jobs.get(&JobId::Cell(id.clone())).copied()
    }

    /// Returns the time of a core.
    pub fn core(&self, id: &CoreId) -> Option<u64> {
        self.jobs.get(&JobId::Core(id.clone())).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Step;
    use crate::report::testing::{Script, cell, cell_id, span};

    #[test]
    fn only_what_was_built_has_a_time() {
        let script = Script::new()
            .plan(&["uno/A", "uno/B", "uno/C"], &[])
            .step(&cell("uno/A"), (Step::Compile, "a"), 0, span(200, 300), None)
            .step(&cell("uno/A"), (Step::Link, "a"), 0, span(250, 400), None)
            .finished(&cell("uno/A"), Outcome::Built, 400)
            .finished(&cell("uno/B"), Outcome::UpToDate, 400)
            .step(&cell("uno/C"), (Step::Compile, "c"), 0, span(300, 350), None)
            .finished(&cell("uno/C"), Outcome::Crashed { message: String::new() }, 400);
        let directory = tempfile::tempdir().unwrap();
        let lines: String =
            script.events().iter().map(|event| serde_json::to_string(event).unwrap() + "\n").collect();
        std::fs::write(directory.path().join(Jsonl::NAME), lines).unwrap();
        let times = RecordedTimes::read(directory.path());
        assert_eq!(times.cell(&cell_id("uno/A")), Some(250_000));
        assert_eq!((times.cell(&cell_id("uno/B")), times.cell(&cell_id("uno/C"))), (None, None));
        assert_eq!(RecordedTimes::read(Path::new("/nowhere")), RecordedTimes::default());
    }
}
