//! What one line is. Looks at nothing but the line.

use std::path::PathBuf;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::{Severity, linker};
use crate::event::Location;

/// A line that a tool printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// It begins a diagnostic.
    Head(Head<'a>),
    /// How the compiler came to a file: `In file included from …`.
    Include,
    /// What the compiler was in: a function, an instantiation, a stage.
    Scope,
    /// It belongs to the line before it: source, caret, the second place of a linker's error.
    More,
    /// A driver's last word, which only says that something failed.
    Summary,
    /// Anything else.
    Text,
}

/// The first line of a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head<'a> {
    pub(super) severity: Severity,
    /// Without place and severity; the whole line where there is no place.
    pub(super) message: &'a str,
    pub(super) location: Option<Location>,
}

/// What stands between the place and the message.
const MARKS: [(&str, Severity); 10] = [
    (": error: ", Severity::Error),
    (": fatal error: ", Severity::Error),
    (": internal compiler error: ", Severity::Error),
    (": sorry, unimplemented: ", Severity::Error),
    (": Error: ", Severity::Error),
    (": Fatal error: ", Severity::Error),
    (": warning: ", Severity::Warning),
    (": Warning: ", Severity::Warning),
    (": note: ", Severity::Note),
    (": remark: ", Severity::Note),
];

/// Words of which every line has one that is more than text, unless it ends with a colon: most lines have none.
static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    const OTHERS: [&str; 14] = [
        "ld: ",
        "ld.exe: ",
        ".bfd: ",
        ".gold: ",
        ".lld: ",
        ":  ",
        ">>> ",
        "first defined here",
        "more undefined references",
        "exit status",
        "exit code",
        "being treated as errors",
        "compilation terminated",
        " generated.",
    ];
    let words = MARKS.iter().map(|(mark, _)| *mark).chain(linker::PHRASES).chain(OTHERS);
    // Few words, none of them empty: this can't fail.
    AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(words).ok()
});

/// Where the first of the words stands.
pub(super) fn next_word(text: &str) -> Option<(usize, usize)> {
    let found = WORDS.as_ref()?.find(text)?;
    Some((found.start(), found.end()))
}

/// Reads a line without its end.
pub(super) fn read(line: &str) -> Line<'_> {
    if line.is_empty() || line.starts_with([' ', '\t']) {
        return Line::More;
    }
    if line.starts_with("In file included from ") {
        return Line::Include;
    }
    if !line.ends_with(':') && next_word(line).is_none() {
        return Line::Text;
    }
    if is_summary(line) {
        return Line::Summary;
    }
    if let Some(head) = marked(line) {
        return Line::Head(head);
    }
    if is_scope(line) {
        return Line::Scope;
    }
    if linker::is_more(line) {
        return Line::More;
    }
    linker::head(line).map_or(Line::Text, Line::Head)
}

/// `FILE:LINE[:COLUMN]: SEVERITY: MESSAGE`, `TOOL: SEVERITY: MESSAGE`.
fn marked(line: &str) -> Option<Head<'_>> {
    let found = MARKS.iter().filter_map(|(mark, severity)| Some((line.find(mark)?, *mark, *severity)));
    let (at, mark, severity) = found.min_by_key(|(at, ..)| *at)?;
    let location = location(&line[..at]);
    // Who says it matters where no place does.
    let message = if location.is_some() { &line[at + mark.len()..] } else { line };
    Some(Head { severity, message: message.trim(), location })
}

/// `FILE: In function 'f':`, `FILE: At global scope:`, `FILE: Assembler messages:`, `FILE:LINE:COLUMN:   required from …`.
fn is_scope(line: &str) -> bool {
    let is_within = line.ends_with(':')
        && ([": In ", ": At ", ": in function "].iter().any(|mark| line.contains(mark))
            || line.ends_with(": Assembler messages:"));
    is_within || line.split_once(":  ").is_some_and(|(place, _)| location(place).is_some())
}

/// What `collect2`, the drivers and `make` say at the end sums up what was said before.
fn is_summary(line: &str) -> bool {
    const CONTAINED: [&str; 3] = [
        "linker command failed with exit code",
        "warnings being treated as errors",
        "compilation terminated",
    ];
    let ended = |word: &str| line.ends_with(word);
    (line.contains(" returned ") && ended(" exit status"))
        || CONTAINED.iter().any(|part| line.contains(part))
        || [" error generated.", " errors generated.", " warnings generated.", " warning generated."]
            .into_iter()
            .any(ended)
}

/// `FILE:LINE[:COLUMN]`.
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
