//! Keeps a job's phases: one after another, without a gap, from the end of planning to its last moment.

use std::time::Duration;

use crate::event::{EventKind, EventSink, JobId, Phase, Span};

/// The phases of one job.
#[derive(Debug)]
pub struct Track {
    job: JobId,
    events: EventSink,
    began: Duration,
    phase: Phase,
    since: Duration,
}

impl Track {
    /// A job that waits to be started since `began`.
    pub fn new(job: JobId, events: EventSink, began: Duration) -> Self {
        Self { job, events, began, phase: Phase::Queue, since: began }
    }

    /// The job.
    pub fn job(&self) -> &JobId {
        &self.job
    }

    /// Ends the current phase and begins another. Nothing happens where it is the same.
    pub fn enter(&mut self, phase: Phase) {
        if phase != self.phase {
            self.close();
            self.phase = phase;
        }
    }

    /// Ends the last phase. The span from the job's beginning to now.
    pub fn finish(&mut self) -> Span {
        self.close();
        Span { start: self.began, end: self.since }
    }

    fn close(&mut self) {
        let span = Span { start: self.since, end: self.events.now() };
        self.since = span.end;
        self.events.say(EventKind::JobPhase { job: self.job.clone(), phase: self.phase, span });
    }
}
