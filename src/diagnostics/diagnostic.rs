//! A diagnostic as a value: head, context, details.

use super::head::{Severity, location};
use crate::event::Location;

/// An error or a warning with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic<'a> {
    /// [`Severity::Error`] or [`Severity::Warning`].
    pub severity: Severity,
    /// The first line, with its place.
    pub head: &'a str,
    /// The text of the head after place and severity.
    pub message: &'a str,
    /// Its place, if the head names one.
    pub location: Option<Location>,
    /// The lines before the head: includes, function, instantiation. A compiler prints them once for all diagnostics
    /// that share them; here each diagnostic has its own.
    pub context: Vec<&'a str>,
    /// The lines after the head: source, caret, fix-it, notes.
    pub details: Vec<&'a str>,
}

/// A part of a tool's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry<'a> {
    /// An error or a warning.
    Diagnostic(Diagnostic<'a>),
    /// A driver's summary of errors printed before: `collect2: error: ld returned 1 exit status`.
    Summary(&'a str),
    /// A line outside of diagnostics.
    Text(&'a str),
}

impl Diagnostic<'_> {
    /// Returns the place that instantiates the template with the error.
    pub fn instantiated_at(&self) -> Option<Location> {
        // GCC's line before the error, Clang's note behind it.
        let marks = ["required from here", "requested here"];
        let lines = self.context.iter().chain(&self.details).rev();
        let line = lines.copied().find(|line| marks.iter().any(|mark| line.ends_with(*mark)))?;
        let (place, _) = line.split_once(": ")?;
        location(place)
    }
}
