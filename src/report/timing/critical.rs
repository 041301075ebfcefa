//! The critical path: the chain of waits, from the job that ended last back to the begin of the run, that determined
//! the run's duration. A pure function over jobs and their phases.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::time::Duration;

use indexmap::IndexMap;

use super::job::JobTimes;
use super::model::{JobName, Seconds, Segment};
use crate::event::{JobId, Phase, RunPhase, Span};
use crate::report::words::{phase_word, run_phase_word};

/// Shorter waits are ignored.
const NO_WAIT: Duration = Duration::from_millis(1);

/// Returns the path, first segment first. Its segments touch: together they are as long as the run.
///
/// The path is followed backwards from the end of the last job. A wait for a core leads to the core. A wait in the
/// queue, or for a slot once the core is built, leads to the job that freed a slot: the last one that ended before the
/// wait was over. Jobs that never ended are not part of the path.
pub(super) fn path<'j>(
    jobs: &'j IndexMap<JobId, JobTimes>,
    run: &[(RunPhase, Span)],
    wall: Duration,
) -> Vec<Segment<'j>> {
    let mut path = Backwards { segments: Vec::new(), at: wall };
    let mut seen = HashSet::new();
    // Sorted by end, so that each of the thousands of searches on a long path takes few steps. Jobs already on the path
    // ended after the time in question, except those that ended at the same time.
    let mut ends: Vec<(Duration, Reverse<usize>)> =
        jobs.values().enumerate().filter_map(|(place, job)| Some((job.end()?, Reverse(place)))).collect();
    ends.sort_unstable();
    // Returns the job that ended last at or before `until`, but after `from`.
    let ended_last = |from: Option<Duration>, until: Duration, seen: &HashSet<usize>| {
        let before = ends.partition_point(|(end, _)| *end <= until);
        ends[..before]
            .iter()
            .rev()
            .take_while(|(end, _)| from.is_none_or(|from| from < *end))
            .map(|(end, Reverse(place))| (*end, *place))
            .find(|(_, place)| !seen.contains(place))
    };
    let mut current = ended_last(None, wall, &seen);
    if let Some((end, _)) = current {
        path.run_down_to(run, end);
    }
    while let Some((_, place)) = current.take() {
        seen.insert(place);
        let Some((id, job)) = jobs.get_index(place) else { break };
        for (phase, span) in job.phases().rev() {
            if span.start >= path.at {
                continue;
            }
            let cause = match phase {
                Phase::Wait => {
                    let until = span.end.min(path.at);
                    let core = job
                        .core()
                        .and_then(|core| jobs.get_full(&JobId::Core(core.clone())))
                        .and_then(|(place, _, core)| Some((core.end()?, place)))
                        .filter(|(end, core)| span.start < *end && *end <= until && !seen.contains(core));
                    let alone = core.map_or(span.start, |(end, _)| end);
                    let room = (until.saturating_sub(alone) >= NO_WAIT)
                        .then(|| ended_last(Some(alone), until, &seen))
                        .flatten();
                    room.or(core)
                }
                Phase::Queue if span.len() >= NO_WAIT => {
                    ended_last(Some(span.start), span.end.min(path.at), &seen)
                }
                _ => None,
            };
            path.segment(Some((id, job)), phase_word(phase), cause.map_or(span.start, |(end, _)| end));
            if cause.is_some() {
                current = cause;
                break;
            }
        }
    }
    path.run_down_to(run, Duration::ZERO);
    path.segments.reverse();
    path.segments
}

/// A path that is followed backwards.
struct Backwards<'j> {
    segments: Vec<Segment<'j>>,
    /// Start of the segment that was added last.
    at: Duration,
}

impl<'j> Backwards<'j> {
    fn segment(&mut self, job: Option<(&'j JobId, &JobTimes)>, phase: &'static str, start: Duration) {
        if start < self.at {
            let span = Span { start, end: self.at };
            self.segments.push(Segment {
                job: job.map(|(id, _)| JobName(id)),
                phase,
                start_s: Seconds(span.start),
                end_s: Seconds(span.end),
                idle_s: job.map(|(_, job)| Seconds(span.len().saturating_sub(job.held_within(span)))),
            });
            self.at = start;
        }
    }

    /// Adds the run's own phases, back to a time.
    fn run_down_to(&mut self, run: &[(RunPhase, Span)], moment: Duration) {
        for (phase, span) in run.iter().rev() {
            if span.start < self.at && moment < self.at {
                self.segment(None, run_phase_word(*phase), span.start.max(moment));
            }
        }
    }
}
