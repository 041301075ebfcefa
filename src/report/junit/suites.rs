//! Converts the data of a run to suites and test cases, and writes them one after the other.

use std::io;

use junit_report::{Duration, TestCase, TestResult};

use super::case::{Case, CaseResult};
use super::fold::JunitFold;
use super::xml::{Counts, JunitXml, SuiteHead, message_for_xml, name_for_xml};
use crate::event::{CellId, CoreId};
use crate::report::failures::CACHED_FAILURE;
use crate::report::options::JunitDialect;
use crate::report::roster::{Part, RosterRow};
use crate::report::text;
use crate::report::timestamp::rfc3339;

/// Limit of the part of a core's diagnostic that each blocked cell repeats, in bytes; the suite has all of it.
const BLOCKED_MAX: usize = 4 * 1024;
/// Limit of these parts of all blocked cells together, in bytes.
const ALL_BLOCKED_MAX: usize = 2 * 1024 * 1024;

/// Writes the whole report.
///
/// # Errors
/// `writer` fails.
pub(super) fn write(fold: &JunitFold, dialect: JunitDialect, writer: &mut dyn io::Write) -> io::Result<()> {
    let suites: Vec<Counts> = fold.roster.boards().map(|(_, cells)| counts(cells)).collect();
    let mut xml = JunitXml::start(writer, dialect, &text::for_xml(&fold.run), &suites)?;
    let timestamp = rfc3339(fold.started);
    let blocked =
        fold.roster.boards().flat_map(|(_, cells)| cells).filter(|(_, row)| is_blocked(row)).count();
    let blocked_max = BLOCKED_MAX.min(ALL_BLOCKED_MAX / blocked.max(1));
    for (id, ((board, cells), counts)) in fold.roster.boards().zip(&suites).enumerate() {
        let name = name_for_xml(board);
        xml.start_suite(&SuiteHead { id, name: &name, timestamp: &timestamp, counts })?;
        xml.properties(fold.versions(board).iter().map(|(name, version)| (name.as_str(), *version)))?;
        let mut blocking: Vec<&CoreId> = Vec::new();
        for (id, row) in cells {
            let (case, line) = case(fold, id, row, blocked_max);
            let retried = row.kept.noted().map(|end| end.retried.as_slice()).unwrap_or_default();
            xml.case(&case, line, retried)?;
            if let Some(CaseResult::Blocked { by, .. }) = row.kept.noted().map(|end| &end.result)
                && !blocking.contains(&by)
            {
                blocking.push(by);
            }
        }
        let diagnostics: Vec<String> = blocking
            .into_iter()
            .filter_map(|id| Some(format!("core {id}:\n{}", fold.core_body(id)?)))
            .collect();
        xml.end_suite(&diagnostics.join("\n"))?;
    }
    xml.end()
}

/// Counts a board's test cases.
fn counts<'r>(cells: impl Iterator<Item = (&'r CellId, &'r RosterRow<Case>)>) -> Counts {
    let mut counts = Counts::default();
    for (_, row) in cells {
        counts.tests += 1;
        counts.ms = counts.ms.saturating_add(row.kept.ms());
        match (&row.part, &row.kept) {
            (Part::Skipped(_), _) => counts.skipped += 1,
            (Part::Selected, Case::Open) => counts.errors += 1,
            (Part::Selected, Case::Passed { .. }) => {}
            (Part::Selected, Case::Noted(end)) => match end.result {
                CaseResult::Success => {}
                CaseResult::NotRun { .. } => counts.skipped += 1,
                CaseResult::Failure(_) => counts.failures += 1,
                CaseResult::Error(_) | CaseResult::Blocked { .. } => counts.errors += 1,
            },
        }
    }
    counts
}

fn is_blocked(row: &RosterRow<Case>) -> bool {
    row.kept.noted().is_some_and(|end| matches!(end.result, CaseResult::Blocked { .. }))
}

/// Returns the test case of a cell, and the line of its first error in its main file. A blocked cell repeats at most
/// `blocked_max` bytes of its core's diagnostic.
fn case(fold: &JunitFold, id: &CellId, row: &RosterRow<Case>, blocked_max: usize) -> (TestCase, Option<u32>) {
    let mut line = None;
    let result = match (&row.part, &row.kept) {
        (Part::Skipped(reason), _) => {
            let message = message_for_xml(reason);
            // Some readers show only the message, others only the text.
            let cause = Some(message.clone());
            TestResult::SkippedWithCause { type_: "skipped".to_owned(), message, cause }
        }
        (Part::Selected, Case::Open) => {
            let message = match &fold.stopping {
                Some(reason) => format!("interrupted before it was built: {reason}"),
                None => "interrupted before it was built".to_owned(),
            };
            error("cancelled", &message, "")
        }
        (Part::Selected, Case::Passed { .. }) => TestResult::Success,
        (Part::Selected, Case::Noted(end)) => match &end.result {
            CaseResult::Success => TestResult::Success,
            CaseResult::Failure(complaint) => {
                line = complaint.line;
                TestResult::Failure {
                    type_: complaint.kind.to_owned(),
                    message: complaint.message.to_string(),
                    cause: Some(complaint.body.to_string()),
                }
            }
            CaseResult::Error(complaint) => {
                line = complaint.line;
                error(complaint.kind, &complaint.message, &complaint.body)
            }
            CaseResult::NotRun { reason } => TestResult::SkippedWithCause {
                type_: "not-run".to_owned(),
                message: message_for_xml(&format!("not run: {reason}")),
                cause: None,
            },
            CaseResult::Blocked { by, message } => {
                let body = fold.core_body(by).map(|body| text::cut_middle(body, blocked_max));
                let message = format!("blocked by core {by}: {message}");
                error("blocked", &message, body.as_deref().unwrap_or_default())
            }
        },
    };
    let end = row.kept.noted();
    let mark = end.filter(|end| end.is_cached_failure).map(|_| CACHED_FAILURE);
    let warnings = end.map(|end| &*end.warnings).filter(|text| !text.is_empty());
    let over_budget = end.map(|end| &*end.over_budget).filter(|text| !text.is_empty());
    let output: Vec<&str> = mark.into_iter().chain(over_budget).chain(warnings).collect();
    let case = TestCase {
        name: name_for_xml(&id.sketch),
        time: seconds(row.kept.ms()),
        result,
        classname: Some(name_for_xml(&id.board)),
        filepath: Some(name_for_xml(&text::shown_path(&row.file, &fold.current))),
        system_out: (!output.is_empty()).then(|| output.join("\n")),
        system_err: None,
    };
    (case, line)
}

fn error(kind: &str, message: &str, body: &str) -> TestResult {
    let message = message_for_xml(message);
    let body = if body.is_empty() { &message } else { body };
    TestResult::Error { type_: kind.to_owned(), cause: Some(body.to_owned()), message }
}

/// Returns a time in milliseconds, as readers add times up and a finer resolution is noise.
fn seconds(ms: u64) -> Duration {
    Duration::milliseconds(i64::try_from(ms).unwrap_or(i64::MAX / 1_000_000))
}
