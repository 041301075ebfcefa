//! Records a job's phases: consecutive, without a gap, from the end of planning to the end of the job.

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
    /// Returns the track of a job that has been queued since `began`.
    pub fn new(job: JobId, events: EventSink, began: Duration) -> Self {
        Self { job, events, began, phase: Phase::Queue, since: began }
    }

    /// Returns the job's id.
    pub fn job(&self) -> &JobId {
        &self.job
    }

    /// Ends the current phase and begins another; does nothing if both are the same.
    pub fn enter(&mut self, phase: Phase) {
        if phase != self.phase {
            self.close();
            self.phase = phase;
        }
    }

    /// Ends the last phase and returns the span of the whole job.
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
