//! Folds a run's events into the data of `timing.json`.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::critical;
use super::job::{JobOrigin, JobTimes};
use super::libraries::LibraryLists;
use super::model::{Each, RunPhases, Seconds, SlotUse, SlotsUse, TimedRun, TimingFile};
use crate::event::{Event, EventKind, JobId, JobResult, RunInfo, RunPhase, Span, StepInfo, UsedPackage};
use crate::report::timestamp::{rfc3339, timestamp};
use crate::report::warnings::WarningTally;

/// Data of a run.
#[derive(Debug, Default)]
pub(super) struct TimingFold {
    info: Option<RunInfo>,
    run: Vec<(RunPhase, Span)>,
    jobs: IndexMap<JobId, JobTimes>,
    slots: BTreeMap<usize, SlotUse>,
    wall: Duration,
    exit: Option<u8>,
    stopped: Option<String>,
    warnings: WarningTally,
    libraries: LibraryLists,
    packages: Vec<UsedPackage>,
}

impl TimingFold {
    /// Adds an event.
    pub(super) fn fold(&mut self, event: &Event) {
        self.wall = self.wall.max(micros(event.at));
        match &event.kind {
            EventKind::RunStarted(info) => self.info = Some(info.clone()),
            EventKind::RunPhase { phase, span } => self.run.push((*phase, whole(*span))),
            EventKind::Planned { cores, cells, .. } => {
                self.jobs.reserve_exact(cores.len() + cells.len());
                let cores = cores.iter().map(|core| (JobId::Core(core.id.clone()), JobOrigin::from(core)));
                let cells = cells.iter().map(|cell| (JobId::Cell(cell.id.clone()), JobOrigin::from(cell)));
                self.plan(cores.chain(cells));
            }
            EventKind::JobPhase { job, phase, span } => {
                if let Some(job) = self.jobs.get_mut(job) {
                    job.add_phase(*phase, whole(*span));
                }
            }
            EventKind::StepFinished(step) => self.step(step),
            EventKind::JobFinished(result) => self.finished(result),
            EventKind::Stopping { reason } => self.stopped = Some(reason.clone()),
            EventKind::RunFinished { exit } => self.exit = Some(*exit),
            EventKind::Resolved { packages } => self.packages.clone_from(packages),
            EventKind::SetupStarted { .. }
            | EventKind::ShardPlanned(_)
            | EventKind::SetupProgress { .. }
            | EventKind::DownloadStarted { .. }
            | EventKind::DownloadProgress { .. }
            | EventKind::DownloadFinished { .. }
            | EventKind::DownloadFailed { .. }
            | EventKind::SetupFinished { .. }
            | EventKind::Log { .. }
            | EventKind::BaseRead(_)
            | EventKind::Unfinished { .. }
            | EventKind::JobStarted { .. }
            | EventKind::Unknown => {}
        }
    }

    /// Adds jobs. Jobs of one origin are adjacent, and share it.
    fn plan(&mut self, jobs: impl Iterator<Item = (JobId, JobOrigin)>) {
        let mut last: Option<Arc<JobOrigin>> = None;
        for (id, origin) in jobs {
            let origin = match last.take() {
                Some(last) if *last == origin => last,
                _ => Arc::new(origin),
            };
            last = Some(Arc::clone(&origin));
            self.jobs.entry(id).or_insert_with(|| JobTimes::new(origin));
        }
    }

    fn step(&mut self, step: &StepInfo) {
        let slot = self.slots.entry(step.slot).or_insert(SlotUse { number: step.slot, ..SlotUse::default() });
        slot.steps += 1;
        slot.busy_s.0 += whole(step.span).len();
        if let Some(job) = self.jobs.get_mut(&step.job) {
            job.add_step(step, whole(step.span));
        }
    }

    fn finished(&mut self, result: &JobResult) {
        if let Some(job) = self.jobs.get_mut(&result.job).filter(|job| job.end().is_none()) {
            job.finish(result, whole(result.span), self.libraries.share(&result.libraries));
            self.warnings.fold(result);
        }
    }

    /// Writes the file, one job after the other.
    ///
    /// # Errors
    /// `writer` fails.
    pub(super) fn write(&self, writer: &mut dyn io::Write) -> io::Result<()> {
        let tiles = run_tiles(&self.run, self.wall);
        let build = length(&tiles, RunPhase::Build);
        // A job that never ended lasted from the end of planning to the end of the run.
        let begin = tiles
            .iter()
            .find(|(phase, _)| *phase == RunPhase::Build)
            .map_or(self.wall, |(_, span)| span.start);
        let unfinished = Span { start: begin, end: self.wall };
        let file = TimingFile {
            run: self.about_run(&tiles),
            slots: self.about_slots(build),
            packages: &self.packages,
            critical_path: critical::path(&self.jobs, &tiles, self.wall),
            jobs: Each(|| self.jobs.iter().map(|(id, job)| job.shown(id, unfinished))),
        };
        serde_json::to_writer_pretty(writer, &file).map_err(io::Error::from)
    }

    fn about_run(&self, tiles: &[(RunPhase, Span)]) -> TimedRun<'_> {
        let info = self.info.as_ref();
        TimedRun {
            name: info.map_or("", |info| &info.name),
            matrix: info.map(|info| info.matrix.display().to_string()).unwrap_or_default(),
            version: info.map_or("", |info| &info.version),
            backend: info.map_or("", |info| &info.backend),
            jobs: info.map_or(0, |info| info.jobs),
            started: rfc3339(timestamp(info.map_or(0, |info| info.started_unix))),
            wall_s: Seconds(self.wall),
            phases: RunPhases {
                setup: Seconds(length(tiles, RunPhase::Setup)),
                plan: Seconds(length(tiles, RunPhase::Plan)),
                build: Seconds(length(tiles, RunPhase::Build)),
                finish: Seconds(length(tiles, RunPhase::Finish)),
            },
            warnings: self.warnings.counts(),
            exit: self.exit,
            stopped: self.stopped.as_deref(),
        }
    }

    fn about_slots(&self, build: Duration) -> SlotsUse {
        let seen = self.slots.keys().next_back().map_or(0, |last| last + 1);
        let count = self.info.as_ref().map_or(0, |info| info.jobs).max(seen);
        let busy = self.slots.values().map(|slot| slot.busy_s.0).sum::<Duration>();
        let room = build.as_secs_f64() * f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        let utilisation = if room > 0.0 { (busy.as_secs_f64() / room * 1e3).round() / 1e3 } else { 0.0 };
        SlotsUse {
            count,
            build_s: Seconds(build),
            busy_s: Seconds(busy),
            utilisation,
            each: self.slots.values().copied().collect(),
        }
    }
}

/// Returns the run's phases, stretched to touch and to cover the whole run. Time of an interrupted run without a phase
/// belongs to the phase that was interrupted.
fn run_tiles(given: &[(RunPhase, Span)], wall: Duration) -> Vec<(RunPhase, Span)> {
    let end = |wanted| given.iter().filter(|(phase, _)| *phase == wanted).map(|(_, span)| span.end).max();
    let order = [RunPhase::Setup, RunPhase::Plan, RunPhase::Build, RunPhase::Finish];
    let mut at = Duration::ZERO;
    let mut tiles = Vec::new();
    for (place, phase) in order.into_iter().enumerate() {
        let last = place + 1 == order.len();
        let given_end = end(phase).filter(|_| !last).map(|end| end.clamp(at, wall));
        // A phase without an event was skipped if a later phase has one; otherwise the run ended in it.
        let later = order[place + 1..].iter().any(|later| end(*later).is_some());
        let until = given_end.unwrap_or(if later { at } else { wall });
        tiles.push((phase, Span { start: at, end: until }));
        at = until;
    }
    tiles
}

/// Truncates a time to the file's resolution, before any subtraction, so that the written numbers add up.
fn micros(time: Duration) -> Duration {
    Duration::from_micros(u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
}

fn whole(span: Span) -> Span {
    Span { start: micros(span.start), end: micros(span.end) }
}

fn length(tiles: &[(RunPhase, Span)], wanted: RunPhase) -> Duration {
    tiles.iter().filter(|(phase, _)| *phase == wanted).map(|(_, span)| span.len()).sum()
}
