//! Classifies a line of a tool's output by its text alone.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::head::{Head, Severity, location};
use super::linker;

/// A classified line of a tool's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// The first line of a diagnostic.
    Head(Head<'a>),
    /// The include that led to a file: `In file included from …`.
    Include,
    /// The scope of the diagnostics that follow: a function, an instantiation, a stage.
    Scope,
    /// A continuation of the line before it: source, caret, the second place of a linker's error.
    More,
    /// A driver's summary of errors printed before.
    Summary,
    /// Anything else.
    Text,
}

/// Marks between the place and the message.
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

/// Words of which every line other than text contains at least one, unless it ends with a colon. Most lines contain
/// none.
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
    // Building fails only for huge or empty words.
    AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(words).ok()
});

/// Returns start and end of the first of [`WORDS`].
pub(super) fn next_word(text: &str) -> Option<(usize, usize)> {
    let found = WORDS.as_ref()?.find(text)?;
    Some((found.start(), found.end()))
}

/// Classifies a line without its line ending.
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

/// Parses `FILE:LINE[:COLUMN]: SEVERITY: MESSAGE` and `TOOL: SEVERITY: MESSAGE`.
fn marked(line: &str) -> Option<Head<'_>> {
    let found = MARKS.iter().filter_map(|(mark, severity)| Some((line.find(mark)?, *mark, *severity)));
    let (at, mark, severity) = found.min_by_key(|(at, ..)| *at)?;
    let location = location(&line[..at]);
    // The tool's name matters where no place is given.
    let message = if location.is_some() { &line[at + mark.len()..] } else { line };
    Some(Head { severity, message: message.trim(), location })
}

/// Matches `FILE: In function 'f':`, `FILE: At global scope:`, `FILE: Assembler messages:` and
/// `FILE:LINE:COLUMN:   required from …`.
fn is_scope(line: &str) -> bool {
    let is_within = line.ends_with(':')
        && ([": In ", ": At ", ": in function "].iter().any(|mark| line.contains(mark))
            || line.ends_with(": Assembler messages:"));
    is_within || line.split_once(":  ").is_some_and(|(place, _)| location(place).is_some())
}

/// Matches the last lines of `collect2`, the drivers and `make`.
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
