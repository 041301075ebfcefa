//! The phases of a run, without gaps between them.

use std::time::Duration;

use crate::event::{EventKind, EventSink, RunPhase, Span};

/// Start of the current phase.
pub(super) struct Phases {
    events: EventSink,
    since: Duration,
}

impl Phases {
    /// Starts the first phase, at the start of the run.
    pub(super) fn begin(events: &EventSink) -> Self {
        Self { events: events.clone(), since: Duration::ZERO }
    }

    /// Ends the current phase as `phase` and starts the next one.
    pub(super) fn end(&mut self, phase: RunPhase) {
        let span = Span { start: self.since, end: self.events.now() };
        self.since = span.end;
        self.events.say(EventKind::RunPhase { phase, span });
    }
}
