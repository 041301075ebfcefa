//! What steps need to run: slots, measurements, listeners, and the signal that ends them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use tokio_util::sync::CancellationToken;

use crate::budget::{Costs, Slots};
use crate::event::{EventKind, EventSink, Level};
use crate::process::{OutputLimit, Peaks};
use crate::sync::lock;

/// Runs steps within the budget of the run.
#[derive(Debug, Clone)]
pub struct Runner {
    /// Process slots and memory.
    pub slots: Slots,
    /// What steps took in earlier runs, and take in this one.
    pub costs: Arc<Costs>,
    /// Measures the memory of processes.
    pub peaks: Peaks,
    /// Limit of what each process may print.
    pub output_limit: OutputLimit,
    /// Listeners of the run.
    pub events: EventSink,
    /// Fires at the first signal.
    pub cancel: CancellationToken,
    /// Warnings that were given.
    pub warned: Arc<Mutex<HashSet<String>>>,
}

impl Runner {
    /// Gives a warning, once however many cells it concerns.
    pub(in crate::pipeline) fn warn_once(&self, message: String) {
        if lock(&self.warned).insert(message.clone()) {
            self.events.say(EventKind::Log { level: Level::Warn, message });
        }
    }
}
