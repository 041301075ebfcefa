//! The marker by which the processes of one compile are found.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::process::end_marked;

/// A variable in the environment of a compile's processes. Dropping it ends the processes, unless the compile is
/// finished: zccache itself ends only the driver. The variable is part of no key.
pub(super) struct Marker {
    value: String,
    finished: bool,
}

impl Marker {
    pub(super) const NAME: &'static str = "FBUILD_MATRIX_COMPILE";

    pub(super) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let value = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self { value, finished: false }
    }

    /// Notes that the compile has ended by itself.
    pub(super) fn finish(&mut self) {
        self.finished = true;
    }

    /// Returns the variable's value.
    pub(super) fn value(&self) -> &str {
        &self.value
    }

    /// Returns the variable as `NAME=value`.
    pub(super) fn variable(&self) -> String {
        format!("{}={}", Self::NAME, self.value)
    }

    /// Ends the processes, on a thread of its own.
    pub(super) fn end(&self) {
        let variable = self.variable();
        // The search through /proc takes milliseconds, which would block other tasks.
        std::thread::spawn(move || end_marked(&variable));
    }
}

impl Drop for Marker {
    fn drop(&mut self) {
        if !self.finished {
            self.end();
        }
    }
}
