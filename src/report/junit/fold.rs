//! Folds a run's events into the data of `junit.xml`. Maps outcomes to results of the format; knows nothing of XML.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use junit_report::OffsetDateTime;

use super::budget::Budget;
use super::case::{Case, CaseEnd, CaseResult, Complaint};
use super::xml::{MESSAGE_MAX, message_for_xml};
use crate::event::{CoreId, Event, EventKind, FailureKind, JobId, JobResult, Outcome, UsedPackage};
use crate::report::busy::Busy;
use crate::report::failure_text::FailureText;
use crate::report::paths::Here;
use crate::report::roster::Roster;
use crate::report::text;
use crate::report::timestamp::timestamp;

/// The longest diagnostic of one test case, in bytes.
const BODY_MAX: usize = 64 * 1024;
/// The longest list of warnings of one test case, in bytes.
pub(super) const WARNINGS_MAX: usize = 16 * 1024;

/// Data of a run.
pub(super) struct JunitFold {
    /// Base of displayed paths.
    pub(super) current: PathBuf,
    here: Here,
    /// The run's name.
    pub(super) run: String,
    pub(super) started: OffsetDateTime,
    pub(super) roster: Roster<Case>,
    cores: HashMap<CoreId, Case>,
    budget: Budget,
    busy: Busy,
    /// The reason why no further jobs were started.
    pub(super) stopping: Option<String>,
    packages: Vec<UsedPackage>,
}

impl JunitFold {
    /// Paths are shown relative to the directory `current`.
    pub(super) fn new(current: PathBuf) -> Self {
        Self {
            here: Here::new(&current),
            current,
            run: String::new(),
            started: OffsetDateTime::UNIX_EPOCH,
            roster: Roster::default(),
            cores: HashMap::new(),
            budget: Budget::default(),
            busy: Busy::default(),
            stopping: None,
            packages: Vec::new(),
        }
    }

    /// Adds an event.
    pub(super) fn fold(&mut self, event: &Event) {
        self.busy.fold(event);
        match &event.kind {
            EventKind::RunStarted(info) => {
                self.run.clone_from(&info.name);
                self.started = timestamp(info.started_unix);
            }
            EventKind::Planned { cores, cells, skipped } => {
                self.roster.plan(cells, skipped);
                self.cores.extend(cores.iter().map(|core| (core.id.clone(), Case::default())));
            }
            EventKind::JobFinished(result) => self.finished(result),
            EventKind::Stopping { reason } => self.stopping = Some(reason.clone()),
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
            | EventKind::RunPhase { .. }
            | EventKind::JobStarted { .. }
            | EventKind::JobPhase { .. }
            | EventKind::StepFinished(_)
            | EventKind::RunFinished { .. }
            | EventKind::Unknown => {}
        }
    }

    /// Returns the names and versions of what a board uses: `core arduino:avr` and `1.8.6`.
    pub(super) fn versions(&self, board: &str) -> Vec<(String, &str)> {
        let uses = |package: &&UsedPackage| package.boards.iter().any(|other| &**other == board);
        let named = |package: &'_ UsedPackage| format!("{} {}", package.kind, package.name);
        self.packages.iter().filter(uses).map(|package| (named(package), package.version.as_str())).collect()
    }

    fn case_mut(&mut self, job: &JobId) -> Option<&mut Case> {
        match job {
            JobId::Core(id) => self.cores.get_mut(id),
            JobId::Cell(id) => self.roster.selected_mut(id).map(|row| &mut row.kept),
        }
    }

    fn finished(&mut self, result: &JobResult) {
        let main_file = match &result.job {
            JobId::Cell(id) => self.roster.get(id).map(|row| row.file.clone()),
            JobId::Core(_) => None,
        };
        // Only planned jobs count, and only the first result of each.
        let Some(Case::Open) = self.case_mut(&result.job) else { return };
        let outcome = &result.outcome;
        let verdict = self.verdict(outcome, main_file.as_deref());
        let mut warnings = self.budget.take(&result.warnings, WARNINGS_MAX);
        if let Outcome::ExpectedFailure { failure, expected } = outcome {
            let note = self.here.text(&format!("{expected}\n{}\n{}", failure.summary(), failure.diagnostic));
            warnings.insert_str(0, &self.budget.take(&note, BODY_MAX));
        }
        let retried = result.notes.retried.iter();
        let retried = retried
            .map(|failure| self.complaint("infrastructure", &Outcome::Failed(failure.clone())))
            .collect();
        let over_budget = result.notes.soft().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let time = self.busy.end(result);
        let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        if let Some(case) = self.case_mut(&result.job) {
            let is_cached_failure = outcome.is_cached_failure();
            let (warnings, over_budget) = (warnings.into(), over_budget.into());
            *case =
                Case::new(CaseEnd { ms, result: verdict, is_cached_failure, warnings, retried, over_budget });
        }
    }

    fn verdict(&mut self, outcome: &Outcome, main_file: Option<&Path>) -> CaseResult {
        match outcome {
            Outcome::Built | Outcome::UpToDate | Outcome::ExpectedFailure { .. } => CaseResult::Success,
            Outcome::Failed(failure) => {
                let line = failure.location.as_ref().filter(|place| main_file == Some(&place.file));
                let mut complaint =
                    |kind| Complaint { line: line.map(|place| place.line), ..self.complaint(kind, outcome) };
                match failure.kind {
                    FailureKind::Code => CaseResult::Failure(complaint(failure.step.word())),
                    FailureKind::Expectation => CaseResult::Failure(complaint("unexpected-pass")),
                    FailureKind::Infrastructure => CaseResult::Error(complaint("infrastructure")),
                    FailureKind::Storage(_) => CaseResult::Error(complaint("storage")),
                }
            }
            Outcome::Blocked { by, message } => {
                let message = self.here.text(message);
                CaseResult::Blocked { by: by.clone(), message: text::cut_end(&message, MESSAGE_MAX).into() }
            }
            Outcome::TimedOut { .. } => CaseResult::Error(self.complaint("timeout", outcome)),
            Outcome::Cancelled { reason, by_limit: true, .. } => {
                CaseResult::NotRun { reason: text::one_line(reason).into() }
            }
            Outcome::Cancelled { .. } => CaseResult::Error(self.complaint("cancelled", outcome)),
            Outcome::Crashed { .. } => CaseResult::Error(self.complaint("crash", outcome)),
        }
    }

    /// Returns the text of a failure: errors, then the number of warnings, then the warnings.
    fn complaint(&mut self, kind: &'static str, outcome: &Outcome) -> Complaint {
        let room = self.budget.room(BODY_MAX);
        let told = FailureText::of(outcome, &self.here, room);
        // If no tool has failed, the first line is the message, and the others are the tools' output.
        let said = usize::from(matches!(outcome, Outcome::TimedOut { .. } | Outcome::Cancelled { .. }));
        let mut body = self.budget.take(&told.lines.get(said..).unwrap_or_default().join("\n"), BODY_MAX);
        if let Some(warnings) = told.and_warnings() {
            let text = format!("\n\n{warnings}:\n{}", told.warning_lines.join("\n"));
            body.push_str(&self.budget.take(&text, WARNINGS_MAX));
        }
        Complaint { kind, message: message_for_xml(&told.headline()).into(), body: body.into(), line: None }
    }

    /// Returns the diagnostic of a core that failed.
    pub(super) fn core_body(&self, id: &CoreId) -> Option<&str> {
        match &self.cores.get(id)?.noted()?.result {
            CaseResult::Failure(complaint) | CaseResult::Error(complaint) => Some(&complaint.body),
            CaseResult::Success | CaseResult::Blocked { .. } | CaseResult::NotRun { .. } => None,
        }
    }
}
