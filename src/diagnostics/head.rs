//! The first line of a diagnostic: severity, place, message. Knows nothing of the tools' words.

use std::path::PathBuf;

use crate::event::Location;

/// Severity of a diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Makes the build fail.
    Error,
    /// Lets the build go on.
    Warning,
    /// Part of the diagnostic before it.
    Note,
}

/// The first line of a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head<'a> {
    pub(super) severity: Severity,
    /// The text after place and severity; the whole line where there is no place.
    pub(super) message: &'a str,
    pub(super) location: Option<Location>,
}

/// Parses `FILE:LINE[:COLUMN]`.
pub(super) fn location(place: &str) -> Option<Location> {
    let mut parts = place.rsplitn(3, ':');
    let last = parts.next()?;
    let middle = parts.next()?;
    let first = parts.next();
    let (file, line, column) = match (first, middle.parse::<u32>(), last.parse::<u32>()) {
        (Some(file), Ok(line), Ok(column)) => (file.to_owned(), line, Some(column)),
        (Some(first), Err(_), Ok(line)) => (format!("{first}:{middle}"), line, None),
        (None, _, Ok(line)) => (middle.to_owned(), line, None),
        _ => return None,
    };
    Some(Location { file: PathBuf::from(file), line, column })
}
