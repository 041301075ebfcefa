//! Lists of libraries, each stored once: most examples of a library use the same ones.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::event::UsedLibrary;

/// The distinct lists of a run.
#[derive(Debug, Default)]
pub(super) struct LibraryLists(HashSet<LibraryList>);

/// The libraries of a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LibraryList(Arc<Vec<UsedLibrary>>);

impl Hash for LibraryList {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for used in self.0.iter() {
            (&used.header, &used.library.path).hash(state);
        }
    }
}

impl LibraryList {
    pub(super) fn iter(&self) -> std::slice::Iter<'_, UsedLibrary> {
        self.0.iter()
    }
}

impl LibraryLists {
    /// Returns the list that equals `libraries`; `None` for an empty one.
    pub(super) fn share(&mut self, libraries: &Arc<Vec<UsedLibrary>>) -> Option<LibraryList> {
        if libraries.is_empty() {
            return None;
        }
        let list = LibraryList(Arc::clone(libraries));
        if let Some(known) = self.0.get(&list) {
            return Some(known.clone());
        }
        self.0.insert(list.clone());
        Some(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::library;

    #[test]
    fn equal_lists_are_one() {
        let list =
            |names: &[&str]| Arc::new(names.iter().map(|name| library(name, "/l")).collect::<Vec<_>>());
        let mut lists = LibraryLists::default();
        let first = lists.share(&list(&["A", "B"])).expect("a list");
        let second = lists.share(&list(&["A", "B"])).expect("a list");
        assert!(Arc::ptr_eq(&first.0, &second.0));
        assert_ne!(lists.share(&list(&["A"])), Some(first));
        assert_eq!(lists.share(&list(&[])), None);
    }
}
