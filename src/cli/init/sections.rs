//! Turns imported builds into the sections of a matrix.

use indexmap::IndexSet;

use super::boards::Boards;
use super::cores::cores;
use super::draft::{Item, Section};
use super::filters::Filters;
use super::libraries::libraries;
use super::place::Place;
use super::public_cores::{popular_board, public_core};
use super::sketches::sketches;
use super::yaml_text::flow_scalar;
use crate::import::{Imported, ImportedBuild, LibraryFacts};
use crate::nearest::quoted;

/// The sections of a matrix.
#[derive(Debug)]
pub(super) struct Sections {
    /// The sections in the order of the file; none if no build has a sketch.
    pub(super) sections: Vec<Section>,
    /// Parts of the descriptions that the matrix lacks, one message each.
    pub(super) notes: IndexSet<String>,
}

/// Architectures whose popular boards are suggested for a library that is for any.
const SUGGESTED: [&str; 6] = ["esp32", "esp8266", "rp2040", "samd", "stm32", "renesas_uno"];

/// Returns the sections for `builds`.
pub(super) fn sections(
    imported: &Imported,
    builds: &[ImportedBuild],
    place: &Place,
    has_apt: bool,
) -> Sections {
    let mut notes = IndexSet::new();
    let patterns: Vec<Vec<String>> = builds.iter().map(|build| patterns(build, place, &mut notes)).collect();
    let mut used = Vec::new();
    let mut patterns_of = Vec::new();
    for (build, patterns) in builds.iter().zip(patterns) {
        if !patterns.is_empty() {
            used.push(build.clone());
            patterns_of.push(patterns);
        } else if build.sketches.is_empty() {
            let fqbn = quoted(&build.fqbn.to_string());
            notes.insert(format!("{}: it names no sketch for {fqbn}", build.origin));
        }
    }
    if used.is_empty() {
        return Sections { sections: Vec::new(), notes };
    }
    let boards = Boards::new(&used);
    let cores = cores(&used, place, has_apt, &mut notes);
    let mut sections = vec![
        cores,
        boards.section(&used),
        libraries(imported, &used, &boards, place, &mut notes),
        sketches(&used, &patterns_of, &boards, &Filters::new(imported, builds, place)),
        defaults(&used),
    ];
    if is_open(imported) {
        suggest(&mut sections);
    }
    Sections { sections, notes }
}

/// Returns whether a library is for any architecture and no description names boards.
fn is_open(imported: &Imported) -> bool {
    let is_for_any = |library: &LibraryFacts| library.architectures.iter().any(|name| name == "*");
    imported.builds.is_empty() && imported.library.as_ref().is_some_and(is_for_any)
}

/// Adds popular boards and their cores to the sections, commented out.
fn suggest(sections: &mut [Section]) {
    for architecture in SUGGESTED {
        let Some((name, fqbn)) = popular_board(architecture) else { continue };
        let core = fqbn.splitn(3, ':').take(2).collect::<Vec<_>>().join(":");
        let board = format!("{name}: {fqbn}");
        if sections.iter().flat_map(|section| &section.items).any(|item| item.yaml == board) {
            continue;
        }
        let index = public_core(&core).map(|core| core.index).filter(|index| !index.is_empty());
        let url = index.map(|index| format!(", url: {}", flow_scalar(index))).unwrap_or_default();
        for section in sections.iter_mut() {
            section.suggestions.extend(match section.key {
                "cores" => Some(format!("{core}: {{provider: index{url}}}")),
                "boards" => Some(board.clone()),
                _ => None,
            });
        }
    }
}

/// Returns the patterns for the sketches of a build.
fn patterns(build: &ImportedBuild, place: &Place, notes: &mut IndexSet<String>) -> Vec<String> {
    let mut patterns = IndexSet::new();
    for path in &build.sketches {
        match place.normal(path).and_then(|path| place.pattern(&path)) {
            Some(pattern) => patterns.extend([pattern]),
            None => notes.extend([format!("{}: there is no sketch in {}", build.origin, quoted(path))]),
        }
    }
    patterns.into_iter().collect()
}

/// Returns the section `defaults`, with the warning level if all builds have the same.
fn defaults(builds: &[ImportedBuild]) -> Section {
    const LEVELS: [&str; 4] = ["none", "default", "more", "all"];
    let levels: IndexSet<Option<&str>> = builds.iter().map(|build| build.warnings.as_deref()).collect();
    let level = levels.first().copied().flatten().filter(|level| levels.len() == 1 && LEVELS.contains(level));
    let items = level.map(|level| {
        Item::new(format!("warnings: {level}")).comment("Compiler warnings, as in the workflow.")
    });
    Section { key: "defaults", items: items.into_iter().collect(), suggestions: Vec::new() }
}
