//! The section `boards`, and the board of each build.

use std::fmt::Write;

use indexmap::{IndexMap, IndexSet};

use super::draft::{Item, Section};
use super::names::board_names;
use super::yaml_text::scalar;
use crate::import::ImportedBuild;

/// A board: its FQBN and its properties.
type Board = (String, Vec<(String, String)>);

/// The boards with their names, and the board of each build.
pub(super) struct Boards {
    /// Names of the boards.
    boards: IndexMap<Board, String>,
    /// The board of each build, by index.
    pub(super) of_builds: Vec<usize>,
}

impl Boards {
    /// Names the boards of builds.
    pub(super) fn new(builds: &[ImportedBuild]) -> Self {
        let mut first: IndexMap<Board, &ImportedBuild> = IndexMap::new();
        let mut of_builds = Vec::with_capacity(builds.len());
        for build in builds {
            let entry = first.entry((build.fqbn.to_string(), build.properties.clone()));
            of_builds.push(entry.index());
            entry.or_insert(build);
        }
        let nameless: Vec<_> = first.values().map(|build| (build.name.as_deref(), &build.fqbn)).collect();
        let names = board_names(&nameless);
        Self { boards: first.into_keys().zip(names).collect(), of_builds }
    }

    /// Returns the names of boards; `None` if these are all boards.
    pub(super) fn names(&self, boards: &IndexSet<usize>) -> Option<Vec<&str>> {
        let names = self.boards.values().enumerate().filter(|(index, _)| boards.contains(index));
        let names: Vec<&str> = names.map(|(_, name)| name.as_str()).collect();
        (names.len() < self.boards.len()).then_some(names)
    }

    /// Returns the section. A comment says where boards come from.
    pub(super) fn section(&self, builds: &[ImportedBuild]) -> Section {
        let mut items = Vec::new();
        let mut last = "";
        for (index, ((fqbn, properties), name)) in self.boards.iter().enumerate() {
            let build = self.of_builds.iter().zip(builds).find(|(board, _)| **board == index);
            let origin = build.map_or("", |(_, build)| build.origin.as_str());
            let mut yaml = format!("{}: {}", scalar(name), scalar(fqbn));
            if !properties.is_empty() {
                yaml = format!("{}:\n  fqbn: {}\n  properties:", scalar(name), scalar(fqbn));
                // Of equal keys, the last one counts.
                let properties: IndexMap<&str, &str> =
                    properties.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
                for (key, value) in properties {
                    let _ = write!(yaml, "\n    {}: {}", scalar(key), scalar(value));
                }
            }
            let item = Item::new(yaml);
            items.push(if origin == last { item } else { item.comment(origin) });
            last = origin;
        }
        Section { key: "boards", items, suggestions: Vec::new() }
    }
}
