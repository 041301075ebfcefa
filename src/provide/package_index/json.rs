//! Reads JSON as leniently as arduino-cli does (easyjson), and a little more. Knows nothing of packages.
//!
//! Beyond strict JSON: a byte order mark, invalid UTF-8, control characters inside strings, surrogates without their
//! partner and trailing commas (arduino-cli refuses the first and the last; published indexes have both). Keys are compared without regard to case; of several spellings of one key, the last one counts.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Error of a document that is unusable as a whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// The document is a web page, usually an error page or a login form.
    #[error("it is a web page, not JSON: check the URL (of a GitHub file, the raw one)")]
    WebPage,
    /// The document has no content.
    #[error("it is empty")]
    Empty,
    /// The document is not JSON.
    #[error("it is not JSON: {0}")]
    Syntax(#[source] serde_json::Error),
    /// The document is JSON of another shape.
    #[error("it is not a package index: {0}")]
    Shape(String),
}

/// Parses a document.
///
/// # Errors
/// The document is empty, a web page or not JSON even by the lenient rules.
pub(super) fn read(document: &[u8]) -> Result<Value, IndexError> {
    let document = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    let strict = match serde_json::from_slice(document) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    match document.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Err(IndexError::Empty),
        Some(b'<') => Err(IndexError::WebPage),
        Some(_) => serde_json::from_str(&strict_json(document)).map_err(|_| IndexError::Syntax(strict)),
    }
}

/// Rewrites a lenient document as strict JSON. Keeps the text outside of strings.
pub(in crate::provide) fn strict_json(document: &[u8]) -> String {
    let text: Cow<'_, str> = String::from_utf8_lossy(document);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    let mut inside = false;
    while let Some(c) = rest.chars().next() {
        let mut used = c.len_utf8();
        match c {
            '"' => {
                inside = !inside;
                out.push(c);
            }
            '\\' if inside => {
                used = escape_length(rest);
                if is_surrogate(&rest[..used]) && !is_pair(&rest[..used]) {
                    out.push_str("\\ufffd");
                } else {
                    out.push_str(&rest[..used]);
                }
            }
            c if inside && c < ' ' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            '}' | ']' if !inside => {
                if let Some(before) = out.trim_end().strip_suffix(',') {
                    out.truncate(before.len());
                }
                out.push(c);
            }
            c => out.push(c),
        }
        rest = &rest[used..];
    }
    out
}

/// Returns the length of the escape sequence at the start of `text`; of a pair of surrogates, both.
fn escape_length(text: &str) -> usize {
    if is_pair(text) {
        return 12;
    }
    if code_unit(text).is_some() {
        return 6;
    }
    text.chars().take(2).map(char::len_utf8).sum()
}

/// Returns the code unit of the `\uXXXX` at the start of `text`.
fn code_unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

fn is_surrogate(text: &str) -> bool {
    matches!(code_unit(text), Some(0xd800..=0xdfff))
}

/// Returns whether `text` starts with a high and a low surrogate.
fn is_pair(text: &str) -> bool {
    matches!(code_unit(text), Some(0xd800..=0xdbff))
        && matches!(text.get(6..).and_then(code_unit), Some(0xdc00..=0xdfff))
}

/// A JSON object whose fields are looked up as Go does it. `null` counts as missing.
#[derive(Clone, Copy)]
pub(super) struct Fields<'v>(&'v Map<String, Value>);

impl<'v> Fields<'v> {
    /// Returns the fields of an object.
    ///
    /// # Errors
    /// The value is not an object.
    pub(super) fn of(value: &'v Value) -> Result<Self, String> {
        value.as_object().map(Self).ok_or_else(|| format!("expected an object, found {}", kind(value)))
    }

    /// Returns the value of a field. `lower` is its name in lower case.
    pub(super) fn get(self, lower: &str) -> Option<&'v Value> {
        let fits =
            |key: &str| key.eq_ignore_ascii_case(lower) || (!key.is_ascii() && key.to_lowercase() == lower);
        self.0.iter().filter(|(key, value)| fits(key) && !value.is_null()).map(|(_, value)| value).next_back()
    }

    /// Returns a text; a missing field as the empty text.
    ///
    /// # Errors
    /// The field is not a text.
    pub(super) fn text(self, lower: &str) -> Result<&'v str, String> {
        let Some(value) = self.get(lower) else { return Ok("") };
        value.as_str().ok_or_else(|| format!("`{lower}`: expected a text, found {}", kind(value)))
    }

    /// Returns a boolean; a missing field as false.
    ///
    /// # Errors
    /// The field is not a boolean.
    pub(super) fn flag(self, lower: &str) -> Result<bool, String> {
        let Some(value) = self.get(lower) else { return Ok(false) };
        value.as_bool().ok_or_else(|| format!("`{lower}`: expected true or false, found {}", kind(value)))
    }

    /// Returns a number of bytes, written as a number or as a text; `None` where it is not a whole number.
    ///
    /// # Errors
    /// The field is neither a number nor a text.
    pub(super) fn size(self, lower: &str) -> Result<Option<u64>, String> {
        match self.get(lower) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(number.as_u64()),
            Some(Value::String(text)) => Ok(text.parse().ok()),
            Some(value) => Err(format!("`{lower}`: expected a number, found {}", kind(value))),
        }
    }

    /// Returns a list; a missing field as the empty list.
    ///
    /// # Errors
    /// The field is not a list.
    pub(super) fn list(self, lower: &str) -> Result<&'v [Value], String> {
        let Some(value) = self.get(lower) else { return Ok(&[]) };
        value
            .as_array()
            .map(Vec::as_slice)
            .ok_or_else(|| format!("`{lower}`: expected a list, found {}", kind(value)))
    }
}

/// Returns the kind of a JSON value for a message.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
