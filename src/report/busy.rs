//! The time in which at least one of a job's own steps held a slot. It is a cell's cost; its duration depends more on
//! the number of concurrent jobs.

use std::collections::HashMap;
use std::time::Duration;

use super::held::HeldSlots;
use crate::event::{Event, EventKind, JobId, JobResult, Outcome};

/// The running jobs, with the times at which their steps held slots.
#[derive(Debug, Default)]
pub(super) struct Busy {
    held: HashMap<JobId, HeldSlots>,
}

impl Busy {
    /// Adds an event. A job is stored until [`Busy::end`] is called for it.
    pub(super) fn fold(&mut self, event: &Event) {
        if let EventKind::StepFinished(step) = &event.kind {
            self.held.entry(step.job.clone()).or_default().add(step.span);
        }
    }

    /// Returns the time of a job that ended, and removes the job.
    ///
    /// A job that timed out has at least its timeout: it may have spent that without a slot.
    pub(super) fn end(&mut self, result: &JobResult) -> Duration {
        let busy = self.held.remove(&result.job).map_or(Duration::ZERO, |held| held.within(result.span));
        match &result.outcome {
            Outcome::TimedOut { after, .. } => busy.max((*after).min(result.span.len())),
            _ => busy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Step;
    use crate::report::testing::{Script, cell, ms, span};

    fn time(outcome: Outcome, end: u64) -> Duration {
        let job = cell("uno/A");
        let script = Script::new()
            .plan(&["uno/A"], &[])
            .step(&job, (Step::Compile, "a"), 0, span(200, 300), None)
            .step(&job, (Step::Compile, "b"), 1, span(250, 400), None)
            .step(&job, (Step::Link, "c"), 1, span(700, 750), None)
            .step(&cell("uno/B"), (Step::Link, "d"), 0, span(500, 600), None)
            .finished(&job, outcome, end);
        let mut busy = Busy::default();
        let mut time = None;
        for event in script.events() {
            busy.fold(&event);
            if let EventKind::JobFinished(result) = &event.kind {
                time = Some(busy.end(result));
            }
        }
        time.expect("ended")
    }

    #[test]
    fn steps_at_the_same_time_count_once_and_waits_do_not() {
        assert_eq!(time(Outcome::Built, 900), ms(250));
        assert_eq!(time(Outcome::TimedOut { after: ms(600), output: String::new() }, 900), ms(600));
        assert_eq!(time(Outcome::TimedOut { after: ms(6_000), output: String::new() }, 900), ms(780));
    }
}
