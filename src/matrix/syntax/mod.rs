//! YAML text to a tree of nodes with their places. Knows nothing of what a matrix means.
//!
//! Whoever comes later may recurse into the tree and copy it, because it is bounded here, while the
//! parser's events come in: in depth, in nodes and in bytes, each counted with aliases expanded
//! (a "billion laughs" file is small until then).
//!
//! Plain scalars are read by the core schema of YAML 1.2 with one restriction: `true`, `false` and
//! whole numbers are such only in the spelling in which they are printed. `0x10`, `1.10` and `yes`
//! are text, so that a property's value reaches the recipe as it was typed.
//!
//! Merge keys (`<<: *base`, `<<: [*a, *b]`) work as in YAML 1.1: a key of the mapping itself wins
//! over merged ones, an earlier merged mapping over a later one.

mod build;
mod check;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use indexmap::IndexMap;
use saphyr_parser::{Event, Marker, Parser};

use super::diagnostic::Diagnostic;
use super::source::{Source, Span};
use build::Builder;

/// The most a tree can have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Nesting of lists and mappings.
    pub(super) depth: usize,
    /// Keys, scalars, lists and mappings in all.
    pub(super) nodes: usize,
    /// Bytes of scalars and keys in all.
    pub(super) bytes: usize,
}

/// Far more than a matrix needs, and less than what hurts.
pub(super) const LIMITS: Limits = Limits { depth: 64, nodes: 200_000, bytes: 16 << 20 };

/// A value and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// From its first to its last character. An alias gives its place to the value it stands for,
    /// but not to what is in that value.
    pub(super) span: Span,
    /// What it is.
    pub(super) value: Value,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other scalar.
    Text(String),
    /// `[a, b]` or `- a`.
    List(Vec<Node>),
    /// `{a: b}` or `a: b`, merge keys resolved.
    Map(IndexMap<String, Entry>),
}

/// A value in a mapping, and the place of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where the key is.
    pub(super) key: Span,
    /// What it stands for.
    pub(super) node: Node,
}

impl Node {
    /// The entry of a mapping; `None` also where this is no mapping.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Map(entries) => entries.get(key),
            _ => None,
        }
    }

    /// The value in a mapping.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// The items of a list; any other value is a list of one.
    pub(super) fn each(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// The items of a list; none where this is no list.
    pub(super) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }
}

/// Parses `source`, which must be one YAML document.
///
/// # Errors
/// Everything that is wrong, if the text can be understood nevertheless (duplicate keys, tags), or
/// the first thing that stops it from being understood.
pub(super) fn parse(source: &Source, limits: Limits) -> Result<Node, Vec<Diagnostic>> {
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    let skipped = source.text.len() - text.len();
    if let Some(diagnostic) = check::unprintable(text, skipped) {
        return Err(vec![diagnostic]);
    }
    let offsets = Offsets::new(text, skipped);
    // What is missing at the end is missing behind the last thing that is there.
    let end = source.text.trim_end().len();
    let mut parser = Parser::new_from_str(text);
    let mut builder = Builder::new(limits);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((Event::StreamEnd, _)) => break,
            Ok((event, span)) => {
                let span = Span { start: offsets.byte(span.start), end: offsets.byte(span.end) };
                builder.event(event, span).map_err(|diagnostic| vec![*diagnostic])?;
            }
            Err(error) => {
                if let Some(diagnostic) = check::tab(text, error.marker().index(), skipped) {
                    return Err(vec![diagnostic]);
                }
                let at = offsets.byte(*error.marker()).min(end);
                let message = format!("this is not valid YAML: {}", error.info());
                return Err(vec![Diagnostic::new(Span { start: at, end: at }, message)]);
            }
        }
    }
    builder.finish(Span { start: end, end })
}

/// Turns the parser's offsets, which count characters, into bytes.
struct Offsets {
    /// Byte of each character; empty where the text is ASCII and both are the same.
    bytes: Arc<[u32]>,
    length: usize,
    skipped: usize,
}

impl Offsets {
    fn new(text: &str, skipped: usize) -> Self {
        // Files are at most a few MiB, so that u32 holds any offset; a longer one only loses carets.
        let offset = |(at, _): (usize, char)| u32::try_from(at).unwrap_or(u32::MAX);
        let bytes = if text.is_ascii() { Arc::default() } else { text.char_indices().map(offset).collect() };
        Self { bytes, length: text.len(), skipped }
    }

    fn byte(&self, marker: Marker) -> usize {
        let index = marker.index();
        let byte = match self.bytes.get(index) {
            Some(&byte) => byte as usize,
            None if self.bytes.is_empty() => index,
            None => self.length,
        };
        self.skipped + byte.min(self.length)
    }
}
