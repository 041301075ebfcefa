//! For how long a job was at work: the time in which at least one of its own steps held a slot. That is
//! what a cell costs; how long it lasted says more about how many others were built at the same time.

use std::collections::HashMap;
use std::time::Duration;

use crate::event::{Event, EventKind, JobId, JobResult, Outcome, Span};

/// The jobs that are under way, with when their steps held slots.
#[derive(Debug, Default)]
pub(super) struct Busy {
    held: HashMap<JobId, Held>,
}

impl Busy {
    /// Takes one event. Jobs are kept until [`Busy::end`] asks for them.
    pub(super) fn fold(&mut self, event: &Event) {
        if let EventKind::StepFinished(step) = &event.kind {
            self.held.entry(step.job.clone()).or_default().add(step.span);
        }
    }

    /// The time of a job that ended; asked once for each.
    ///
    /// A job that timed out has at least its timeout: it may have spent it on what holds no slot.
    pub(super) fn end(&mut self, result: &JobResult) -> Duration {
        let busy = self.held.remove(&result.job).map_or(Duration::ZERO, |held| held.within(result.span));
        match &result.outcome {
            Outcome::TimedOut { after, .. } => busy.max((*after).min(result.span.len())),
            _ => busy,
        }
    }
}

/// Spans of time, disjoint and in order.
#[derive(Debug, Default)]
pub(super) struct Held(Vec<Span>);

impl Held {
    /// Adds a span. They end about in order, so that its place is near the end.
    pub(super) fn add(&mut self, mut new: Span) {
        let Self(spans) = self;
        let mut place = spans.len();
        while place > 0 && spans[place - 1].end >= new.start {
            place -= 1;
        }
        let after = spans[place..].iter().take_while(|old| old.start <= new.end).count() + place;
        for old in &spans[place..after] {
            new = Span { start: new.start.min(old.start), end: new.end.max(old.end) };
        }
        spans.splice(place..after, [new]);
    }

    /// How much of them lies within another span.
    pub(super) fn within(&self, outer: Span) -> Duration {
        self.0.iter().map(|span| span.end.min(outer.end).saturating_sub(span.start.max(outer.start))).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Step;
    use crate::report::testing::{Script, cell, ms, span};
    use proptest::prelude::*;

    fn time(outcome: Outcome, end: u64) -> Duration {
        let job = cell("uno/A");
        let script = Script::new()
            .plan(&["uno/A"], &[])
            .step(&job, Step::Compile, "a", 0, span(200, 300), None)
            .step(&job, Step::Compile, "b", 1, span(250, 400), None)
            .step(&job, Step::Link, "c", 1, span(700, 750), None)
            .step(&cell("uno/B"), Step::Link, "d", 0, span(500, 600), None)
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

    proptest! {
        #[test]
        fn held_is_disjoint_and_as_long_as_the_union(spans in proptest::collection::vec((0_u64..60, 0_u64..60), 0..20)) {
            let mut held = Held::default();
            let mut union = [false; 60];
            for (start, end) in spans {
                let (start, end) = (start.min(end), start.max(end));
                held.add(span(start, end));
                (start..end).for_each(|ms| union[usize::try_from(ms).expect("small")] = true);
            }
            prop_assert!(held.0.windows(2).all(|pair| pair[0].end < pair[1].start));
            prop_assert_eq!(held.within(span(0, 60)), ms(union.iter().filter(|held| **held).count() as u64));
        }
    }
}
