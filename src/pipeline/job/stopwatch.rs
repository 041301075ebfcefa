//! The time that a job has been at work: its waits don't count towards its timeout.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::sync::lock;

/// Measures how long a job has been at work. Clones share it. It stands still while the job is paused, and
/// while all that the job does is to wait for slots that others hold.
#[derive(Debug, Clone)]
pub struct Stopwatch(Arc<Mutex<Ticks>>);

#[derive(Debug)]
struct Ticks {
    before: Duration,
    running_since: Option<Instant>,
    paused: bool,
    /// Steps that wait for a slot, and steps that have one.
    waiting: usize,
    holding: usize,
}

impl Stopwatch {
    /// Runs from now on.
    pub fn started() -> Self {
        Self(Arc::new(Mutex::new(Ticks {
            before: Duration::ZERO,
            running_since: Some(Instant::now()),
            paused: false,
            waiting: 0,
            holding: 0,
        })))
    }

    /// The time at work so far.
    pub fn elapsed(&self) -> Duration {
        let ticks = lock(&self.0);
        ticks.before + ticks.running_since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Waits until the job has been at work for `limit`.
    pub async fn reaches(&self, limit: Duration) {
        while let Some(rest) = limit.checked_sub(self.elapsed()).filter(|rest| !rest.is_zero()) {
            // Not less than a tick of the clock: it may stand still right before the limit.
            tokio::time::sleep(rest.max(Duration::from_millis(1))).await;
        }
    }

    pub(in crate::pipeline) fn pause(&self) {
        self.change(|ticks| ticks.paused = true);
    }

    pub(in crate::pipeline) fn resume(&self) {
        self.change(|ticks| ticks.paused = false);
    }

    /// A step of the job waits for a slot until what is returned is granted or dropped.
    pub(in crate::pipeline) fn waits_for_slot(&self) -> WaitsForSlot<'_> {
        self.change(|ticks| ticks.waiting += 1);
        WaitsForSlot(self)
    }

    /// A step whose wait was granted gives its slot back.
    pub(in crate::pipeline) fn left_slot(&self) {
        self.change(|ticks| ticks.holding -= 1);
    }

    fn change(&self, how: impl FnOnce(&mut Ticks)) {
        let mut ticks = lock(&self.0);
        how(&mut ticks);
        let runs = !ticks.paused && (ticks.holding > 0 || ticks.waiting == 0);
        if runs {
            ticks.running_since.get_or_insert_with(Instant::now);
        } else if let Some(since) = ticks.running_since.take() {
            ticks.before += since.elapsed();
        }
    }
}

/// A step that waits for a slot.
pub(in crate::pipeline) struct WaitsForSlot<'a>(&'a Stopwatch);

impl WaitsForSlot<'_> {
    /// It has one now, until [`Stopwatch::left_slot`].
    pub(in crate::pipeline) fn granted(self) {
        self.0.change(|ticks| ticks.holding += 1);
    }
}

impl Drop for WaitsForSlot<'_> {
    fn drop(&mut self) {
        self.0.change(|ticks| ticks.waiting -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waits until a moment on the watch would show.
    fn pass() {
        std::thread::sleep(Duration::from_millis(3));
    }

    #[track_caller]
    fn runs(watch: &Stopwatch, expected: bool) {
        let before = watch.elapsed();
        pass();
        assert_eq!(watch.elapsed() > before, expected);
    }

    #[test]
    fn waiting_for_slots_is_no_work_unless_another_step_is_at_work() {
        let watch = Stopwatch::started();
        runs(&watch, true);
        let first = watch.waits_for_slot();
        runs(&watch, false);
        let second = watch.waits_for_slot();
        first.granted();
        runs(&watch, true);
        watch.left_slot();
        runs(&watch, false);
        // A step that is dropped while it waits.
        drop(second);
        runs(&watch, true);
        watch.pause();
        runs(&watch, false);
        watch.resume();
        runs(&watch, true);
    }
}
