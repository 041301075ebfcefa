//! Formats the lines of the terminal during a run, one for each event. Pure functions.

use std::fmt::Write as _;
use std::time::Duration;

use super::paint::Paint;
use crate::event::{JobId, JobResult, Level, Outcome, WarningOwner};
use crate::report::failures::{CACHED_FAILURE, Trouble};
use crate::report::paths::Here;
use crate::report::tally::Verdict;
use crate::report::text;
use crate::report::warnings::{WarningTally, title};

/// Number of a diagnostic's lines that are shown; the log has the rest.
pub(super) const DIAGNOSTIC_LINES: usize = 40;
/// Number of bytes of a tool's output that are read for them.
pub(super) const ROOM: usize = 64 * 1024;
/// The longest line of a diagnostic, in bytes: a link command can be longer than a screen.
const LINE_MAX: usize = 500;

/// Width of the first column, that of its longest word.
const WORD: usize = 10;

/// Returns a word in the first column, aligned to the right.
pub(super) fn word(paint: Paint, color: fn(Paint, &str) -> String, word: &str) -> String {
    format!("{}{}", " ".repeat(WORD.saturating_sub(word.len())), color(paint, word))
}

/// A job that ended, and the progress of its stage.
#[derive(Clone, Copy)]
pub(super) struct EndedJob<'a> {
    pub(super) result: &'a JobResult,
    /// Number of jobs of its stage that have ended.
    pub(super) done: usize,
    /// Number of jobs of its stage.
    pub(super) all: usize,
    /// Time in which its steps held slots.
    pub(super) time: Duration,
}

impl EndedJob<'_> {
    fn verdict(&self) -> Verdict {
        Verdict::of(&self.result.outcome)
    }

    /// Returns `    failed [12/30] `.
    fn head(&self, paint: Paint) -> String {
        let Self { done, all, .. } = self;
        let width = all.to_string().len();
        let place = paint.dim(&format!("[{done:>width$}/{all}]"));
        format!("{} {place}", word(paint, color(self.verdict()), self.verdict().word()))
    }

    fn name(&self) -> String {
        text::one_line(&self.result.job.to_string())
    }

    /// Returns `  cached failure`, if it is one.
    fn mark(&self, paint: Paint) -> String {
        if !self.result.outcome.is_cached_failure() {
            return String::new();
        }
        format!("  {}", paint.dim(CACHED_FAILURE))
    }
}

/// Returns `     built [12/30] uno/Blink  0.42s  3.2% flash`.
pub(super) fn job(paint: Paint, ended: &EndedJob<'_>) -> String {
    let result = ended.result;
    let mut line = format!("{} {}", ended.head(paint), ended.name());
    if !ended.time.is_zero() {
        let _ = write!(line, "  {}", text::duration(ended.time));
    }
    match &result.outcome {
        Outcome::Blocked { by, .. } => {
            let _ = write!(line, "  {}", paint.dim(&format!("by core {by}")));
        }
        Outcome::ExpectedFailure { failure, expected } => {
            let told = text::one_line(&format!("{expected}: {}", failure.message));
            let _ = write!(line, "  {}", paint.dim(text::cut_end(&told, LINE_MAX).as_ref()));
        }
        Outcome::Cancelled { reason, .. } => {
            let _ = write!(line, "  {}", paint.dim(&text::one_line(reason)));
        }
        _ => {}
    }
    if let Some(flash) = result.sizes.as_ref().and_then(|sizes| sizes.flash)
        && let Some(max) = flash.max
    {
        let share = text::percent(text::per_mille(flash.used, max));
        let _ = write!(line, "  {}", paint.dim(&format!("{share} flash")));
    }
    line
}

/// Returns the colour of a verdict.
pub(super) const fn color(verdict: Verdict) -> fn(Paint, &str) -> String {
    match verdict {
        Verdict::Built | Verdict::ExpectedFailure => Paint::good,
        Verdict::UpToDate => Paint::accent,
        Verdict::Failed | Verdict::TimedOut | Verdict::Crashed => Paint::bad,
        Verdict::Blocked | Verdict::Cancelled => Paint::warn,
        Verdict::Skipped => Paint::dim,
    }
}

/// Returns a failure that was not shown before: job, cause with its location, diagnostic, and the file with the rest.
pub(super) fn failure(paint: Paint, ended: &EndedJob<'_>, trouble: &Trouble, here: &Here) -> String {
    let (name, mark) = (paint.bold(&ended.name()), ended.mark(paint));
    let mut block = format!("\n{} {name}{mark}\n", ended.head(paint));
    let lines = &trouble.text.lines;
    for (place, line) in lines.iter().take(DIAGNOSTIC_LINES).enumerate() {
        let line = text::for_terminal(text::cut_end(line, LINE_MAX).trim_end());
        let line = if place == 0 { paint.bold(&line) } else { line };
        let _ = writeln!(block, "{}", format!("  {line}").trim_end());
    }
    let more = lines.len().saturating_sub(DIAGNOSTIC_LINES);
    let more = (more > 0).then(|| format!("… {}", text::count(more, "more line")));
    let rest: Vec<String> = more.into_iter().chain(trouble.text.and_warnings()).collect();
    if !rest.is_empty() {
        let log = ended.result.log.as_ref().map_or("junit.xml".to_owned(), |log| here.path(log));
        let rest = format!("{} in {log}", rest.join(" "));
        let _ = writeln!(block, "  {}", paint.dim(&text::for_terminal(&rest)));
    }
    block
}

/// Returns a failure that equals the one shown for `first`, with its own numbers if it has any.
pub(super) fn same_failure(
    paint: Paint,
    ended: &EndedJob<'_>,
    first: &JobId,
    numbers: Option<&str>,
) -> String {
    let first = text::one_line(&first.to_string());
    let known = numbers.map_or(format!("as {first}"), str::to_owned);
    let (name, mark) = (paint.bold(&ended.name()), ended.mark(paint));
    format!("{} {name}: {}{mark}", ended.head(paint), paint.dim(&known))
}

/// Number of warnings that are listed for each owner; `summary.md` has more.
const WARNINGS: usize = 30;

/// Returns the warnings of a run by owner; empty where there are none.
pub(super) fn warnings(paint: Paint, warnings: &WarningTally, here: &Here) -> String {
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

/// Returns a remark; further lines are indented like the first.
pub(super) fn log(paint: Paint, level: Level, message: &str) -> String {
    let first = match level {
        Level::Debug => word(paint, Paint::dim, "debug"),
        Level::Info => word(paint, Paint::accent, "note"),
        Level::Warn => word(paint, Paint::warn, "warning"),
    };
    let message = text::for_terminal(message.trim_end());
    format!("{first} {}", message.replace('\n', &format!("\n{} ", " ".repeat(WORD))))
}
