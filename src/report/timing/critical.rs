//! The critical path: the chain of waits, from the job that ended last back to the start of the run,
//! that made the run as long as it was. A pure function over jobs and their phases.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::time::Duration;

use super::model::{Seconds, Segment};
use crate::event::{Phase, RunPhase, Span};
use crate::report::busy::Held;

/// What it needs of a job.
pub(super) struct Job<'a> {
    pub(super) name: &'a dyn std::fmt::Display,
    /// `None` if it was not done when the run ended: the path does not go through it.
    pub(super) end: Option<Duration>,
    /// In the order in which they followed one another.
    pub(super) phases: &'a [(Phase, Span)],
    /// When its steps held slots.
    pub(super) held: &'a Held,
    /// The job whose end its phase [`Phase::Wait`] waits for: its core.
    pub(super) waits_for: Option<usize>,
}

/// Shorter waits are no reason to look at who caused them.
const NO_WAIT: Duration = Duration::from_millis(1);

/// The path, first segment first. Its segments touch: together they are as long as the run.
///
/// Backwards from the end of the last job: a wait for a core leads to the core; a wait in the queue, or for
/// a slot when the core is there, leads to the job that ended last before it was over and so made room.
pub(super) fn path(jobs: &[Job<'_>], run: &[(RunPhase, Span)], wall: Duration) -> Vec<Segment> {
    let mut path = Backwards { segments: Vec::new(), at: wall };
    let mut seen = HashSet::new();
    // A path through thousands of cells asks thousands of times: in order, each answer is near at hand. What
    // has been seen lies behind the moment that is asked for, but for jobs that ended at the same one.
    let mut ends: Vec<(Duration, Reverse<usize>)> =
        jobs.iter().enumerate().filter_map(|(place, job)| Some((job.end?, Reverse(place)))).collect();
    ends.sort_unstable();
    // The job that ended last at or before `until`, but after `from`.
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
        let job = &jobs[place];
        for (phase, span) in job.phases.iter().rev() {
            if span.start >= path.at {
                continue;
            }
            let cause = match phase {
                Phase::Wait => {
                    let until = span.end.min(path.at);
                    let core = job
                        .waits_for
                        .and_then(|core| Some((jobs[core].end?, core)))
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
            path.segment(Some(job), phase_word(*phase), cause.map_or(span.start, |(end, _)| end));
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

struct Backwards {
    segments: Vec<Segment>,
    /// The start of the segment that was added last.
    at: Duration,
}

impl Backwards {
    fn segment(&mut self, job: Option<&Job<'_>>, phase: &'static str, start: Duration) {
        if start < self.at {
            let span = Span { start, end: self.at };
            self.segments.push(Segment {
                job: job.map(|job| job.name.to_string()),
                phase,
                start_s: Seconds(span.start),
                end_s: Seconds(span.end),
                idle_s: job.map(|job| Seconds(span.len().saturating_sub(job.held.within(span)))),
            });
            self.at = start;
        }
    }

    /// What the run itself did, down to a moment.
    fn run_down_to(&mut self, run: &[(RunPhase, Span)], moment: Duration) {
        for (phase, span) in run.iter().rev() {
            if span.start < self.at && moment < self.at {
                self.segment(None, run_phase_word(*phase), span.start.max(moment));
            }
        }
    }
}

/// The word for it in reports.
pub(in crate::report) const fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Queue => "queue",
        Phase::Preprocess => "preprocess",
        Phase::Compile => "compile",
        Phase::Archive => "archive",
        Phase::Wait => "wait",
        Phase::Seed => "seed",
        Phase::Link => "link",
        Phase::Size => "size",
        Phase::Run => "run",
    }
}

const fn run_phase_word(phase: RunPhase) -> &'static str {
    match phase {
        RunPhase::Setup => "setup",
        RunPhase::Plan => "plan",
        RunPhase::Build => "build",
        RunPhase::Finish => "finish",
    }
}
