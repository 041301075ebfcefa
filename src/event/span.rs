//! Times within a run, written as microseconds.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// A stretch of time since the run began; in JSON microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Start.
    #[serde(rename = "start_us", serialize_with = "micros")]
    pub start: Duration,
    /// End.
    #[serde(rename = "end_us", serialize_with = "micros")]
    pub end: Duration,
}

impl Span {
    /// Returns the length, zero for a span that ends before it starts.
    pub fn len(&self) -> Duration {
        self.end.saturating_sub(self.start)
    }

    /// Returns whether the length is zero.
    pub fn is_empty(&self) -> bool {
        self.end <= self.start
    }
}

/// Writes a time as whole microseconds.
#[allow(clippy::cast_possible_truncation)] // half a million years of microseconds fit
pub(super) fn micros<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(value.as_micros() as u64)
}
