//! Data of a job in `timing.json`. There can be tens of thousands of jobs, so it is small.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::libraries::LibraryList;
use super::model::{CacheUse, JobName, JobRemarks, JobSubject, Seconds, Spans, TimedJob, TimedLibrary};
use crate::event::{
    CacheOutcome, CellInfo, CoreId, CoreInfo, JobId, JobResult, Phase, Span, Step, StepInfo, UnitCounts,
};
use crate::report::compact::CompactSpan;
use crate::report::held::HeldSlots;
use crate::report::tally::Verdict;
use crate::report::warnings::WarningCounts;

/// A job and its times.
#[derive(Debug)]
pub(super) struct JobTimes {
    origin: Arc<JobOrigin>,
    /// The phases in order.
    phases: Vec<(Phase, CompactSpan)>,
    held: HeldSlots,
    end: Option<(Verdict, CompactSpan)>,
    remarks: JobRemarks,
    units: UnitCounts,
    questions: u32,
    hits: u32,
    misses: u32,
    /// Number of compiles for which the cache was not asked, by reason.
    bypassed: BTreeMap<Box<str>, usize>,
    warnings: Option<WarningCounts>,
    libraries: Option<LibraryList>,
}

/// Board, sketch and core of a job, shared by cells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct JobOrigin {
    board: Arc<str>,
    fqbn: Arc<str>,
    platform: Arc<str>,
    /// The core job of a cell.
    core: Option<CoreId>,
}

impl From<&CoreInfo> for JobOrigin {
    fn from(core: &CoreInfo) -> Self {
        let board = core.boards.first().cloned().unwrap_or_default();
        Self { board, fqbn: core.fqbn.clone(), platform: core.platform.clone(), core: None }
    }
}

impl From<&CellInfo> for JobOrigin {
    fn from(cell: &CellInfo) -> Self {
        Self {
            board: cell.id.board.clone(),
            fqbn: cell.fqbn.clone(),
            platform: cell.platform.clone(),
            core: Some(cell.core.clone()),
        }
    }
}

impl JobTimes {
    /// Creates a job that has not started.
    pub(super) fn new(origin: Arc<JobOrigin>) -> Self {
        Self {
            origin,
            phases: Vec::new(),
            held: HeldSlots::default(),
            end: None,
            remarks: JobRemarks::default(),
            units: UnitCounts::default(),
            questions: 0,
            hits: 0,
            misses: 0,
            bypassed: BTreeMap::new(),
            warnings: None,
            libraries: None,
        }
    }

    /// Returns the core job of a cell.
    pub(super) fn core(&self) -> Option<&CoreId> {
        self.origin.core.as_ref()
    }

    /// Returns when the job ended, if it has.
    pub(super) fn end(&self) -> Option<Duration> {
        self.end.map(|(_, span)| Span::from(span).end)
    }

    /// Returns its phases in order.
    pub(super) fn phases(&self) -> impl DoubleEndedIterator<Item = (Phase, Span)> {
        self.phases.iter().map(|&(phase, span)| (phase, span.into()))
    }

    /// Returns how long its steps held slots within a span.
    pub(super) fn held_within(&self, span: Span) -> Duration {
        self.held.within(span)
    }

    pub(super) fn add_phase(&mut self, phase: Phase, span: Span) {
        self.phases.push((phase, span.into()));
    }

    /// Adds a step that held a slot in `span`.
    pub(super) fn add_step(&mut self, step: &StepInfo, span: Span) {
        self.held.add(span);
        self.questions += u32::from(step.step == Step::Preprocess);
        match &step.cache {
            Some(CacheOutcome::Hit) => self.hits += 1,
            Some(CacheOutcome::Miss) => self.misses += 1,
            Some(CacheOutcome::Bypassed { reason } | CacheOutcome::Uncacheable { reason }) => {
                *self.bypassed.entry(reason.as_str().into()).or_default() += 1;
            }
            None => {}
        }
    }

    /// Ends the job, and frees memory that only a running job needs.
    pub(super) fn finish(&mut self, result: &JobResult, span: Span, libraries: Option<LibraryList>) {
        self.end = Some((Verdict::of(&result.outcome), span.into()));
        self.remarks = JobRemarks::of(result);
        self.units = result.units;
        self.warnings = result.warning_list.as_ref().map(WarningCounts::of);
        self.libraries = libraries;
        self.phases.shrink_to_fit();
        self.held.shrink();
    }

    /// Returns the job as the file shows it. A job that never ended lasted for `unfinished`.
    pub(super) fn shown<'a>(&'a self, id: &'a JobId, unfinished: Span) -> TimedJob<'a> {
        let (verdict, span) = match self.end {
            Some((verdict, span)) => (verdict, span.into()),
            None => (Verdict::Cancelled, unfinished),
        };
        let (kind, sketch) = match id {
            JobId::Core(_) => ("core", None),
            JobId::Cell(cell) => ("cell", Some(&*cell.sketch)),
        };
        let (spans, idle) = self.spans(span);
        TimedJob {
            subject: JobSubject {
                id: JobName(id),
                kind,
                board: &self.origin.board,
                sketch,
                fqbn: &self.origin.fqbn,
                platform: &self.origin.platform,
            },
            outcome: verdict.word(),
            remarks: &self.remarks,
            start_s: Seconds(span.start),
            end_s: Seconds(span.end.max(span.start)),
            spans,
            idle_s: Seconds(idle),
            units: self.units,
            questions: self.questions,
            cache: CacheUse {
                hits: self.hits,
                misses: self.misses,
                bypassed: self.bypassed.iter().map(|(reason, number)| (&**reason, *number)).collect(),
            },
            warnings: self.warnings,
            libraries: self.libraries.iter().flat_map(LibraryList::iter).map(TimedLibrary::from).collect(),
        }
    }

    /// Returns the time in each phase, and the idle time. Corrects gaps, overlaps and times outside of the job, so that
    /// the spans add up to the job's duration.
    fn spans(&self, span: Span) -> (Spans, Duration) {
        let mut spans = Spans::default();
        let mut idle = Duration::ZERO;
        let mut at = span.start;
        for (phase, given) in self.phases() {
            let within = Span {
                start: given.start.clamp(at, span.end.max(at)),
                end: given.end.clamp(at, span.end.max(at)),
            };
            spans.other.0 += within.start.saturating_sub(at);
            spans.add(phase, within.len());
            if !matches!(phase, Phase::Queue | Phase::Wait) {
                idle += within.len().saturating_sub(self.held.within(within));
            }
            at = within.end.max(within.start);
        }
        spans.other.0 += span.end.saturating_sub(at);
        (spans, idle)
    }
}
