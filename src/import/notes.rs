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

    pub(super) fn into_lines(self) -> Vec<String> {
        self.0.into_iter().collect()
    }
}
