//! Combines the events of shards into those of one run. The shards' clocks are laid side by side by the times at which they
//! began, and their slots are numbered one after the other.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::cores::Cores;
use super::shard_run::ShardRun;
use crate::event::{
    Base, CellId, CellInfo, CoreId, Event, EventKind, JobResult, Outcome, RunInfo, RunPhase, SkippedCell,
    Span, StepInfo, UsedPackage,
};

/// Returns the events of the combined run, in the order of their times. `runs` are sorted by shard and not empty; each has
/// a plan.
pub(super) fn combine(runs: Vec<ShardRun>, exit: u8) -> Vec<Event> {
    let cores = Cores::of(&runs);
    let shifts = shifts(&runs);
    let end = runs.iter().zip(&shifts).map(|(run, shift)| shift.end(run)).max().unwrap_or_default();
    let mut events = head(&runs, &shifts, &cores);
    // Everything is installed once in a single run.
    let first = (0..runs.len()).min_by_key(|at| (shifts[*at].time, *at));
    let mut said = HashSet::new();
    for (at, run) in runs.into_iter().enumerate() {
        let shift = shifts[at];
        let shard = run.shard().map(|shard| format!("shard {shard}: ")).unwrap_or_default();
        for event in run.events {
            let kind = match event.kind {
                EventKind::SetupStarted { .. }
                | EventKind::SetupProgress { .. }
                | EventKind::SetupFinished { .. }
                | EventKind::DownloadStarted { .. }
                | EventKind::DownloadProgress { .. }
                | EventKind::DownloadFinished { .. }
                | EventKind::DownloadFailed { .. }
                    if Some(at) != first =>
                {
                    continue;
                }
                EventKind::RunStarted(_)
                | EventKind::Resolved { .. }
                | EventKind::ShardPlanned(_)
                | EventKind::BaseRead(_)
                | EventKind::Unfinished { .. }
                | EventKind::Planned { .. }
                | EventKind::RunPhase { .. }
                | EventKind::RunFinished { .. }
                | EventKind::Unknown => continue,
                EventKind::Log { level, message } => {
                    if !said.insert((level as u8, message.clone())) {
                        continue;
                    }
                    EventKind::Log { level, message }
                }
                EventKind::Stopping { reason } => EventKind::Stopping { reason: format!("{shard}{reason}") },
                other => match of_job(other, at, shift, &cores) {
                    Some(kind) => kind,
                    None => continue,
                },
            };
            events.push(Event { at: event.at + shift.time, kind });
        }
    }
    events.push(Event { at: end, kind: EventKind::RunFinished { exit } });
    events.sort_by_key(|event| event.at);
    events
}

/// How a run's times and slots become those of the combined run.
#[derive(Debug, Clone, Copy)]
struct Shift {
    time: Duration,
    slots: usize,
}

impl Shift {
    fn span(self, span: Span) -> Span {
        Span { start: span.start + self.time, end: span.end + self.time }
    }

    /// Returns the time of a run's last event.
    fn end(self, run: &ShardRun) -> Duration {
        run.events.iter().map(|event| event.at).max().unwrap_or_default() + self.time
    }
}

fn shifts(runs: &[ShardRun]) -> Vec<Shift> {
    let began = runs.iter().map(|run| run.info.started_unix).min().unwrap_or_default();
    let mut slots = 0;
    let shift = |run: &ShardRun| {
        let shift = Shift { time: Duration::from_secs(run.info.started_unix - began), slots };
        let used = run.events.iter().filter_map(|event| match &event.kind {
            EventKind::StepFinished(step) => Some(step.slot + 1),
            _ => None,
        });
        slots += used.max().unwrap_or_default().max(run.info.jobs);
        shift
    };
    runs.iter().map(shift).collect()
}

/// Returns an event about a job in the combined run; `None` for a core whose build in another run is reported.
fn of_job(kind: EventKind, run: usize, shift: Shift, cores: &Cores) -> Option<EventKind> {
    Some(match kind {
        EventKind::JobStarted { job } => EventKind::JobStarted { job: cores.job(run, job)? },
        EventKind::JobPhase { job, phase, span } => {
            EventKind::JobPhase { job: cores.job(run, job)?, phase, span: shift.span(span) }
        }
        EventKind::StepFinished(step) => EventKind::StepFinished(StepInfo {
            job: cores.job(run, step.job)?,
            slot: step.slot + shift.slots,
            span: shift.span(step.span),
            process: step.process.map(|span| shift.span(span)),
            ..step
        }),
        EventKind::JobFinished(result) => {
            let JobResult { job, outcome, span, .. } = *result;
            let outcome = match outcome {
                Outcome::Blocked { by, message } => Outcome::Blocked { by: cores.name(run, &by), message },
                other => other,
            };
            let (job, span) = (cores.job(run, job)?, shift.span(span));
            EventKind::JobFinished(Box::new(JobResult { job, outcome, span, ..*result }))
        }
        other => other,
    })
}

/// Returns the events before those of jobs, and the phases.
fn head(runs: &[ShardRun], shifts: &[Shift], cores: &Cores) -> Vec<Event> {
    let mut events = Vec::new();
    let mut say = |at: Duration, kind: EventKind| events.push(Event { at, kind });
    let Some(first) = runs.first() else { return events };
    say(
        Duration::ZERO,
        EventKind::RunStarted(RunInfo {
            jobs: runs.iter().map(|run| run.info.jobs).sum(),
            started_unix: runs.iter().map(|run| run.info.started_unix).min().unwrap_or_default(),
            shard: None,
            ..first.info.clone()
        }),
    );
    // The first time of an event, over all runs.
    let time = |wanted: fn(&EventKind) -> bool| {
        let times = runs.iter().zip(shifts).filter_map(|(run, shift)| {
            Some(run.events.iter().find(|event| wanted(&event.kind))?.at + shift.time)
        });
        times.min()
    };
    if let Some(at) = time(|kind| matches!(kind, EventKind::Resolved { .. })) {
        say(at, EventKind::Resolved { packages: packages(runs) });
    }
    if let Some(at) = time(|kind| matches!(kind, EventKind::BaseRead(_))) {
        say(at, EventKind::BaseRead(base(runs)));
    }
    if let Some(at) = time(|kind| matches!(kind, EventKind::Planned { .. })) {
        if let Some(cells) = unfinished(runs) {
            say(at, EventKind::Unfinished { cells });
        }
        say(at, planned(runs, cores));
    }
    let ends = |wanted: RunPhase| {
        runs.iter().zip(shifts).flat_map(move |(run, shift)| {
            run.events.iter().filter_map(move |event| match &event.kind {
                EventKind::RunPhase { phase, span } if *phase == wanted => Some(span.end + shift.time),
                _ => None,
            })
        })
    };
    // Jobs run from the moment at which the first shard is planned.
    let mut start = Duration::ZERO;
    for (phase, end) in [
        (RunPhase::Setup, ends(RunPhase::Setup).min()),
        (RunPhase::Plan, ends(RunPhase::Plan).min()),
        (RunPhase::Build, ends(RunPhase::Build).max()),
        (RunPhase::Finish, ends(RunPhase::Finish).max()),
    ] {
        let Some(end) = end.map(|end| end.max(start)) else { continue };
        say(end, EventKind::RunPhase { phase, span: Span { start, end } });
        start = end;
    }
    events
}

/// Returns the plan of the combined run, in the order of the matrix.
fn planned(runs: &[ShardRun], cores: &Cores) -> EventKind {
    let mut cells: Vec<(u32, CellInfo)> = Vec::new();
    let mut skipped: Vec<(u32, SkippedCell)> = Vec::new();
    for (at, run) in runs.iter().enumerate() {
        let Some(plan) = &run.plan else { continue };
        for (number, cell) in plan.cells.iter().enumerate() {
            let cell = CellInfo { core: cores.name(at, &cell.core), ..cell.clone() };
            cells.push((plan.place(number), cell));
        }
        for (number, cell) in plan.skipped.iter().enumerate() {
            skipped.push((plan.place(plan.cells.len() + number), cell.clone()));
        }
    }
    cells.sort_by_key(|(place, _)| *place);
    skipped.sort_by_key(|(place, _)| *place);
    let of_cells: Vec<(Arc<str>, CoreId)> =
        cells.iter().map(|(_, cell)| (cell.id.board.clone(), cell.core.clone())).collect();
    EventKind::Planned {
        cores: cores.infos(runs, &of_cells),
        cells: cells.into_iter().map(|(_, cell)| cell).collect(),
        skipped: skipped.into_iter().map(|(_, cell)| cell).collect(),
    }
}

/// Returns the base of the runs, which all compare with one.
fn base(runs: &[ShardRun]) -> Base {
    let mut base = Base::default();
    let mut known = HashSet::new();
    for event in runs.iter().flat_map(|run| &run.events) {
        let EventKind::BaseRead(of_shard) = &event.kind else { continue };
        if base.name.is_empty() {
            base.name.clone_from(&of_shard.name);
        }
        base.cells.extend(of_shard.cells.iter().filter(|cell| known.insert(cell.id.clone())).cloned());
    }
    base
}

/// Returns the cells that no shard of a rerun builds, sorted; `None` if the runs are no reruns.
fn unfinished(runs: &[ShardRun]) -> Option<Vec<CellId>> {
    let of = |run: &ShardRun| {
        run.events.iter().rev().find_map(|event| match &event.kind {
            EventKind::Unfinished { cells } => Some(cells.iter().cloned().collect::<BTreeSet<CellId>>()),
            _ => None,
        })
    };
    let mut all = runs.iter().map(of);
    let first = all.next()??;
    let left = all.try_fold(first, |left, cells| Some(&left & &cells?))?;
    Some(left.into_iter().collect())
}

/// Returns the packages of all runs, each once with its boards.
fn packages(runs: &[ShardRun]) -> Vec<UsedPackage> {
    let mut all: Vec<UsedPackage> = Vec::new();
    for package in runs.iter().flat_map(|run| &run.packages) {
        let is_same = |other: &&mut UsedPackage| {
            (&other.kind, &other.name, &other.version) == (&package.kind, &package.name, &package.version)
        };
        match all.iter_mut().find(is_same) {
            Some(known) => {
                let new: Vec<_> =
                    package.boards.iter().filter(|board| !known.boards.contains(board)).cloned().collect();
                known.boards.extend(new);
            }
            None => all.push(package.clone()),
        }
    }
    all
}
