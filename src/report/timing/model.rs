//! The format of `timing.json`, which `docs/reports.md` describes field by field. All times are seconds since the run
//! began, or durations in seconds. Knows nothing of the numbers' origin.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::event::{JobId, JobResult, NamedLibrary, OverBudget, Phase, UnitCounts, UsedLibrary, UsedPackage};
use crate::report::warnings::WarningCounts;

/// A time or a length; in JSON seconds, to the microsecond.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seconds(pub(super) Duration);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Microseconds below 2^53 are exact in a float: 285 years.
        #[allow(clippy::cast_precision_loss)]
        let microseconds = self.0.as_micros() as f64;
        serializer.serialize_f64(microseconds / 1e6)
    }
}

/// A job's id; in JSON as it is displayed.
#[derive(Debug, Clone, Copy)]
pub(super) struct JobName<'a>(pub(super) &'a JobId);

impl Serialize for JobName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

/// The whole file.
#[derive(Serialize)]
pub(super) struct TimingFile<'a, Jobs> {
    pub(super) run: TimedRun<'a>,
    pub(super) slots: SlotsUse,
    /// Cores, tools and libraries with their versions and boards.
    pub(super) packages: &'a [UsedPackage],
    pub(super) critical_path: Vec<Segment<'a>>,
    pub(super) jobs: Jobs,
}

/// A list whose elements are created while they are written, one at a time: `Each(|| jobs.iter().map(…))`.
pub(super) struct Each<Elements>(pub(super) Elements);

impl<Elements, Iter> Serialize for Each<Elements>
where
    Elements: Fn() -> Iter,
    Iter: Iterator<Item: Serialize>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0())
    }
}

/// The run.
#[derive(Debug, Serialize)]
pub(super) struct TimedRun<'a> {
    pub(super) name: &'a str,
    pub(super) matrix: String,
    pub(super) version: &'a str,
    pub(super) backend: &'a str,
    /// `--jobs`.
    pub(super) jobs: usize,
    /// Start of the run in RFC 3339, UTC.
    pub(super) started: String,
    pub(super) wall_s: Seconds,
    /// The run's phases, which add up to `wall_s`.
    pub(super) phases: RunPhases,
    /// Warnings of all jobs, each location and text once.
    pub(super) warnings: WarningCounts,
    /// The exit code; `None` where the run did not end by itself.
    pub(super) exit: Option<u8>,
    /// The reason why no further jobs were started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stopped: Option<&'a str>,
}

/// Lengths of the run's phases.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub(super) struct RunPhases {
    pub(super) setup: Seconds,
    pub(super) plan: Seconds,
    pub(super) build: Seconds,
    pub(super) finish: Seconds,
}

/// A job.
#[derive(Debug, Serialize)]
pub(super) struct TimedJob<'a> {
    #[serde(flatten)]
    pub(super) subject: JobSubject<'a>,
    pub(super) outcome: &'static str,
    #[serde(flatten)]
    pub(super) remarks: &'a JobRemarks,
    pub(super) start_s: Seconds,
    pub(super) end_s: Seconds,
    /// Times in phases, which add up to `end_s - start_s`.
    pub(super) spans: Spans,
    /// The part of these in which no step of the job held a slot, apart from `queue` and `wait`.
    pub(super) idle_s: Seconds,
    pub(super) units: UnitCounts,
    /// Number of times that the preprocessor was asked, for libraries, prototypes and the search path.
    pub(super) questions: u32,
    pub(super) cache: CacheUse<'a>,
    /// Warnings, each location and text once; `None` where the job was not built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) warnings: Option<WarningCounts>,
    /// Libraries in the order of discovery.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) libraries: Vec<TimedLibrary<'a>>,
}

/// Remarks on a job's outcome.
#[derive(Debug, Default, Serialize)]
pub(super) struct JobRemarks {
    /// Whether it failed as in an earlier run, without a tool.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cached_failure: bool,
    /// Number of attempts that failed before the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    retries: Option<NonZeroUsize>,
    /// Whether the last of several attempts succeeded.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    flaky: bool,
    /// The budgets that the firmware exceeds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    over_budget: Vec<OverBudget>,
}

impl JobRemarks {
    /// Returns the remarks on a job that ended.
    pub(super) fn of(result: &JobResult) -> Self {
        let retries = NonZeroUsize::new(result.notes.retried.len());
        Self {
            cached_failure: result.outcome.is_cached_failure(),
            retries,
            flaky: retries.is_some() && result.outcome.is_success(),
            over_budget: result.notes.over_budget.clone(),
        }
    }
}

/// The target of a job.
#[derive(Debug, Serialize)]
pub(super) struct JobSubject<'a> {
    /// `core uno-1f2e3d4c`, or `uno/Blink`.
    pub(super) id: JobName<'a>,
    /// `core` or `cell`.
    pub(super) kind: &'static str,
    /// The board; for a core, the first board that uses it.
    pub(super) board: &'a str,
    /// The sketch; `None` for a core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sketch: Option<&'a str>,
    pub(super) fqbn: &'a str,
    pub(super) platform: &'a str,
}

/// A library of a cell.
#[derive(Debug, Serialize)]
pub(super) struct TimedLibrary<'a> {
    #[serde(flatten)]
    named: &'a NamedLibrary,
    /// The header whose include chose it.
    header: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    under_test: bool,
    /// Its architectures, where the board's is not among them.
    #[serde(skip_serializing_if = "str::is_empty")]
    made_for: &'a str,
    /// Other libraries with the header.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    not_used: &'a [NamedLibrary],
    /// The library under test that it replaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    instead_of: Option<&'a NamedLibrary>,
}

impl<'a> From<&'a UsedLibrary> for TimedLibrary<'a> {
    fn from(used: &'a UsedLibrary) -> Self {
        Self {
            named: &used.library,
            header: &used.header,
            under_test: used.under_test,
            made_for: &used.made_for,
            not_used: &used.not_used,
            instead_of: used.instead_of.as_ref().map(|replaced| &replaced.library),
        }
    }
}

/// The time of a job in each phase.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub(super) struct Spans {
    pub(super) queue: Seconds,
    pub(super) seed: Seconds,
    pub(super) preprocess: Seconds,
    pub(super) compile: Seconds,
    pub(super) wait: Seconds,
    pub(super) archive: Seconds,
    pub(super) link: Seconds,
    pub(super) size: Seconds,
    /// Time of the firmware's run in an emulator.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) run: Seconds,
    /// Time without a phase, of a job that was interrupted during one.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) other: Seconds,
}

// serde passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(seconds: &Seconds) -> bool {
    seconds.0.is_zero()
}

impl Spans {
    /// Adds to a phase's time.
    pub(super) fn add(&mut self, phase: Phase, length: Duration) {
        let place = match phase {
            Phase::Queue => &mut self.queue,
            Phase::Preprocess => &mut self.preprocess,
            Phase::Compile => &mut self.compile,
            Phase::Archive => &mut self.archive,
            Phase::Wait => &mut self.wait,
            Phase::Seed => &mut self.seed,
            Phase::Link => &mut self.link,
            Phase::Size => &mut self.size,
            Phase::Run => &mut self.run,
        };
        place.0 += length;
    }
}

/// Compiles of a job by the answer of the compiler cache.
#[derive(Debug, Default, Serialize)]
pub(super) struct CacheUse<'a> {
    pub(super) hits: u32,
    pub(super) misses: u32,
    /// Number of compiles for which the cache was not asked, by reason.
    pub(super) bypassed: BTreeMap<&'a str, usize>,
}

/// A segment of the critical path.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Segment<'a> {
    /// The job; `None` for a phase of the run itself.
    pub(super) job: Option<JobName<'a>>,
    /// A phase of the job or of the run.
    pub(super) phase: &'static str,
    pub(super) start_s: Seconds,
    pub(super) end_s: Seconds,
    /// Time in which no step of the job held a slot. `None` for the run itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) idle_s: Option<Seconds>,
}

/// All slots.
#[derive(Debug, Serialize)]
pub(super) struct SlotsUse {
    /// Number of slots.
    pub(super) count: usize,
    /// Duration of the phase `build`.
    pub(super) build_s: Seconds,
    /// Sum of the times for which they were held.
    pub(super) busy_s: Seconds,
    /// `busy_s / (count * build_s)`, to three digits.
    pub(super) utilisation: f64,
    pub(super) each: Vec<SlotUse>,
}

/// A slot.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub(super) struct SlotUse {
    #[serde(rename = "slot")]
    pub(super) number: usize,
    pub(super) steps: usize,
    pub(super) busy_s: Seconds,
}
