//! A span of time in half the memory: reports store several for each job of a run.

use std::time::Duration;

use crate::event::Span;

/// A [`Span`] in nanoseconds since the run began; 584 years at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CompactSpan {
    pub(super) start: u64,
    pub(super) end: u64,
}

impl From<Span> for CompactSpan {
    fn from(Span { start, end }: Span) -> Self {
        Self { start: nanoseconds(start), end: nanoseconds(end) }
    }
}

impl From<CompactSpan> for Span {
    fn from(CompactSpan { start, end }: CompactSpan) -> Self {
        Self { start: Duration::from_nanos(start), end: Duration::from_nanos(end) }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
