//! A YAML document as a tree of values with places.

use indexmap::IndexMap;

use super::super::source::Span;

/// A value and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// From its first to its last character. The value of an alias has the place of the alias; the values in it keep
    /// their own.
    pub(crate) span: Span,
    /// Its value.
    pub(crate) value: Value,
}

/// The value of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
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
pub(crate) struct Entry {
    /// Place of the key.
    pub(crate) key: Span,
    /// The value.
    pub(crate) node: Node,
}

impl Node {
    /// Returns the entry of a mapping; `None` for any other value.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Map(entries) => entries.get(key),
            _ => None,
        }
    }

    /// Returns the value in a mapping; `None` for any other value.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// Returns the items of a list; any other value counts as a list of one.
    pub(crate) fn each(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// Returns the items of a list; none for any other value.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }
}
