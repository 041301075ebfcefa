//! The lines that the terminal shows as things happen, made of one event each. Pure functions; where and
//! when a line is shown is the console's.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::paint::Paint;
use crate::event::{JobResult, Level, Outcome};
use crate::report::failures::{self, Trouble};
use crate::report::tally::Verdict;
use crate::report::{log_path, text};

/// Lines of a diagnostic that are shown; the rest is in the log.
pub(super) const DIAGNOSTIC_LINES: usize = 40;
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

/// A failure that has not been seen before: its headline, its diagnostic, where the rest is.
pub(super) fn failure(paint: Paint, ended: &Ended<'_>, trouble: &Trouble, current: &Path) -> String {
    let Ended { result, .. } = ended;
    let mut block = format!(
        "\n{} {}: {}\n",
        ended.head(paint),
        paint.bold(&ended.name()),
        text::cut_end(&trouble.message, LINE_MAX)
    );
    if let Some(place) = &trouble.location {
        let _ = writeln!(
            block,
            "{} {}",
            word(paint, Paint::accent, "at"),
            text::for_terminal(&format!("{}:{}", text::shown_path(&place.file, current), place.line))
        );
    }
    // Trouble's message tells everything that a crash does.
    let body = if ended.verdict() == Verdict::Crashed { "" } else { failures::body(&result.outcome) };
    let body = text::for_terminal(body);
    let lines: Vec<&str> = body.trim_end().lines().collect();
    for line in lines.iter().take(DIAGNOSTIC_LINES) {
        let _ = writeln!(block, "{}", format!("  {}", text::cut_end(line, LINE_MAX)).trim_end());
    }
    let log = log_path(result.log.as_ref(), current);
    let more = match (lines.len().saturating_sub(DIAGNOSTIC_LINES), log) {
        (0, _) => None,
        (more, Some(log)) => Some(format!("… {} in {log}", text::count(more, "more line"))),
        (more, None) => Some(format!("… {} in junit.xml", text::count(more, "more line"))),
    };
    if let Some(more) = more {
        let _ = writeln!(block, "  {}", paint.dim(&text::for_terminal(&more)));
    }
    block
}

/// A failure that is the same as one that was shown.
pub(super) fn same_failure(paint: Paint, ended: &Ended<'_>, trouble: &Trouble) -> String {
    let known = format!("as above: {}", text::cut_end(&trouble.message, 80));
    format!("{} {}: {}", ended.head(paint), paint.bold(&ended.name()), paint.dim(&known))
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
