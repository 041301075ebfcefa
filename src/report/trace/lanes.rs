//! Assigns spans that overlap to lanes. The spans of a lane do not overlap, and there are as few lanes as concurrent
//! spans. Knows nothing of traces.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::report::compact::CompactSpan;

/// Returns the lane of each span, from 0. A lane is free again for a span that starts when another one ends.
pub(super) fn assign(spans: &[CompactSpan]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..spans.len()).collect();
    order.sort_by_key(|place| spans[*place]);
    let mut lanes = vec![0; spans.len()];
    // Lanes in use by their end, and free ones by number: the lowest is taken first.
    let mut busy: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    let mut free: BinaryHeap<Reverse<usize>> = BinaryHeap::new();
    let mut made = 0;
    for place in order {
        let span = spans[place];
        while let Some(Reverse((end, lane))) = busy.peek().copied() {
            if end > span.start {
                break;
            }
            busy.pop();
            free.push(Reverse(lane));
        }
        let lane = free.pop().map_or(made, |Reverse(lane)| lane);
        made = made.max(lane + 1);
        lanes[place] = lane;
        busy.push(Reverse((span.end.max(span.start), lane)));
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Span;
    use crate::report::testing::span;
    use proptest::prelude::*;

    #[test]
    fn as_few_as_there_are_at_once() {
        assert_eq!(
            assign(&[span(0, 10), span(5, 7), span(10, 12), span(6, 11), span(7, 20)].map(CompactSpan::from)),
            [0, 1, 0, 2, 1]
        );
        assert!(assign(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn no_two_spans_of_a_lane_overlap(spans in proptest::collection::vec((0_u64..50, 0_u64..20), 0..40)) {
            let spans: Vec<Span> = spans.into_iter().map(|(start, length)| span(start, start + length)).collect();
            let lanes = assign(&spans.iter().copied().map(CompactSpan::from).collect::<Vec<_>>());
            for (a, lane_a) in lanes.iter().enumerate() {
                for (b, lane_b) in lanes.iter().enumerate().skip(a + 1) {
                    let apart = spans[a].end <= spans[b].start || spans[b].end <= spans[a].start;
                    prop_assert!(lane_a != lane_b || apart);
                }
            }
            let at_once = (0..80).map(|ms| {
                let ms = crate::report::testing::ms(ms);
                spans.iter().filter(|span| span.start <= ms && ms < span.end).count()
            }).max().unwrap_or(0);
            let used = spans.iter().zip(&lanes).filter(|(span, _)| !span.is_empty()).map(|(_, lane)| lane + 1).max();
            // Empty spans can each open a lane.
            let points = spans.iter().filter(|span| span.is_empty()).count();
            prop_assert!(used.unwrap_or(0) <= at_once + points);
        }
    }
}
