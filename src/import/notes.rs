//! Warnings about descriptions, each once.

use indexmap::IndexSet;

/// Warnings in the order of their first occurrence.
#[derive(Debug, Default)]
pub(super) struct Notes(IndexSet<String>);

impl Notes {
    /// Adds a warning about a description.
    pub(super) fn add(&mut self, origin: &str, message: &str) {
        self.0.insert(format!("{origin}: {message}"));
    }

    /// Returns what a description holds; a reason why it can't be read becomes a warning.
    pub(super) fn take<T>(&mut self, origin: &str, read: Result<T, String>) -> Option<T> {
        read.inspect_err(|reason| self.add(origin, reason)).ok()
    }

    pub(super) fn into_lines(self) -> Vec<String> {
        self.0.into_iter().collect()
    }
}
