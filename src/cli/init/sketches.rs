//! The section `sketches`: the sketches of each build, with the boards that they are built for.

use std::path::Path;

use indexmap::{IndexMap, IndexSet};

use super::boards::Boards;
use super::draft::{Item, Section};
use super::filters::{Filters, explanation};
use super::place::escaped;
use super::yaml_text::item;
use crate::import::{ImportedBuild, LeftOut, SketchFilter};

/// The boards of an entry, all if there are none, and its filters.
type Choice<'a> = (Option<Vec<&'a str>>, &'a [SketchFilter]);

/// Returns the section. `patterns` has those of each build.
pub(super) fn sketches(
    builds: &[ImportedBuild],
    patterns: &[Vec<String>],
    boards: &Boards,
    filters: &Filters<'_>,
) -> Section {
    let place = filters.place;
    let filters_of = filters_of(builds, filters);
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
    let mut groups: IndexMap<Choice<'_>, Vec<&str>> = IndexMap::new();
    for (pattern, of) in &boards_of {
        let filters = filters_of.get(*pattern).map(Vec::as_slice).unwrap_or_default();
        groups.entry((boards.names(of), filters)).or_default().push(pattern);
    }
    let mut items: Vec<Item> = Vec::new();
    let mut explained: IndexSet<SketchFilter> = IndexSet::new();
    for ((names, filters), patterns) in groups {
        let mut group: Vec<Item> = match (names, filters) {
            (None, []) => patterns.into_iter().map(for_all).collect(),
            (names, filters) => {
                let mut fields = vec![("path", patterns)];
                fields.extend(names.map(|names| ("boards", names)));
                if !filters.is_empty() {
                    fields.push(("filters", filters.iter().map(|filter| filter.name()).collect()));
                }
                vec![Item::new(item(&fields))]
            }
        };
        if let Some(first) = group.first_mut() {
            let new = filters.iter().filter(|filter| explained.insert(**filter));
            first.comments.extend(new.map(|filter| explanation(*filter).to_owned()));
        }
        items.append(&mut group);
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

/// Returns the filters for the sketches of each pattern.
fn filters_of(builds: &[ImportedBuild], filters: &Filters<'_>) -> IndexMap<String, Vec<SketchFilter>> {
    let place = filters.place;
    let paths = builds.iter().flat_map(|build| &build.sketches).filter_map(|path| place.normal(path));
    let pairs = paths.filter_map(|path| Some((place.pattern(&path)?, filters.below(&path))));
    pairs.collect()
}

/// Returns the entry for a pattern that is built for all boards.
fn for_all(pattern: &str) -> Item {
    let item = Item::new(item(&[("path", vec![pattern])]));
    if pattern.ends_with("**") { item.comment("Every sketch below.") } else { item }
}
