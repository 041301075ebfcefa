//! Counts a run: cells by board and outcome, objects by origin, results of the cache. The console's closing lines and
//! the summary are derived from it; it stores no log text.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::notes::NotesTally;
use super::text;
use super::uncacheable::Uncacheable;
use super::warnings::WarningTally;
use crate::event::{
    CacheOutcome, CellId, CoreId, Event, EventKind, JobId, JobResult, Outcome, StepInfo, UnitCounts, Usage,
};

/// A cell's outcome without its details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Verdict {
    Built,
    UpToDate,
    ExpectedFailure,
    Failed,
    TimedOut,
    Crashed,
    Blocked,
    Cancelled,
    Skipped,
}

impl Verdict {
    /// All verdicts in the order of tables.
    pub(super) const ALL: [Self; 9] = [
        Self::Built,
        Self::UpToDate,
        Self::ExpectedFailure,
        Self::Failed,
        Self::TimedOut,
        Self::Crashed,
        Self::Blocked,
        Self::Cancelled,
        Self::Skipped,
    ];

    /// Returns the verdict on a job that ended.
    pub(super) const fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Built => Self::Built,
            Outcome::UpToDate => Self::UpToDate,
            Outcome::ExpectedFailure { .. } => Self::ExpectedFailure,
            Outcome::Failed(_) => Self::Failed,
            Outcome::Blocked { .. } => Self::Blocked,
            Outcome::TimedOut { .. } => Self::TimedOut,
            Outcome::Cancelled { .. } => Self::Cancelled,
            Outcome::Crashed { .. } => Self::Crashed,
        }
    }

    /// Returns the same word as [`Outcome::word`].
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Built => "built",
            Self::UpToDate => "up-to-date",
            Self::ExpectedFailure => "expected-failure",
            Self::Failed => "failed",
            Self::TimedOut => "timed-out",
            Self::Crashed => "crashed",
            Self::Blocked => "blocked",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
        }
    }

    /// Returns whether the cell is in the list of failures.
    pub(super) const fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut | Self::Crashed)
    }
}

/// Numbers of cells by verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts([usize; Verdict::ALL.len()]);

impl Counts {
    pub(super) fn add(&mut self, verdict: Verdict) {
        self.add_many(verdict, 1);
    }

    fn add_many(&mut self, verdict: Verdict, number: usize) {
        self.0[verdict as usize] += number;
    }

    pub(super) const fn get(&self, verdict: Verdict) -> usize {
        self.0[verdict as usize]
    }

    /// Returns the number of selected cells that have ended.
    pub(super) fn ended(&self) -> usize {
        self.0.iter().sum::<usize>() - self.get(Verdict::Skipped)
    }

    /// Returns `28 built, 1 failed, 1 blocked`: numbers above zero, in the tables' order.
    pub(super) fn words(&self) -> String {
        let parts: Vec<String> = Verdict::ALL
            .into_iter()
            .filter(|verdict| self.get(*verdict) > 0)
            .map(|verdict| format!("{} {}", self.get(verdict), verdict.word()))
            .collect();
        parts.join(", ")
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        for verdict in Verdict::ALL {
            self.add_many(verdict, other.get(verdict));
        }
    }
}

/// The cell that fills a memory most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fullest {
    pub(super) sketch: Arc<str>,
    pub(super) used: u64,
    pub(super) max: u64,
}

impl Fullest {
    /// Replaces the fullest cell by a fuller one; of equals, the first by name, so that the order of completion does
    /// not matter.
    fn offer(best: &mut Option<Self>, id: &CellId, usage: Option<Usage>) {
        let Some(Usage { used, max: Some(max) }) = usage else { return };
        let offered = Self { sketch: id.sketch.clone(), used, max };
        let rank = |one: &Self| {
            (text::per_mille(one.used, one.max), one.used, std::cmp::Reverse(one.sketch.clone()))
        };
        if best.as_ref().is_none_or(|best| rank(&offered) > rank(best)) {
            *best = Some(offered);
        }
    }

    /// Returns `94.1%`.
    pub(super) fn share(&self) -> String {
        text::percent(text::per_mille(self.used, self.max))
    }
}

/// Counts of a board.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct BoardTally {
    /// Cells that have ended or are skipped.
    pub(super) counts: Counts,
    /// Number of selected cells.
    pub(super) planned: usize,
    pub(super) flash: Option<Fullest>,
    pub(super) ram: Option<Fullest>,
    /// Time for which its jobs' steps held slots; a core that boards share counts for the first of them.
    pub(super) slot_time: Duration,
}

/// Compiles by the answer of the compiler cache.
#[derive(Debug, Default)]
pub(super) struct CacheTally {
    pub(super) hits: usize,
    pub(super) misses: usize,
    /// Compiles for which the cache was not asked, by reason.
    pub(super) bypassed: BTreeMap<String, usize>,
    /// Compiles that are repeated in every run.
    pub(super) uncacheable: Uncacheable,
}

impl CacheTally {
    fn fold(&mut self, step: &StepInfo) {
        match &step.cache {
            Some(CacheOutcome::Hit) => self.hits += 1,
            Some(CacheOutcome::Miss) => self.misses += 1,
            Some(CacheOutcome::Bypassed { reason }) => {
                *self.bypassed.entry(reason.clone()).or_default() += 1;
            }
            Some(CacheOutcome::Uncacheable { .. }) | None => {}
        }
        self.uncacheable.fold(step);
    }
}

/// Core jobs by verdict.
#[derive(Debug, Default)]
pub(super) struct CoreTally {
    /// Cores that have ended.
    pub(super) counts: Counts,
    pub(super) planned: usize,
}

/// Counts of a run.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Counts by board, in the matrix's order.
    pub(super) boards: IndexMap<Arc<str>, BoardTally>,
    core_boards: BTreeMap<CoreId, Arc<str>>,
    /// Objects of all jobs.
    pub(super) units: UnitCounts,
    /// Cells that failed as in an earlier run, without a tool.
    pub(super) cached_failures: usize,
    pub(super) cache: CacheTally,
    /// Warnings of cores and cells.
    pub(super) warnings: WarningTally,
    pub(super) cores: CoreTally,
    /// Flaky cells, and cells over a soft budget.
    pub(super) notes: NotesTally,
    /// Time since the run began.
    pub(super) wall: Duration,
    /// The reason why no further jobs were started.
    pub(super) stopping: Option<String>,
    /// The exit code; `None` if the run did not end by itself.
    pub(super) exit: Option<u8>,
    /// Whether there is a plan.
    pub(super) planned: bool,
}

impl Tally {
    /// Counts one event.
    pub(super) fn fold(&mut self, event: &Event) {
        self.wall = self.wall.max(event.at);
        match &event.kind {
            EventKind::Planned { cores, cells, skipped } => {
                self.planned = true;
                self.cores.planned = cores.len();
                for core in cores {
                    if let Some(board) = core.boards.first() {
                        self.core_boards.insert(core.id.clone(), board.clone());
                    }
                }
                for cell in cells {
                    self.boards.entry(cell.id.board.clone()).or_default().planned += 1;
                }
                for cell in skipped {
                    self.boards.entry(cell.id.board.clone()).or_default().counts.add(Verdict::Skipped);
                }
            }
            EventKind::StepFinished(step) => self.step(step),
            EventKind::JobFinished(result) => self.finished(result),
            EventKind::Stopping { reason } => self.stopping = Some(reason.clone()),
            EventKind::RunFinished { exit } => self.exit = Some(*exit),
            EventKind::RunStarted(_)
            | EventKind::SetupStarted { .. }
            | EventKind::ShardPlanned(_)
            | EventKind::SetupProgress { .. }
            | EventKind::Resolved { .. }
            | EventKind::DownloadStarted { .. }
            | EventKind::DownloadProgress { .. }
            | EventKind::DownloadFinished { .. }
            | EventKind::DownloadFailed { .. }
            | EventKind::SetupFinished { .. }
            | EventKind::Log { .. }
            | EventKind::BaseRead(_)
            | EventKind::Unfinished { .. }
            | EventKind::RunPhase { .. }
            | EventKind::JobStarted { .. }
            | EventKind::JobPhase { .. }
            | EventKind::Unknown => {}
        }
    }

    fn step(&mut self, step: &StepInfo) {
        self.cache.fold(step);
        let board = match &step.job {
            JobId::Core(core) => self.core_boards.get(core),
            JobId::Cell(cell) => Some(&cell.board),
        };
        if let Some(tally) = board.and_then(|board| self.boards.get_mut(board)) {
            tally.slot_time = tally.slot_time.saturating_add(step.span.len());
        }
    }

    fn finished(&mut self, result: &JobResult) {
        self.units.compiled = self.units.compiled.saturating_add(result.units.compiled);
        self.units.cached = self.units.cached.saturating_add(result.units.cached);
        self.units.reused = self.units.reused.saturating_add(result.units.reused);
        self.warnings.fold(result);
        self.notes.fold(result);
        match &result.job {
            JobId::Core(_) => self.cores.counts.add(Verdict::of(&result.outcome)),
            JobId::Cell(id) => {
                let Some(board) = self.boards.get_mut(&id.board) else { return };
                board.counts.add(Verdict::of(&result.outcome));
                self.cached_failures += usize::from(result.outcome.is_cached_failure());
                if let Some(sizes) = &result.sizes {
                    Fullest::offer(&mut board.flash, id, sizes.flash);
                    Fullest::offer(&mut board.ram, id, sizes.ram);
                }
            }
        }
    }

    /// Counts the unfinished cells of an interrupted run as cancelled.
    pub(super) fn close(&mut self) {
        for board in self.boards.values_mut() {
            let missing = board.planned.saturating_sub(board.counts.ended());
            board.counts.add_many(Verdict::Cancelled, missing);
        }
    }

    /// Returns the sums over all boards.
    pub(super) fn total(&self) -> Counts {
        let mut total = Counts::default();
        for board in self.boards.values() {
            total += board.counts;
        }
        total
    }

    /// Returns the number of selected cells.
    pub(super) fn cells_planned(&self) -> usize {
        self.boards.values().map(|board| board.planned).sum()
    }

    /// Returns `30 cells: 28 built, 1 failed, 1 blocked in 3.2s (105 compiled, 12 cached); 3 warnings (2 yours)`.
    pub(super) fn result_line(&self) -> String {
        let total = self.total();
        let words = total.words();
        let remarks: Vec<String> = [self.warnings.counts().words(), self.notes.words()]
            .into_iter()
            .flatten()
            .map(|words| format!("; {words}"))
            .collect();
        format!(
            "{}: {} in {} ({}){}",
            text::count(self.cells_planned(), "cell"),
            if words.is_empty() { "nothing to do" } else { &words },
            text::duration(self.wall),
            self.objects(),
            remarks.concat()
        )
    }

    /// Returns `105 compiled, 12 cached, 1 cached failure`.
    fn objects(&self) -> String {
        let UnitCounts { compiled, cached, reused } = self.units;
        let objects = [(compiled, "compiled"), (cached, "cached"), (reused, "reused")];
        let objects = objects.into_iter().filter(|(number, _)| *number > 0);
        let objects = objects.map(|(number, word)| format!("{number} {word}"));
        let failures = Some(self.cached_failures).filter(|number| *number > 0);
        let failures = failures.map(|number| text::count(number, "cached failure"));
        let parts: Vec<String> = objects.chain(failures).collect();
        if parts.is_empty() { "nothing compiled".to_owned() } else { parts.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::Script;

    #[test]
    fn the_verdicts_are_the_outcomes_and_skipped() {
        for outcome in crate::report::testing::one_of_each_outcome() {
            assert_eq!(Verdict::of(&outcome).word(), outcome.word());
        }
        for (place, verdict) in Verdict::ALL.into_iter().enumerate() {
            // `Counts` is indexed by the discriminant; every verdict must have its own place.
            let mut counts = Counts::default();
            counts.add(verdict);
            assert_eq!(Verdict::ALL.map(|v| counts.get(v)).iter().sum::<usize>(), 1);
            assert_eq!(counts.get(Verdict::ALL[place]), 1);
        }
    }

    #[test]
    fn a_mixed_run() {
        let mut tally = Tally::default();
        for event in Script::mixed().events() {
            tally.fold(&event);
        }
        tally.close();
        insta::assert_snapshot!(
            tally.result_line(),
            @r"5 cells: 2 built, 2 failed, 1 blocked, 2 skipped in 1.52s (4 compiled)"
        );
        let uno = &tally.boards["uno"];
        assert_eq!(uno.flash.as_ref().map(Fullest::share).as_deref(), Some("3.2%"));
        assert_eq!(uno.counts.get(Verdict::Skipped), 1);
    }

    #[test]
    fn warnings_are_counted_where_there_are_some() {
        use crate::event::WarningOwner::{Library, Own};
        use crate::report::testing::warning;
        let found = [warning(Own, Some(("/a.h", 1)), "x"), warning(Library, Some(("/l.h", 1)), "x")];
        let script = Script::new().plan(&["uno/A", "uno/B"], &[]).warned("uno/A", &found);
        let mut tally = Tally::default();
        for event in script.warned("uno/B", &found[..1]).end(150, 0).events() {
            tally.fold(&event);
        }
        let line = "2 cells: 2 up-to-date in 0.15s (nothing compiled); 2 warnings (1 yours)";
        assert_eq!(tally.result_line(), line);
    }

    #[test]
    fn what_never_ended_is_cancelled() {
        let mut tally = Tally::default();
        for event in Script::new().plan(&["uno/A", "uno/B"], &[]).built("uno/A", 0, 10).events() {
            tally.fold(&event);
        }
        tally.close();
        assert_eq!(tally.total().words(), "1 built, 1 cancelled");
    }
}
