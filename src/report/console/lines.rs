//! The lines that the terminal shows as things happen, made of one event each. Pure functions; where and
//! when a line is shown is the console's.

use std::fmt::Write as _;
use std::time::Duration;

use super::paint::Paint;
use crate::event::{JobId, JobResult, Level, Outcome, WarningOwner};
use crate::report::failures::Trouble;
use crate::report::paths::Here;
use crate::report::tally::Verdict;
use crate::report::text;
use crate::report::warnings::{Warnings, title};

/// Lines of a diagnostic that are shown; the rest is in the log.
pub(super) const DIAGNOSTIC_LINES: usize = 40;
/// Bytes of a tool's output that are read for them.
pub(super) const ROOM: usize = 64 * 1024;
/// A line of a diagnostic is cut here, in bytes: a link command can be longer than a screen.
const LINE_MAX: usize = 500;

/// The column of words at a line's start, as wide as the longest of them.
const WORD: usize = 10;

/// A word in the first column, aligned to the right.
pub(super) fn word(paint: Paint, color: fn(Paint, &str) -> String, word: &str) -> String {
    format!("{}{}", " ".repeat(WORD.saturating_sub(word.len())), color(paint, word))
}

/// A job that ended, and where that leaves its stage.
#[derive(Clone, Copy)]
pub(super) struct Ended<'a> {
    pub(super) result: &'a JobResult,
    /// Jobs of its stage that have ended, of how many.
    pub(super) done: usize,
    pub(super) all: usize,
    /// For how long it was at work.
    pub(super) time: Duration,
}

impl Ended<'_> {
    fn verdict(&self) -> Verdict {
        Verdict::of(&self.result.outcome)
    }

    /// `    failed [12/30] `.
    fn head(&self, paint: Paint) -> String {
        let Self { done, all, .. } = self;
        let width = all.to_string().len();
        let place = paint.dim(&format!("[{done:>width$}/{all}]"));
        format!("{} {place}", word(paint, color(self.verdict()), self.verdict().word()))
    }

    fn name(&self) -> String {
        text::one_line(&self.result.job.to_string())
    }
}

/// `     built [12/30] uno/Blink  0.42s  3.2% flash`.
pub(super) fn job(paint: Paint, ended: &Ended<'_>) -> String {
    let result = ended.result;
    let mut line = format!("{} {}", ended.head(paint), ended.name());
    if !ended.time.is_zero() {
        let _ = write!(line, "  {}", text::duration(ended.time));
    }
    match &result.outcome {
        Outcome::Blocked { by, .. } => {
            let _ = write!(line, "  {}", paint.dim(&format!("by core {by}")));
        }
        Outcome::Cancelled { reason, .. } => {
            let _ = write!(line, "  {}", paint.dim(&text::one_line(reason)));
        }
        _ => {}
    }
    if let Some(flash) = result.sizes.and_then(|sizes| sizes.flash)
        && let Some(max) = flash.max
    {
        let share = text::percent(text::per_mille(flash.used, max));
        let _ = write!(line, "  {}", paint.dim(&format!("{share} flash")));
    }
    line
}

/// The colour of a verdict.
pub(super) const fn color(verdict: Verdict) -> fn(Paint, &str) -> String {
    match verdict {
        Verdict::Built => Paint::good,
        Verdict::UpToDate => Paint::accent,
        Verdict::Failed | Verdict::TimedOut | Verdict::Crashed => Paint::bad,
        Verdict::Blocked | Verdict::Cancelled => Paint::warn,
        Verdict::Skipped => Paint::dim,
    }
}

/// A failure that has not been seen before: whose it is, its cause with its place, its diagnostic, where the rest is.
pub(super) fn failure(paint: Paint, ended: &Ended<'_>, trouble: &Trouble, here: &Here) -> String {
    let mut block = format!("\n{} {}\n", ended.head(paint), paint.bold(&ended.name()));
    let lines = &trouble.told.lines;
    for (place, line) in lines.iter().take(DIAGNOSTIC_LINES).enumerate() {
        let line = text::for_terminal(text::cut_end(line, LINE_MAX).trim_end());
        let line = if place == 0 { paint.bold(&line) } else { line };
        let _ = writeln!(block, "{}", format!("  {line}").trim_end());
    }
    let more = lines.len().saturating_sub(DIAGNOSTIC_LINES);
    let more = (more > 0).then(|| format!("… {}", text::count(more, "more line")));
    let rest: Vec<String> = more.into_iter().chain(trouble.told.and_warnings()).collect();
    if !rest.is_empty() {
        let log = ended.result.log.as_ref().map_or("junit.xml".to_owned(), |log| here.path(log));
        let rest = format!("{} in {log}", rest.join(" "));
        let _ = writeln!(block, "  {}", paint.dim(&text::for_terminal(&rest)));
    }
    block
}

/// A failure that is the same as the one that was shown for `first`; its own numbers where it has some.
pub(super) fn same_failure(paint: Paint, ended: &Ended<'_>, first: &JobId, numbers: Option<&str>) -> String {
    let first = text::one_line(&first.to_string());
    let known = numbers.map_or(format!("as {first}"), str::to_owned);
    format!("{} {}: {}", ended.head(paint), paint.bold(&ended.name()), paint.dim(&known))
}

/// Warnings of one owner that are listed; `summary.md` has more.
const WARNINGS: usize = 30;

/// The warnings of a run by owner; empty where there are none.
pub(super) fn warnings(paint: Paint, warnings: &Warnings, here: &Here) -> String {
    let mut text = String::new();
    for owner in WarningOwner::ALL {
        let (lines, more) = warnings.lines(owner, here, WARNINGS);
        if lines.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n{}", paint.warn(&format!("warnings {}:", title(owner))));
        for line in lines {
            let _ = writeln!(text, "  {}", text::cut_end(&line, LINE_MAX));
        }
        if more > 0 {
            let _ = writeln!(text, "  {}", paint.dim(&format!("… and {more} more")));
        }
    }
    text
}

/// A remark; lines after the first are indented as far as the first.
pub(super) fn log(paint: Paint, level: Level, message: &str) -> String {
    let first = match level {
        Level::Debug => word(paint, Paint::dim, "debug"),
        Level::Info => word(paint, Paint::accent, "note"),
        Level::Warn => word(paint, Paint::warn, "warning"),
    };
    let message = text::for_terminal(message.trim_end());
    format!("{first} {}", message.replace('\n', &format!("\n{} ", " ".repeat(WORD))))
}
