//! Folds a run's events into the data of `trace.json`. There can be a hundred thousand steps, so each is small.

use std::time::Duration;

use indexmap::{IndexMap, IndexSet};

use crate::event::{CacheOutcome, Event, EventKind, JobId, Phase, RunPhase, Span, Step, StepInfo};
use crate::report::compact::CompactSpan;
use crate::report::tally::Verdict;

/// Data of a run.
#[derive(Debug, Default)]
pub(super) struct TraceFold {
    /// The run's name.
    pub(super) name: String,
    pub(super) run: Vec<(RunPhase, Span)>,
    /// Installations in progress, with their start times.
    pub(super) open: IndexMap<String, Duration>,
    /// Finished installations.
    pub(super) installed: Vec<(String, Span)>,
    /// The reason why no further jobs were started, with the time.
    pub(super) stopping: Option<(String, Duration)>,
    pub(super) jobs: IndexMap<JobId, TracedJob>,
    pub(super) steps: Vec<TracedStep>,
    /// Texts of steps, each stored once: cells of one sketch have the same labels on all boards.
    texts: IndexSet<Box<str>>,
    /// The last event's time.
    pub(super) last: Duration,
}

/// A step that held a slot.
#[derive(Debug)]
pub(super) struct TracedStep {
    /// Index of its job in [`TraceFold::jobs`].
    pub(super) job: usize,
    pub(super) slot: usize,
    /// Indices of its label and of the cache's answer: see [`TraceFold::text`].
    pub(super) label: u32,
    pub(super) cache: Option<u32>,
    pub(super) step: Step,
    pub(super) cut_short: bool,
    pub(super) span: CompactSpan,
    pub(super) process: Option<CompactSpan>,
}

/// A job.
#[derive(Debug, Default)]
pub(super) struct TracedJob {
    pub(super) phases: Vec<(Phase, CompactSpan)>,
    pub(super) end: Option<(Verdict, CompactSpan)>,
}

impl TraceFold {
    /// Adds an event.
    pub(super) fn fold(&mut self, event: &Event) {
        self.last = self.last.max(event.at);
        match &event.kind {
            EventKind::RunStarted(info) => self.name.clone_from(&info.name),
            EventKind::SetupStarted { what } => {
                self.open.insert(what.clone(), event.at);
            }
            EventKind::SetupFinished { what, .. } => {
                if let Some(start) = self.open.shift_remove(what) {
                    self.installed.push((what.clone(), Span { start, end: event.at }));
                }
            }
            EventKind::RunPhase { phase, span } => self.run.push((*phase, *span)),
            EventKind::StepFinished(step) => self.step(step),
            EventKind::JobPhase { job, phase, span } => {
                self.jobs.entry(job.clone()).or_default().phases.push((*phase, (*span).into()));
            }
            EventKind::JobFinished(result) => {
                let job = self.jobs.entry(result.job.clone()).or_default();
                job.end = Some((Verdict::of(&result.outcome), result.span.into()));
                job.phases.shrink_to_fit();
            }
            EventKind::Stopping { reason } => self.stopping = Some((reason.clone(), event.at)),
            EventKind::SetupProgress { .. }
            | EventKind::Resolved { .. }
            | EventKind::DownloadStarted { .. }
            | EventKind::DownloadProgress { .. }
            | EventKind::DownloadFinished { .. }
            | EventKind::DownloadFailed { .. }
            | EventKind::Log { .. }
            | EventKind::ShardPlanned(_)
            | EventKind::BaseRead(_)
            | EventKind::Unfinished { .. }
            | EventKind::Planned { .. }
            | EventKind::JobStarted { .. }
            | EventKind::RunFinished { .. }
            | EventKind::Unknown => {}
        }
    }

    fn step(&mut self, step: &StepInfo) {
        let job = self.jobs.entry(step.job.clone());
        let place = job.index();
        job.or_default();
        let cache = step.cache.as_ref().map(|cache| match cache {
            CacheOutcome::Hit => self.place_of("hit"),
            CacheOutcome::Miss => self.place_of("miss"),
            CacheOutcome::Uncacheable { reason } => self.place_of(&format!("uncacheable: {reason}")),
            CacheOutcome::Bypassed { reason } => self.place_of(&format!("bypassed: {reason}")),
        });
        let label = self.place_of(&step.label);
        self.steps.push(TracedStep {
            job: place,
            slot: step.slot,
            label,
            cache,
            step: step.step,
            cut_short: step.cut_short,
            span: step.span.into(),
            process: step.process.map(CompactSpan::from),
        });
    }

    /// Returns the index of a text, which is stored once.
    fn place_of(&mut self, text: &str) -> u32 {
        let place = match self.texts.get_index_of(text) {
            Some(place) => place,
            None => self.texts.insert_full(text.into()).0,
        };
        // More texts would not fit into memory.
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    /// Returns the text at an index.
    pub(super) fn text(&self, place: u32) -> &str {
        self.texts.get_index(place as usize).map_or("", |text| text)
    }
}
