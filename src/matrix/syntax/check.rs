//! Characters that a YAML file can't contain, found before the parser sees them: it would take NUL as
//! the end of the file and ignore what follows.

use super::super::diagnostic::Diagnostic;
use super::super::source::Span;

/// The first character of `text` that YAML forbids (YAML 1.2, production `c-printable`). `skipped` is
/// added to its place.
pub(super) fn unprintable(text: &str, skipped: usize) -> Option<Diagnostic> {
    let (at, found) = text.char_indices().find(|&(_, c)| !printable(c))?;
    let span = Span { start: skipped + at, end: skipped + at + found.len_utf8() };
    let message = match found {
        char::REPLACEMENT_CHARACTER => "this is not UTF-8 text".to_owned(),
        other => format!("the control character U+{:04X} can't be in a YAML file", u32::from(other)),
    };
    Some(Diagnostic::new(span, message))
}

/// U+FFFD is printable by the letter; here it stands for bytes that are no UTF-8.
fn printable(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' | '\u{85}' => true,
        '\u{feff}' | char::REPLACEMENT_CHARACTER | '\u{fffe}' | '\u{ffff}' => false,
        other => !other.is_control(),
    }
}
