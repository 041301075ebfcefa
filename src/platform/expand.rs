//! Replaces `{references}` by their values. Knows nothing of words, quotes or recipes.
//!
//! One [`Expander`] serves one text. It remembers what each property expanded to, so that its work
//! is bounded by what it produces, however often and however deeply properties name each other.

use std::collections::HashMap;

use thiserror::Error;

use super::Properties;
use super::command::Value;

/// How many properties may be on the way from the text to a value. Arduino's own tools stop at 10.
pub const MAX_DEPTH: usize = 64;

/// How many bytes one expansion may produce, all values on the way counted.
pub const MAX_EXPANDED: usize = 4 << 20;

/// No property has a longer name; the bound keeps nested braces from being hashed again and again.
const MAX_NAME: usize = 1024;

/// Stands before and after the number of a [`Value::Word`] or [`Value::Words`] in expanded text. No
/// argument can hold it, and expansion drops it from everything that it reads.
pub(super) const MARK: char = '\0';

/// Why a text can't be expanded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExpandError {
    /// A property needs itself.
    #[error("the property `{}` needs itself: {}", .chain.first().map_or("", String::as_str), .chain.join(" → "))]
    Cycle {
        /// The keys on the way, the first and the last the same.
        chain: Vec<String>,
    },
    /// Properties name each other too deeply.
    #[error("references are nested more than {MAX_DEPTH} deep at the property `{key}`")]
    TooDeep {
        /// Where it was given up.
        key: String,
    },
    /// The result is too long.
    #[error("it expands to more than {MAX_EXPANDED} bytes{}", .key.as_ref().map(|key| format!(", at the property `{key}`")).unwrap_or_default())]
    TooLarge {
        /// Where it was given up, if in a property.
        key: Option<String>,
    },
}

/// Expands one text.
pub(super) struct Expander<'a> {
    properties: &'a Properties,
    /// Values on top of the properties; the last of a name wins.
    extra: &'a [(&'a str, Value<'a>)],
    /// What each property that holds references expanded to.
    known: HashMap<String, String>,
    /// The properties being expanded, outermost first.
    path: Vec<String>,
    produced: usize,
}

impl<'a> Expander<'a> {
    pub(super) fn new(properties: &'a Properties, extra: &'a [(&'a str, Value<'a>)]) -> Self {
        Self { properties, extra, known: HashMap::new(), path: Vec::new(), produced: 0 }
    }

    /// `text` with its references replaced; a [`Value::Word`] or [`Value::Words`] by its mark. As in arduino-cli
    /// (`ExpandPropsInString`), what was put in is looked through again, at most ten times.
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

    /// `text` with each reference replaced by its expanded value; marks in it stay.
    fn pass(&mut self, text: &str) -> Result<String, ExpandError> {
        let mut out = String::with_capacity(text.len() * 2);
        // Where the braces that wait for their partner stand in `out`.
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

    /// A `}` was read, and `out[start]` is its partner.
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

    /// What `{name}` expands to, if it is set.
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
        // One that names itself is replaced once in each pass, as there.
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

    /// `text` with the marks in it replaced by what they stand for.
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

    /// What the mark with the index `digits` stands for.
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

/// `text` without what a brace opens and the next one closes, if anything stands between them
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
#[allow(clippy::unwrap_used, clippy::format_collect)] // a test may
#[path = "expand_tests.rs"]
mod tests;
