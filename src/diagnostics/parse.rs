//! Splits a tool's output into diagnostics, each with all of its lines.

use super::diagnostic::{Diagnostic, Entry};
use super::head::{Head, Severity};
use super::line::{Line, read};
use super::{linker, overflow};
use crate::event::Location;

/// Splits a tool's output into diagnostics and other lines, in order.
pub fn parse(printed: &str) -> Vec<Entry<'_>> {
    let mut parser = Parser::default();
    for line in printed.lines() {
        parser.line(line.trim_end());
    }
    parser.flush();
    parser.entries
}

/// Returns the index of the first error: the one that [`first_error`] finds in the same text.
///
/// [`first_error`]: fn@super::first_error
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

/// A group of context lines, and the file of their diagnostic.
#[derive(Debug, Default)]
struct Context<'a> {
    lines: Vec<&'a str>,
    file: Option<Location>,
}

impl<'a> Context<'a> {
    /// Takes the lines before a diagnostic. Without any, the earlier ones stay valid for the same file.
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
    /// Context lines of the next diagnostic, each with whether it is an include.
    pending: Vec<(&'a str, bool)>,
    include: Context<'a>,
    scope: Context<'a>,
}

impl<'a> Parser<'a> {
    fn line(&mut self, line: &'a str) {
        match read(line) {
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

    /// Turns context without a diagnostic into text.
    fn flush(&mut self) {
        self.entries.extend(self.pending.drain(..).map(|(line, _)| Entry::Text(line)));
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
