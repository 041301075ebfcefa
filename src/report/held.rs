//! The times at which the steps of a job held slots.

use std::time::Duration;

use super::compact::CompactSpan;
use crate::event::Span;

/// Spans of time, disjoint and in order.
#[derive(Debug, Default)]
pub(super) struct HeldSlots(Vec<CompactSpan>);

impl HeldSlots {
    /// Adds a span. Spans end about in order, so that its place is near the end.
    pub(super) fn add(&mut self, span: Span) {
        let mut new = CompactSpan::from(span);
        let Self(spans) = self;
        let mut place = spans.len();
        while place > 0 && spans[place - 1].end >= new.start {
            place -= 1;
        }
        let after = spans[place..].iter().take_while(|old| old.start <= new.end).count() + place;
        for old in &spans[place..after] {
            new = CompactSpan { start: new.start.min(old.start), end: new.end.max(old.end) };
        }
        spans.splice(place..after, [new]);
    }

    /// Returns how much of them lies within another span.
    pub(super) fn within(&self, outer: Span) -> Duration {
        let outer = CompactSpan::from(outer);
        let lengths =
            self.0.iter().map(|span| span.end.min(outer.end).saturating_sub(span.start.max(outer.start)));
        Duration::from_nanos(lengths.sum())
    }

    /// Releases memory that no further span is expected to need.
    pub(super) fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{ms, span};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn held_is_disjoint_and_as_long_as_the_union(spans in proptest::collection::vec((0_u64..60, 0_u64..60), 0..20)) {
            let mut held = HeldSlots::default();
            let mut union = [false; 60];
            for (start, end) in spans {
                let (start, end) = (start.min(end), start.max(end));
                held.add(span(start, end));
                (start..end).for_each(|ms| union[usize::try_from(ms).expect("small")] = true);
            }
            prop_assert!(held.0.windows(2).all(|pair| pair[0].end < pair[1].start));
            prop_assert_eq!(held.within(span(0, 60)), ms(union.iter().filter(|held| **held).count() as u64));
        }
    }
}
