//! The time that a job has been at work: waits don't count towards its timeout.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::sync::lock;

/// Measures how long a job has been at work. Clones share the measurement. The stopwatch is stopped while the
/// job is paused, and while all of its steps wait for slots.
#[derive(Debug, Clone)]
pub struct Stopwatch(Arc<Mutex<Ticks>>);

#[derive(Debug)]
struct Ticks {
    before: Duration,
    running_since: Option<Instant>,
    paused: bool,
    /// Numbers of steps that wait for a slot, and of steps that hold one.
    waiting: usize,
    holding: usize,
}

impl Stopwatch {
    /// Returns a running stopwatch.
    pub fn started() -> Self {
        Self(Arc::new(Mutex::new(Ticks {
            before: Duration::ZERO,
            running_since: Some(Instant::now()),
            paused: false,
            waiting: 0,
            holding: 0,
        })))
    }

    /// Returns the time at work so far.
    pub fn elapsed(&self) -> Duration {
        let ticks = lock(&self.0);
        ticks.before + ticks.running_since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Waits until the job has been at work for `limit`.
    pub async fn reaches(&self, limit: Duration) {
        while let Some(rest) = limit.checked_sub(self.elapsed()).filter(|rest| !rest.is_zero()) {
            // At least one clock tick: the stopwatch may be stopped right before the limit.
            tokio::time::sleep(rest.max(Duration::from_millis(1))).await;
        }
    }

    pub(in crate::pipeline) fn pause(&self) {
        self.change(|ticks| ticks.paused = true);
    }

    pub(in crate::pipeline) fn resume(&self) {
        self.change(|ticks| ticks.paused = false);
    }

    /// Counts a step as waiting for a slot until the returned guard is granted or dropped.
    pub(in crate::pipeline) fn waits_for_slot(&self) -> WaitsForSlot<'_> {
        self.change(|ticks| ticks.waiting += 1);
        WaitsForSlot(self)
    }

    /// Releases the slot of a step whose wait was granted.
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
    /// Counts the step as holding a slot until [`Stopwatch::left_slot`].
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
