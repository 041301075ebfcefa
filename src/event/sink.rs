//! Carries events from those who build to the one who listens.

use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use super::{Event, EventKind};

/// Where events are said. Cheap to clone; saying an event never blocks and never fails.
#[derive(Debug, Clone)]
pub struct EventSink {
    started: Instant,
    sender: Sender<Event>,
}

/// Makes a sink whose clock starts now, and the end that hears it.
pub fn channel() -> (EventSink, Receiver<Event>) {
    let (sender, receiver) = std::sync::mpsc::channel();
    (EventSink { started: Instant::now(), sender }, receiver)
}

impl EventSink {
    /// Time since the run began.
    pub fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Says that something happened, now.
    pub fn say(&self, kind: EventKind) {
        // Nobody listens any more only when the program is ending: nothing is lost then.
        let _ = self.sender.send(Event { at: self.now(), kind });
    }
}
