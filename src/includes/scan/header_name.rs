//! Header names and words at the start of a text.

use super::model::Form;

/// Limit of a header name in bytes (`PATH_MAX`). Without it, broken text would be searched repeatedly.
pub(super) const LONGEST_NAME: usize = 4096;

/// Parses `"name"` or `<name>` at the start of an operand.
pub(super) fn header_name(operand: &str) -> Option<(&str, Form)> {
    let (close, form) = match operand.as_bytes().first()? {
        b'"' => ('"', Form::Quote),
        b'<' => ('>', Form::Angle),
        _ => return None,
    };
    let name = up_to(&operand[1..], close)?;
    (!name.is_empty()).then_some((name, form))
}

/// Returns the text before the first `end`, if that is at most [`LONGEST_NAME`] away.
pub(super) fn up_to(text: &str, end: char) -> Option<&str> {
    let near = text.as_bytes().get(..LONGEST_NAME).unwrap_or(text.as_bytes());
    // The byte of an ASCII character is never a part of another.
    near.iter().position(|byte| char::from(*byte) == end).map(|at| &text[..at])
}

/// Returns whether a name is valid UTF-8, and possible for a file.
pub(super) fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['\0', char::REPLACEMENT_CHARACTER])
}

/// Splits a text after the identifier at its start.
pub(super) fn split_word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len()))
}
