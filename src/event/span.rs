//! Times within a run.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::micros;

/// A stretch of time since the run began; in JSON microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Start.
    #[serde(rename = "start_us", with = "micros")]
    pub start: Duration,
    /// End.
    #[serde(rename = "end_us", with = "micros")]
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
