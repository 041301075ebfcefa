//! Finds characters that a YAML file can't contain. Most are found before the parser runs: it takes NUL as the end of
//! the file and ignores the rest. A tab is valid in some places only, and the parser reports it lines later.

use saphyr_parser::Parser;

use super::super::diagnostic::Diagnostic;
use super::super::source::Span;

/// Returns an error for the first character that YAML forbids (YAML 1.2, production `c-printable`). `skipped` is added
/// to its place.
pub(super) fn unprintable(text: &str, skipped: usize) -> Option<Diagnostic> {
    let (at, found) = text.char_indices().find(|&(_, c)| !printable(c))?;
    let span = Span { start: skipped + at, end: skipped + at + found.len_utf8() };
    let message = match found {
        char::REPLACEMENT_CHARACTER => "this is not UTF-8 text".to_owned(),
        other => format!("the control character U+{:04X} can't be in a YAML file", u32::from(other)),
    };
    Some(Diagnostic::new(span, message))
}

/// Returns whether a character is printable. U+FFFD is by the specification; here it stands for bytes that are no
/// UTF-8.
fn printable(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' | '\u{85}' => true,
        '\u{feff}' | char::REPLACEMENT_CHARACTER | '\u{fffe}' | '\u{ffff}' => false,
        other => !other.is_control(),
    }
}

/// Returns an error for the tab because of which the parser stops at the character `stop` of `text`, if a tab is the
/// cause: with blanks in its place, the parser stops elsewhere, or nowhere. `skipped` is added to its place.
pub(super) fn tab(text: &str, stop: usize, skipped: usize) -> Option<Diagnostic> {
    /// Limit of the lines between the tab and the place where the parser stops: the broken value may be long.
    const LINES: usize = 50;
    let stop_byte = text.char_indices().nth(stop).map_or(text.len(), |(at, _)| at);
    let stop_line = text[..stop_byte].matches('\n').count();
    let mut start = 0;
    let mut near = Vec::new();
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if number.abs_diff(stop_line) <= LINES && line.contains('\t') {
            near.push((number.abs_diff(stop_line), start, line));
        }
        start += line.len();
    }
    near.sort_unstable();
    let (start, line) = near.into_iter().find_map(|(_, start, line)| {
        let cured = [&text[..start], &line.replace('\t', " "), &text[start + line.len()..]].concat();
        (stops_at(&cured) != Some(stop)).then_some((start, line))
    })?;
    let at = skipped + start + line.find('\t')?;
    let diagnostic = Diagnostic::new(Span { start: at, end: at + 1 }, "a tab can't indent YAML");
    Some(diagnostic.help("put spaces in its place"))
}

/// Returns the character of `text` at which the parser stops, if it does not reach the end.
fn stops_at(text: &str) -> Option<usize> {
    let mut parser = Parser::new_from_str(text);
    loop {
        match parser.next_event()? {
            Ok((saphyr_parser::Event::StreamEnd, _)) => return None,
            Ok(_) => {}
            Err(error) => return Some(error.marker().index()),
        }
    }
}
