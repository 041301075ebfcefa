//! Replaces `{references}` by their values. Knows no words, quotes or recipes.
//!
//! One [`Expander`] serves one text. It remembers the expanded value of each property, so that its work
//! is proportional to its output, however often properties reference each other.

use std::collections::HashMap;

use thiserror::Error;

use super::properties::Properties;
use super::value::Value;

/// Limit of the nesting of references. Arduino's own tools stop at 10.
pub const MAX_DEPTH: usize = 64;

/// Limit of the bytes that one expansion produces, values of nested references included.
pub const MAX_EXPANDED: usize = 4 << 20;

/// Limit of a property's name in bytes. Without it, nested braces would be hashed repeatedly.
const MAX_NAME: usize = 1024;

/// Delimiter of the index of a [`Value::Word`] or [`Value::Words`] in expanded text. No argument can hold it, and
/// expansion drops it from its inputs.
pub(super) const MARK: char = '\0';

/// Error of an expansion.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExpandError {
    /// A property references itself.
    #[error("the property `{}` needs itself: {}", .chain.first().map_or("", String::as_str), .chain.join(" → "))]
    Cycle {
        /// The keys of the cycle; the first and the last are equal.
        chain: Vec<String>,
    },
    /// References are nested too deeply.
    #[error("references are nested more than {MAX_DEPTH} deep at the property `{key}`")]
    TooDeep {
        /// The property at the limit.
        key: String,
    },
    /// The result is too long.
    #[error("it expands to more than {MAX_EXPANDED} bytes{}", .key.as_ref().map(|key| format!(", at the property `{key}`")).unwrap_or_default())]
    TooLarge {
        /// The property at the limit, if any.
        key: Option<String>,
    },
}

impl Properties {
    /// Replaces every `{key}` in `text` by the value of `key`, and likewise in that value.
    ///
    /// * Names nest: `{runtime.tools.{build.toolchainpkg}.path}`.
    /// * A reference to an unset name stays, with its braces, and so does every other brace.
    /// * An inserted value can complete a name: where `a` is `{b` and `b` is set, `{a}}` is its value.
    /// * NUL, which no argument can hold, is dropped.
    ///
    /// # Errors
    ///
    /// A property that references itself, references nested deeper than [`super::MAX_DEPTH`], or more than
    /// [`super::MAX_EXPANDED`] bytes.
    pub fn expand(&self, text: &str) -> Result<String, ExpandError> {
        Expander::new(self, &[]).expand(text)
    }
}

/// Expands one text.
pub(super) struct Expander<'a> {
    properties: &'a Properties,
    /// Values that override properties; the last of a name wins.
    extra: &'a [(&'a str, Value<'a>)],
    /// Expanded value of each property with references.
    known: HashMap<String, String>,
    /// The properties being expanded, outermost first.
    path: Vec<String>,
    produced: usize,
}

impl<'a> Expander<'a> {
    pub(super) fn new(properties: &'a Properties, extra: &'a [(&'a str, Value<'a>)]) -> Self {
        Self { properties, extra, known: HashMap::new(), path: Vec::new(), produced: 0 }
    }

    /// Returns `text` with its references replaced; a [`Value::Word`] or [`Value::Words`] by its mark. As in
    /// arduino-cli (`ExpandPropsInString`), the result is expanded again, at most ten times.
    pub(super) fn expand(&mut self, text: &str) -> Result<String, ExpandError> {
        const PASSES: usize = 10;
        let mut expanded = self.pass(&text.replace(MARK, ""))?;
        for _ in 1..PASSES {
            if !expanded.contains('{') {
                break;
            }
            let again = self.pass(&expanded)?;
            if again == expanded {
                break;
            }
            expanded = again;
        }
        Ok(expanded)
    }

    /// Returns `text` with each reference replaced by its expanded value; its marks stay.
    fn pass(&mut self, text: &str) -> Result<String, ExpandError> {
        let mut out = String::with_capacity(text.len() * 2);
        // Offsets in `out` of the braces that are still open.
        let mut open: Vec<usize> = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            self.push(&mut out, &rest[..at])?;
            match rest.as_bytes()[at] {
                b'{' => {
                    open.push(out.len());
                    self.push(&mut out, "{")?;
                }
                _ => match open.pop() {
                    Some(start) => self.close(&mut out, start)?,
                    None => self.push(&mut out, "}")?,
                },
            }
            rest = &rest[at + 1..];
        }
        self.push(&mut out, rest)?;
        Ok(out)
    }

    /// Replaces the reference that begins with the `{` at `out[start]` and ends here.
    fn close(&mut self, out: &mut String, start: usize) -> Result<(), ExpandError> {
        let name = out.get(start + 1..).unwrap_or_default();
        if name.len() <= MAX_NAME {
            let name = self.unmarked(name);
            if let Some(value) = self.value(&name)? {
                out.truncate(start);
                return self.push(out, &value);
            }
        }
        self.push(out, "}")
    }

    /// Returns the expanded value of `{name}`, if it is set.
    fn value(&mut self, name: &str) -> Result<Option<String>, ExpandError> {
        let text = match self.extra.iter().enumerate().rev().find(|(_, (key, _))| *key == name) {
            Some((_, (_, Value::Text(text)))) => text,
            Some((index, (_, Value::Word(_) | Value::Words(_)))) => {
                return Ok(Some(format!("{MARK}{index}{MARK}")));
            }
            None => match self.properties.get(name) {
                Some(text) => text,
                None => return Ok(None),
            },
        };
        if !text.contains(['{', '}', MARK]) {
            return Ok(Some(text.to_owned()));
        }
        // A property that names itself is replaced once in each pass, as by arduino-cli.
        if self.path.last().is_some_and(|key| key == name) {
            return Ok(None);
        }
        if let Some(known) = self.known.get(name) {
            return Ok(Some(known.clone()));
        }
        if let Some(first) = self.path.iter().position(|key| key == name) {
            let chain = self.path[first..].iter().cloned().chain([name.to_owned()]).collect();
            return Err(ExpandError::Cycle { chain });
        }
        if self.path.len() == MAX_DEPTH {
            return Err(ExpandError::TooDeep { key: name.to_owned() });
        }
        self.path.push(name.to_owned());
        let value = self.pass(&text.replace(MARK, ""))?;
        self.path.pop();
        self.known.insert(name.to_owned(), value.clone());
        Ok(Some(value))
    }

    /// Returns `text` with its marks replaced by their values.
    pub(super) fn unmarked(&self, text: &str) -> String {
        if !text.contains(MARK) {
            return text.to_owned();
        }
        // Only `value` writes marks, always in pairs around an index: every second piece is one.
        text.split(MARK)
            .enumerate()
            .map(
                |(index, piece)| if index % 2 == 0 { piece.to_owned() } else { self.marked(piece).to_text() },
            )
            .collect()
    }

    /// Returns the value of the mark with the index `digits`.
    pub(super) fn marked(&self, digits: &str) -> Value<'a> {
        let index = digits.parse::<usize>().ok();
        index.and_then(|index| self.extra.get(index)).map_or(Value::Text(""), |(_, value)| *value)
    }

    fn push(&mut self, out: &mut String, text: &str) -> Result<(), ExpandError> {
        self.produced += text.len();
        if self.produced > MAX_EXPANDED {
            return Err(ExpandError::TooLarge { key: self.path.last().cloned() });
        }
        out.push_str(text);
        Ok(())
    }
}

/// Returns `text` without its references, each from an opening brace to the next closing one. An empty pair stays
/// (`DeleteUnexpandedPropsFromString`).
pub(super) fn without_references(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let line = rest[open + 1..].split('\n').next().unwrap_or_default();
        let end = line.char_indices().skip(1).find(|(_, c)| *c == '}').map(|(at, _)| open + 1 + at + 1);
        out.push_str(&rest[..end.map_or(open + 1, |_| open)]);
        rest = &rest[end.unwrap_or(open + 1)..];
    }
    out + rest
}

#[cfg(test)]
#[allow(clippy::format_collect)] // short texts
#[path = "expand_tests.rs"]
mod tests;
