//! Services for running steps: slots, measurements, events, and cancellation.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use tokio_util::sync::CancellationToken;

use crate::budget::{Costs, Slots};
use crate::event::{EventKind, EventSink, Level};
use crate::process::{Environment, OutputLimit, Peaks};
use crate::sync::lock;

/// Runs steps within the budget of the run.
#[derive(Debug, Clone)]
pub struct Runner {
    /// Environment of processes, without the shared libraries of a toolchain.
    pub environment: Environment,
    /// Process slots and memory.
    pub slots: Slots,
    /// Durations and memory of steps, in earlier runs and in this one.
    pub costs: Arc<Costs>,
    /// Measures the memory of processes.
    pub peaks: Peaks,
    /// Limit of the output of each process.
    pub output_limit: OutputLimit,
    /// Sink of the run's events.
    pub events: EventSink,
    /// Cancelled at the first signal.
    pub cancel: CancellationToken,
    /// Warnings that have been given.
    pub warned: Arc<Mutex<HashSet<String>>>,
}

impl Runner {
    /// Gives a warning, once for all cells.
    pub(in crate::pipeline) fn warn_once(&self, message: String) {
        if lock(&self.warned).insert(message.clone()) {
            self.events.say(EventKind::Log { level: Level::Warn, message });
        }
    }
}
