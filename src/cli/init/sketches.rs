//! The section `sketches`: the sketches of each build, with the boards that they are built for.

use std::path::Path;

use indexmap::{IndexMap, IndexSet};

use super::boards::Boards;
use super::draft::{Item, Section};
use super::place::{Place, escaped};
use super::yaml_text::item;
use crate::import::{ImportedBuild, LeftOut};

/// Returns the section. `patterns` has those of each build.
pub(super) fn sketches(
    builds: &[ImportedBuild],
    patterns: &[Vec<String>],
    boards: &Boards,
    place: &Place,
) -> Section {
    let mut boards_of: IndexMap<&str, IndexSet<usize>> = IndexMap::new();
    let mut left_out: IndexMap<(&str, &str), IndexSet<usize>> = IndexMap::new();
    for ((build, board), patterns) in builds.iter().zip(&boards.of_builds).zip(patterns) {
        for pattern in patterns {
            boards_of.entry(pattern).or_default().insert(*board);
        }
        let paths = || build.sketches.iter().filter_map(|path| place.normal(path));
        for LeftOut { path, reason } in &build.left_out {
            // An entry with `!` that leaves out nothing is an error.
            if paths().any(|above| Path::new(path).starts_with(above)) {
                left_out.entry((path, reason)).or_default().insert(*board);
            }
        }
    }
    let mut groups: IndexMap<Option<Vec<&str>>, Vec<&str>> = IndexMap::new();
    for (pattern, of) in &boards_of {
        groups.entry(boards.names(of)).or_default().push(pattern);
    }
    let mut items: Vec<Item> = Vec::new();
    for (names, patterns) in groups {
        match names {
            None => items.extend(patterns.into_iter().map(for_all)),
            Some(names) => items.push(Item::new(item(&[("path", patterns), ("boards", names)]))),
        }
    }
    let mut last = "";
    for ((path, reason), mut of) in left_out {
        let Some(pattern) = place.pattern(path) else { continue };
        // A board whose own build has the sketch keeps it.
        of.retain(|board| boards_of.get(pattern.as_str()).is_none_or(|keep| !keep.contains(board)));
        if of.is_empty() {
            continue;
        }
        let text = format!("!{}", escaped(&place.named(path)));
        let mut fields = vec![("path", vec![text.as_str()])];
        fields.extend(boards.names(&of).map(|names| ("boards", names)));
        let item = Item::new(item(&fields));
        items.push(if reason == last { item } else { item.comment(reason) });
        last = reason;
    }
    Section { key: "sketches", items, suggestions: Vec::new() }
}

/// Returns the entry for a pattern that is built for all boards.
fn for_all(pattern: &str) -> Item {
    let item = Item::new(item(&[("path", vec![pattern])]));
    if pattern.ends_with("**") { item.comment("Every sketch below.") } else { item }
}
