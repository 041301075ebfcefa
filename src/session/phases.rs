//! The phases of a run, one after another without a gap.

use std::time::Duration;

use crate::event::{EventKind, EventSink, RunPhase, Span};

/// Start of the phase that is going on.
pub(super) struct Phases {
    events: EventSink,
    since: Duration,
}

impl Phases {
    /// Begins the first phase with the run.
    pub(super) fn begin(events: &EventSink) -> Self {
        Self { events: events.clone(), since: Duration::ZERO }
    }

    /// Ends a phase; the next one begins.
    pub(super) fn end(&mut self, phase: RunPhase) {
        let span = Span { start: self.since, end: self.events.now() };
        self.since = span.end;
        self.events.say(EventKind::RunPhase { phase, span });
    }
}
