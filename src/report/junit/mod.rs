//! `junit.xml`: one suite a board, one test case a cell. Every planned cell is there exactly once,
//! however the run ended. Knows what readers of such reports need of an outcome; how XML is written is
//! [`xml`]'s and the crate junit-report's.

mod xml;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use junit_report::{OffsetDateTime, Report, TestCase, TestResult, TestSuite};

use super::busy::Busy;
use super::file::ReportFile;
use super::paths::Here;
use super::roster::{Part, Roster, Row};
use super::told::Told;
use super::{Reporter, text};
use crate::event::{CellId, CoreId, Event, EventKind, FailureKind, JobId, JobResult, Outcome};

/// The longest diagnostic of one test case, in bytes.
const BODY_MAX: usize = 64 * 1024;
/// The longest list of warnings of one test case, in bytes.
const WARNINGS_MAX: usize = 16 * 1024;
/// The longest part of a core's diagnostic that each cell repeats that it blocks; the suite has it all.
const BLOCKED_MAX: usize = 4 * 1024;
/// The longest message, in bytes: it is one line.
const MESSAGE_MAX: usize = 500;
/// All texts together. GitLab reads files up to 30 MB.
const TEXTS_MAX: usize = 20 * 1024 * 1024;

/// Writes `junit.xml`.
pub(super) struct Junit {
    file: ReportFile,
    fold: Fold,
}

/// What the report keeps of a run.
struct Fold {
    current: PathBuf,
    here: Here,
    run: String,
    started: OffsetDateTime,
    roster: Roster<Case>,
    cores: HashMap<CoreId, Case>,
    budget: Budget,
    busy: Busy,
    stopping: Option<String>,
}

/// What is kept of one job: little, unless it failed.
#[derive(Debug, Default)]
struct Case {
    end: Option<End>,
}

#[derive(Debug)]
struct End {
    time: Duration,
    result: Result,
    /// Warnings of the compilers; empty where there were none.
    warnings: String,
}

/// The kinds of result that the format knows, with what they say.
#[derive(Debug)]
enum Result {
    Success,
    Failure(Complaint),
    Error(Complaint),
    Blocked { by: CoreId, message: String },
}

#[derive(Debug)]
struct Complaint {
    /// The attribute `type`: the step that failed, or `timeout`, `crash`, `infrastructure`, `cancelled`.
    kind: &'static str,
    message: String,
    body: String,
    /// The line, where the error is in the sketch's main file.
    line: Option<u32>,
}

/// What may still be written. Early texts get as much as they want; the nearer the end, the less: 10,000
/// failures all have at least their first line.
struct Budget(usize);

impl Budget {
    /// How long a text may be that could be `max` bytes long.
    fn room(&self, max: usize) -> usize {
        max.min(self.0 / 64)
    }

    fn take(&mut self, text: &str, max: usize) -> String {
        // Cut first: a diagnostic of megabytes is not worth looking through.
        let cut = text::for_xml(&text::cut_middle(text, self.room(max)));
        self.0 = self.0.saturating_sub(xml::cdata_len(&cut));
        cut
    }
}

impl Junit {
    /// `current` is the folder that paths are shown relative to.
    pub(super) fn new(file: ReportFile, current: PathBuf) -> Self {
        Self { file, fold: Fold::new(current) }
    }
}

impl Reporter for Junit {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        self.fold.fold(event);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.file.write(|writer| self.fold.write(writer))
    }
}

impl Fold {
    fn new(current: PathBuf) -> Self {
        Self {
            here: Here::new(&current),
            current,
            run: String::new(),
            started: OffsetDateTime::UNIX_EPOCH,
            roster: Roster::default(),
            cores: HashMap::new(),
            budget: Budget(TEXTS_MAX),
            busy: Busy::default(),
            stopping: None,
        }
    }

    fn fold(&mut self, event: &Event) {
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
            EventKind::SetupStarted { .. }
            | EventKind::SetupProgress { .. }
            | EventKind::SetupFinished { .. }
            | EventKind::Log { .. }
            | EventKind::RunPhase { .. }
            | EventKind::JobStarted { .. }
            | EventKind::JobPhase { .. }
            | EventKind::StepFinished(_)
            | EventKind::RunFinished { .. } => {}
        }
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
        // Only for the jobs that it can be for, and once for each: the first word counts.
        match self.case_mut(&result.job) {
            Some(Case { end: None, .. }) => {}
            _ => return,
        }
        let verdict = self.verdict(&result.outcome, main_file.as_deref());
        let warnings = self.budget.take(&result.warnings, WARNINGS_MAX);
        let time = self.busy.end(result);
        if let Some(case) = self.case_mut(&result.job) {
            case.end = Some(End { time, result: verdict, warnings });
        }
    }

    fn verdict(&mut self, outcome: &Outcome, main_file: Option<&Path>) -> Result {
        match outcome {
            Outcome::Built | Outcome::UpToDate => Result::Success,
            Outcome::Failed(failure) => {
                let line = failure.location.as_ref().filter(|place| main_file == Some(&place.file));
                let mut complaint =
                    |kind| Complaint { line: line.map(|place| place.line), ..self.complaint(kind, outcome) };
                match failure.kind {
                    FailureKind::Code => Result::Failure(complaint(failure.step.word())),
                    FailureKind::Infrastructure => Result::Error(complaint("infrastructure")),
                    FailureKind::Storage(_) => Result::Error(complaint("storage")),
                }
            }
            Outcome::Blocked { by, message } => {
                let message = self.here.text(message);
                Result::Blocked { by: by.clone(), message: text::cut_end(&message, MESSAGE_MAX).into_owned() }
            }
            Outcome::TimedOut { .. } => Result::Error(self.complaint("timeout", outcome)),
            Outcome::Cancelled { .. } => Result::Error(self.complaint("cancelled", outcome)),
            Outcome::Crashed { .. } => Result::Error(self.complaint("crash", outcome)),
        }
    }

    /// What is said of a failure: errors, then how many warnings there are, then these.
    fn complaint(&mut self, kind: &'static str, outcome: &Outcome) -> Complaint {
        let room = self.budget.room(BODY_MAX);
        let told = Told::of(outcome, &self.here, room);
        // Where no tool has failed, the first line is the message and the others are what tools had printed.
        let said = usize::from(matches!(outcome, Outcome::TimedOut { .. } | Outcome::Cancelled { .. }));
        let mut body = self.budget.take(&told.lines.get(said..).unwrap_or_default().join("\n"), BODY_MAX);
        if let Some(warnings) = told.and_warnings() {
            let text = format!("\n\n{warnings}:\n{}", told.warning_lines.join("\n"));
            body.push_str(&self.budget.take(&text, WARNINGS_MAX));
        }
        Complaint { kind, message: message_for_xml(&told.headline()), body, line: None }
    }

    fn write(&self, writer: &mut dyn io::Write) -> io::Result<()> {
        let mut report = Report::new();
        let mut lines = Vec::new();
        for (board, cells) in self.roster.boards() {
            let mut suite = TestSuite::new(&name_for_xml(board));
            suite.package.clone_from(&suite.name);
            suite.timestamp = self.started;
            let mut blocking: Vec<&CoreId> = Vec::new();
            for (id, row) in cells {
                let (case, line) = self.case(id, row);
                suite.add_testcase(case);
                lines.push(line);
                if let Some(End { result: Result::Blocked { by, .. }, .. }) = &row.kept.end
                    && !blocking.contains(&by)
                {
                    blocking.push(by);
                }
            }
            let told: Vec<String> = blocking
                .into_iter()
                .filter_map(|id| Some(format!("core {id}:\n{}", self.core_body(id)?)))
                .collect();
            if !told.is_empty() {
                suite.system_err = Some(xml::cdata(&told.join("\n")));
            }
            report.add_testsuite(suite);
        }
        let mut bytes = Vec::new();
        report.write_xml(&mut bytes).map_err(io::Error::other)?;
        // It holds every diagnostic once more.
        drop(report);
        xml::complete(&bytes, &text::for_xml(&self.run), &lines, writer)
    }

    /// The test case of a cell, and the line of its first error in its main file.
    fn case(&self, id: &CellId, row: &Row<Case>) -> (TestCase, Option<u32>) {
        let mut line = None;
        let time = row.kept.end.as_ref().map_or(Duration::ZERO, |end| end.time);
        let result = match (&row.part, &row.kept.end) {
            (Part::Skipped(reason), _) => TestResult::SkippedWithCause {
                type_: "skipped".to_owned(),
                message: message_for_xml(reason),
                cause: None,
            },
            (Part::Selected, None) => {
                let message = match &self.stopping {
                    Some(reason) => format!("interrupted before it was built: {reason}"),
                    None => "interrupted before it was built".to_owned(),
                };
                error("cancelled", &message, "")
            }
            (Part::Selected, Some(end)) => match &end.result {
                Result::Success => TestResult::Success,
                Result::Failure(complaint) => {
                    line = complaint.line;
                    TestResult::Failure {
                        type_: complaint.kind.to_owned(),
                        message: complaint.message.clone(),
                        cause: Some(xml::cdata(&complaint.body)),
                    }
                }
                Result::Error(complaint) => {
                    line = complaint.line;
                    error(complaint.kind, &complaint.message, &complaint.body)
                }
                Result::Blocked { by, message } => {
                    let body = self.core_body(by).map(|body| text::cut_middle(body, BLOCKED_MAX));
                    error(
                        "blocked",
                        &format!("blocked by core {by}: {message}"),
                        body.as_deref().unwrap_or_default(),
                    )
                }
            },
        };
        let warnings = row.kept.end.as_ref().map(|end| &end.warnings).filter(|text| !text.is_empty());
        let case = TestCase {
            name: name_for_xml(&id.sketch),
            time: seconds(time),
            result,
            classname: Some(name_for_xml(&id.board)),
            filepath: Some(name_for_xml(&text::shown_path(&row.file, &self.current))),
            system_out: warnings.map(|text| xml::cdata(text)),
            system_err: None,
        };
        (case, line)
    }

    /// The diagnostic of a core that failed.
    fn core_body(&self, id: &CoreId) -> Option<&str> {
        match &self.cores.get(id)?.end.as_ref()?.result {
            Result::Failure(complaint) | Result::Error(complaint) => Some(&complaint.body),
            Result::Success | Result::Blocked { .. } => None,
        }
    }
}

fn error(kind: &str, message: &str, body: &str) -> TestResult {
    let message = message_for_xml(message);
    let body = if body.is_empty() { &message } else { body };
    TestResult::Error { type_: kind.to_owned(), cause: Some(xml::cdata(body)), message }
}

/// An attribute that people read: one line, not too long.
fn message_for_xml(message: &str) -> String {
    let message = text::for_xml(&text::one_line(message));
    text::cut_end(&message, MESSAGE_MAX).into_owned()
}

/// An attribute that identifies: characters that XML forbids, or that its attributes fold into a space,
/// are spelt out, so that two names stay two.
fn name_for_xml(name: &str) -> String {
    let mut spelt = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') {
            spelt.extend(c.escape_default());
        } else {
            spelt.push(c);
        }
    }
    spelt
}

/// To the millisecond: finer is noise, and readers add the times up.
fn seconds(time: Duration) -> junit_report::Duration {
    junit_report::Duration::milliseconds(i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 1_000_000))
}

/// The crate panics on a year that RFC 3339 can't write: a wrong clock gives the epoch.
fn timestamp(unix: u64) -> OffsetDateTime {
    i64::try_from(unix)
        .ok()
        .and_then(|unix| OffsetDateTime::from_unix_timestamp(unix).ok())
        .filter(|time| (0..=9999).contains(&time.year()))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests;
