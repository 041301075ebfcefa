//! The channel that carries events from the jobs to the reports.

use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use super::kind::{Event, EventKind};
use super::micros::whole_micros;

/// Sender of events. Cheap to clone; sending never blocks and never fails.
#[derive(Debug, Clone)]
pub struct EventSink {
    started: Instant,
    sender: Sender<Event>,
}

/// Returns a sink whose clock starts now, and the receiver of its events.
pub fn channel() -> (EventSink, Receiver<Event>) {
    let (sender, receiver) = std::sync::mpsc::channel();
    (EventSink { started: Instant::now(), sender }, receiver)
}

impl EventSink {
    /// Returns the time since the run began, in whole microseconds.
    pub fn now(&self) -> Duration {
        whole_micros(self.started.elapsed())
    }

    /// Sends an event with the current time.
    pub fn say(&self, kind: EventKind) {
        // The receiver is gone only when the program is ending: nothing is lost then.
        let _ = self.sender.send(Event { at: self.now(), kind });
    }
}
