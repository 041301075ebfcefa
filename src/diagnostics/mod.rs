//! The one reader of what compilers, assemblers and linkers print: which lines are an error, a warning, their notes,
//! their context. Text in, data out; it knows no sketch, no command and no report.
//!
//! Formats: GCC and Clang (`FILE:LINE:COLUMN: error: …`), GNU as (`FILE:LINE: Error: …`), GNU ld and collect2
//! (`OBJECT: In function …`, `FILE:LINE: undefined reference to …`, `ld: region … overflowed by …`), lld.

mod faults;
mod first;
mod line;
mod linker;
mod overflow;
mod warnings;

use crate::event::Location;
use line::{Head, Line};

pub use faults::{WriteFault, memory_fault, write_fault};
pub use first::{Diagnosis, diagnose, first_error, missing_file};
pub use linker::{LinkError, link_error, without_name};
pub use overflow::{RegionOverflow, is_overflow, overflows};
pub use warnings::warnings;

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The build fails.
    Error,
    /// It does not.
    Warning,
    /// It belongs to the diagnostic before it.
    Note,
}

/// An error or a warning with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic<'a> {
    /// [`Severity::Error`] or [`Severity::Warning`].
    pub severity: Severity,
    /// The line that says what is wrong, with its place.
    pub head: &'a str,
    /// The head without place and severity.
    pub message: &'a str,
    /// Where it is, if the head says so.
    pub location: Option<Location>,
    /// The lines that say how the compiler came there: includes, function, instantiation. A compiler prints them once
    /// for all diagnostics that have them in common; here each diagnostic has its own.
    pub context: Vec<&'a str>,
    /// The lines after the head: source, caret, fix-it, notes.
    pub details: Vec<&'a str>,
}

/// A part of what was printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry<'a> {
    /// An error or a warning.
    Diagnostic(Diagnostic<'a>),
    /// A driver's last word, which only says that something failed: `collect2: error: ld returned 1 exit status`.
    Summary(&'a str),
    /// A line of no diagnostic.
    Text(&'a str),
}

impl Diagnostic<'_> {
    /// The place that made the compiler instantiate the template that the error is in.
    pub fn instantiated_at(&self) -> Option<Location> {
        // GCC's line before the error, Clang's note behind it.
        let marks = ["required from here", "requested here"];
        let lines = self.context.iter().chain(&self.details).rev();
        let line = lines.copied().find(|line| marks.iter().any(|mark| line.ends_with(*mark)))?;
        let (place, _) = line.split_once(": ")?;
        line::location(place)
    }
}

/// Cuts what was printed into diagnostics and other lines, in its order.
pub fn parse(printed: &str) -> Vec<Entry<'_>> {
    let mut parser = Parser::default();
    for line in printed.lines() {
        parser.line(line.trim_end());
    }
    parser.flush();
    parser.entries
}

/// The entry of the first error: what [`first_error`] finds in the same text.
pub fn first_of(entries: &[Entry<'_>]) -> Option<usize> {
    let errors = || {
        entries.iter().enumerate().filter_map(|(at, entry)| match entry {
            Entry::Diagnostic(it) if it.severity == Severity::Error => Some((at, it.message)),
            _ => None,
        })
    };
    let is_told = errors().any(|(_, message)| message.contains(overflow::BY));
    let first = errors().find(|(_, message)| !(is_told && linker::is_vague(message)));
    first.or_else(|| errors().next()).map(|(at, _)| at)
}

/// How many warnings were printed.
pub fn count_warnings(printed: &str) -> usize {
    heads(printed).filter(|(_, severity)| *severity == Severity::Warning).count()
}

/// At most about `most` bytes of what was printed, in whole lines: from a little before the first error on. The less is
/// wanted, the less is looked through for that.
pub fn around_first_error(printed: &str, most: usize) -> &str {
    const BEFORE: usize = 8 * 1024;
    if printed.len() <= most {
        return printed;
    }
    let searched = printed.floor_char_boundary(most.saturating_mul(512).max(256 * 1024));
    let mut errors = heads(&printed[..searched]).filter(|(_, severity)| *severity == Severity::Error);
    let first = errors.next().map_or(0, |(at, _)| at);
    let start = printed.floor_char_boundary(first.saturating_sub(BEFORE.min(most / 2)));
    let start = printed[..start].rfind('\n').map_or(0, |end| end + 1);
    let end = printed.floor_char_boundary(start.saturating_add(most));
    let whole = printed[start..end].rfind('\n').map_or(end, |last| start + last);
    &printed[start..whole.max(start)]
}

/// The lines that begin a diagnostic: their offset and severity.
fn heads(printed: &str) -> impl Iterator<Item = (usize, Severity)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some((from, to)) = line::next_word(&printed[at..]) {
            let start = printed[..at + from].rfind('\n').map_or(0, |end| end + 1);
            let end = printed[at + to..].find('\n').map_or(printed.len(), |line| at + to + line);
            at = end;
            if let Line::Head(head) = line::read(printed[start..end].trim_end()) {
                return Some((start, head.severity));
            }
        }
        None
    })
}

/// A group of context lines, and the file of the diagnostic that it was printed for.
#[derive(Debug, Default)]
struct Context<'a> {
    lines: Vec<&'a str>,
    file: Option<Location>,
}

impl<'a> Context<'a> {
    /// Takes the lines that precede a diagnostic; without any, the earlier ones hold as long as the file is the same.
    fn update(&mut self, fresh: Vec<&'a str>, location: Option<&Location>) {
        if !fresh.is_empty() {
            *self = Self { lines: fresh, file: location.cloned() };
        } else if self.file.as_ref().map(|file| &file.file) != location.map(|place| &place.file) {
            *self = Self::default();
        }
    }
}

#[derive(Debug, Default)]
struct Parser<'a> {
    entries: Vec<Entry<'a>>,
    /// Context lines whose diagnostic is yet to come, and which of them tell of includes.
    pending: Vec<(&'a str, bool)>,
    include: Context<'a>,
    scope: Context<'a>,
}

impl<'a> Parser<'a> {
    fn line(&mut self, line: &'a str) {
        match line::read(line) {
            Line::Include => self.pending.push((line, true)),
            Line::Scope => self.pending.push((line, false)),
            Line::More => self.more(line),
            Line::Head(Head { severity: Severity::Note, .. }) => self.note(line),
            Line::Head(head) => self.diagnostic(line, &head),
            Line::Summary => {
                self.flush();
                self.entries.push(Entry::Summary(line));
            }
            Line::Text => {
                self.flush();
                self.entries.push(Entry::Text(line));
            }
        }
    }

    fn more(&mut self, line: &'a str) {
        if let Some((_, is_include)) = self.pending.last() {
            let is_include = *is_include;
            self.pending.push((line, is_include));
        } else if let Some(Entry::Diagnostic(diagnostic)) = self.entries.last_mut() {
            diagnostic.details.push(line);
        } else {
            self.entries.push(Entry::Text(line));
        }
    }

    fn note(&mut self, line: &'a str) {
        if let Some(Entry::Diagnostic(diagnostic)) = self.entries.last_mut() {
            diagnostic.details.extend(self.pending.drain(..).map(|(line, _)| line));
            diagnostic.details.push(line);
        } else {
            self.flush();
            self.entries.push(Entry::Text(line));
        }
    }

    fn diagnostic(&mut self, line: &'a str, head: &Head<'a>) {
        let location = head.location.clone();
        let (include, scope): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.pending).into_iter().partition(|(_, is_include)| *is_include);
        let lines = |lines: Vec<(&'a str, bool)>| lines.into_iter().map(|(line, _)| line).collect::<Vec<_>>();
        self.include.update(lines(include), location.as_ref());
        self.scope.update(lines(scope), location.as_ref());
        self.entries.push(Entry::Diagnostic(Diagnostic {
            severity: head.severity,
            head: line,
            message: head.message,
            location,
            context: [self.include.lines.as_slice(), &self.scope.lines].concat(),
            details: Vec::new(),
        }));
    }

    /// Context that no diagnostic follows is text.
    fn flush(&mut self) {
        self.entries.extend(self.pending.drain(..).map(|(line, _)| Entry::Text(line)));
    }
}

#[cfg(test)]
mod tests;
