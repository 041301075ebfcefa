//! `timing.json`: where the time went: for every job, for every slot, and along the critical path. The
//! file's format is [`model`]'s. Keeps numbers, and no text of any log.

mod critical;
mod model;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use junit_report::OffsetDateTime;

pub(super) use self::critical::phase_word;
use self::model::Seconds;
use super::Reporter;
use super::busy::Held;
use super::file::ReportFile;
use super::warnings::{WarningCounts, Warnings};
use crate::event::{
    CacheOutcome, CellInfo, CoreId, CoreInfo, Event, EventKind, JobId, JobResult, Phase, RunInfo, RunPhase,
    Span, StepInfo, UnitCounts, UsedLibrary,
};

/// Writes `timing.json`.
pub(super) struct Timing {
    file: ReportFile,
    fold: Fold,
}

impl Timing {
    pub(super) fn new(file: ReportFile) -> Self {
        Self { file, fold: Fold::default() }
    }
}

impl Reporter for Timing {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        self.fold.fold(event);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.file.write(|writer| {
            self.fold.write(writer)?;
            writer.write_all(b"\n")
        })
    }
}

#[derive(Debug, Default)]
struct Fold {
    info: Option<RunInfo>,
    run: Vec<(RunPhase, Span)>,
    jobs: IndexMap<JobId, Job>,
    slots: BTreeMap<usize, model::Slot>,
    wall: Duration,
    exit: Option<u8>,
    stopped: Option<String>,
    warnings: Warnings,
}

/// What is kept of a job.
#[derive(Debug)]
struct Job {
    about: About,
    phases: Vec<(Phase, Span)>,
    /// When its steps held slots.
    held: Held,
    end: Option<(&'static str, Span)>,
    units: UnitCounts,
    hits: usize,
    misses: usize,
    bypassed: BTreeMap<String, usize>,
    warnings: Option<WarningCounts>,
    libraries: Arc<Vec<UsedLibrary>>,
}

#[derive(Debug)]
struct About {
    board: Arc<str>,
    fqbn: Arc<str>,
    platform: Arc<str>,
    core: Option<CoreId>,
}

impl From<&CoreInfo> for About {
    fn from(core: &CoreInfo) -> Self {
        let board = core.boards.first().cloned().unwrap_or_default();
        Self { board, fqbn: core.fqbn.clone(), platform: core.platform.clone(), core: None }
    }
}

impl From<&CellInfo> for About {
    fn from(cell: &CellInfo) -> Self {
        Self {
            board: cell.id.board.clone(),
            fqbn: cell.fqbn.clone(),
            platform: cell.platform.clone(),
            core: Some(cell.core.clone()),
        }
    }
}

impl From<About> for Job {
    fn from(about: About) -> Self {
        Self {
            about,
            phases: Vec::new(),
            held: Held::default(),
            end: None,
            units: UnitCounts::default(),
            hits: 0,
            misses: 0,
            bypassed: BTreeMap::new(),
            warnings: None,
            libraries: Arc::default(),
        }
    }
}

impl Fold {
    fn fold(&mut self, event: &Event) {
        self.wall = self.wall.max(micros(event.at));
        match &event.kind {
            EventKind::RunStarted(info) => self.info = Some(info.clone()),
            EventKind::RunPhase { phase, span } => self.run.push((*phase, whole(*span))),
            EventKind::Planned { cores, cells, .. } => {
                for core in cores {
                    self.jobs.entry(JobId::Core(core.id.clone())).or_insert_with(|| About::from(core).into());
                }
                for cell in cells {
                    self.jobs.entry(JobId::Cell(cell.id.clone())).or_insert_with(|| About::from(cell).into());
                }
            }
            EventKind::JobPhase { job, phase, span } => {
                if let Some(job) = self.jobs.get_mut(job) {
                    job.phases.push((*phase, whole(*span)));
                }
            }
            EventKind::StepFinished(step) => self.step(step),
            EventKind::JobFinished(result) => self.finished(result),
            EventKind::Stopping { reason } => self.stopped = Some(reason.clone()),
            EventKind::RunFinished { exit } => self.exit = Some(*exit),
            EventKind::SetupStarted { .. }
            | EventKind::SetupProgress { .. }
            | EventKind::SetupFinished { .. }
            | EventKind::Log { .. }
            | EventKind::JobStarted { .. } => {}
        }
    }

    fn step(&mut self, step: &StepInfo) {
        let slot = self
            .slots
            .entry(step.slot)
            .or_insert(model::Slot { number: step.slot, ..model::Slot::default() });
        slot.steps += 1;
        slot.busy_s.0 += whole(step.span).len();
        let Some(job) = self.jobs.get_mut(&step.job) else { return };
        job.held.add(whole(step.span));
        match &step.cache {
            Some(CacheOutcome::Hit) => job.hits += 1,
            Some(CacheOutcome::Miss) => job.misses += 1,
            Some(CacheOutcome::Bypassed { reason } | CacheOutcome::Uncacheable { reason }) => {
                *job.bypassed.entry(reason.clone()).or_default() += 1;
            }
            None => {}
        }
    }

    fn finished(&mut self, result: &JobResult) {
        if let Some(job) = self.jobs.get_mut(&result.job).filter(|job| job.end.is_none()) {
            job.end = Some((result.outcome.word(), whole(result.span)));
            job.units = result.units;
            job.warnings = result.warning_list.as_ref().map(WarningCounts::of);
            job.libraries = result.libraries.clone();
            self.warnings.fold(result);
        }
    }

    fn write(&self, writer: &mut dyn io::Write) -> io::Result<()> {
        let tiles = run_tiles(&self.run, self.wall);
        let build = length(&tiles, RunPhase::Build);
        // A job that never ended lasted from the end of planning to the end of the run.
        let begin = tiles
            .iter()
            .find(|(phase, _)| *phase == RunPhase::Build)
            .map_or(self.wall, |(_, span)| span.start);
        let unfinished = ("cancelled", Span { start: begin, end: self.wall });
        let path: Vec<critical::Job<'_>> = self
            .jobs
            .iter()
            .map(|(id, job)| critical::Job {
                name: id,
                end: job.end.map(|(_, span)| span.end),
                phases: &job.phases,
                held: &job.held,
                waits_for: job
                    .about
                    .core
                    .as_ref()
                    .and_then(|core| self.jobs.get_index_of(&JobId::Core(core.clone()))),
            })
            .collect();
        let file = model::File {
            run: self.about_run(&tiles),
            slots: self.about_slots(build),
            critical_path: critical::path(&path, &tiles, self.wall),
            jobs: model::Each(|| self.jobs.iter().map(|(id, job)| job.told(id, unfinished))),
        };
        serde_json::to_writer_pretty(writer, &file).map_err(io::Error::from)
    }

    fn about_run(&self, tiles: &[(RunPhase, Span)]) -> model::Run<'_> {
        let info = self.info.as_ref();
        model::Run {
            name: info.map_or("", |info| &info.name),
            matrix: info.map(|info| info.matrix.display().to_string()).unwrap_or_default(),
            version: info.map_or("", |info| &info.version),
            backend: info.map_or("", |info| &info.backend),
            jobs: info.map_or(0, |info| info.jobs),
            started: rfc3339(info.map_or(0, |info| info.started_unix)),
            wall_s: Seconds(self.wall),
            phases: model::RunPhases {
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

    fn about_slots(&self, build: Duration) -> model::Slots {
        let seen = self.slots.keys().next_back().map_or(0, |last| last + 1);
        let count = self.info.as_ref().map_or(0, |info| info.jobs).max(seen);
        let busy = self.slots.values().map(|slot| slot.busy_s.0).sum::<Duration>();
        let room = build.as_secs_f64() * f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        let utilisation = if room > 0.0 { (busy.as_secs_f64() / room * 1e3).round() / 1e3 } else { 0.0 };
        model::Slots {
            count,
            build_s: Seconds(build),
            busy_s: Seconds(busy),
            utilisation,
            each: self.slots.values().copied().collect(),
        }
    }
}

impl Job {
    fn told<'a>(&'a self, id: &'a JobId, unfinished: (&'static str, Span)) -> model::Job<'a> {
        let (outcome, span) = self.end.unwrap_or(unfinished);
        let (kind, sketch) = match id {
            JobId::Core(_) => ("core", None),
            JobId::Cell(cell) => ("cell", Some(&*cell.sketch)),
        };
        let mut spans = model::Spans::default();
        let mut idle = Duration::ZERO;
        // What the phases leave over, and what they tell twice or outside of the job, goes: the spans
        // must add up to the job's own duration.
        let mut at = span.start;
        for (phase, told) in &self.phases {
            let told = Span {
                start: told.start.clamp(at, span.end.max(at)),
                end: told.end.clamp(at, span.end.max(at)),
            };
            spans.other.0 += told.start.saturating_sub(at);
            spans.add(*phase, told.len());
            if !matches!(phase, Phase::Queue | Phase::Wait) {
                idle += told.len().saturating_sub(self.held.within(told));
            }
            at = told.end.max(told.start);
        }
        spans.other.0 += span.end.saturating_sub(at);
        model::Job {
            id: id.to_string(),
            kind,
            board: &self.about.board,
            sketch,
            fqbn: &self.about.fqbn,
            platform: &self.about.platform,
            outcome,
            start_s: Seconds(span.start),
            end_s: Seconds(span.end.max(span.start)),
            spans,
            idle_s: Seconds(idle),
            units: self.units,
            cache: model::Cache {
                hits: self.hits,
                misses: self.misses,
                bypassed: self.bypassed.iter().map(|(reason, number)| (reason.as_str(), *number)).collect(),
            },
            warnings: self.warnings,
            libraries: self.libraries.iter().map(model::Library::from).collect(),
        }
    }
}

/// The run's phases, stretched so that they touch and cover the run from its beginning to its end: what
/// an interrupted run did not tell belongs to the phase in which it was interrupted.
fn run_tiles(told: &[(RunPhase, Span)], wall: Duration) -> Vec<(RunPhase, Span)> {
    let end = |wanted| told.iter().filter(|(phase, _)| *phase == wanted).map(|(_, span)| span.end).max();
    let order = [RunPhase::Setup, RunPhase::Plan, RunPhase::Build, RunPhase::Finish];
    let mut at = Duration::ZERO;
    let mut tiles = Vec::new();
    for (place, phase) in order.into_iter().enumerate() {
        let last = place + 1 == order.len();
        let told_end = end(phase).filter(|_| !last).map(|end| end.clamp(at, wall));
        // A phase that was not told was skipped if a later one was; otherwise the run ended in it.
        let later = order[place + 1..].iter().any(|later| end(*later).is_some());
        let until = told_end.unwrap_or(if later { at } else { wall });
        tiles.push((phase, Span { start: at, end: until }));
        at = until;
    }
    tiles
}

/// The file's resolution. Cut before anything is subtracted, so that what is told adds up.
fn micros(time: Duration) -> Duration {
    Duration::from_micros(u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
}

fn whole(span: Span) -> Span {
    Span { start: micros(span.start), end: micros(span.end) }
}

fn length(tiles: &[(RunPhase, Span)], wanted: RunPhase) -> Duration {
    tiles.iter().filter(|(phase, _)| *phase == wanted).map(|(_, span)| span.len()).sum()
}

/// `2023-11-14T22:13:20Z`; the epoch for a clock that is beyond the year 9999.
fn rfc3339(unix: u64) -> String {
    let time = i64::try_from(unix)
        .ok()
        .and_then(|unix| OffsetDateTime::from_unix_timestamp(unix).ok())
        .unwrap_or(OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

#[cfg(test)]
mod tests;
