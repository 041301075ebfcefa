//! Turns imported builds into the sections of a matrix.

use indexmap::{IndexMap, IndexSet};

use super::cores::cores;
use super::draft::{Item, Section};
use super::names::board_names;
use super::place::{Place, escaped};
use super::public_cores::{popular_board, public_core};
use super::yaml_text::{flow_list, flow_scalar, scalar};
use crate::import::{Imported, ImportedBuild, ImportedLibrary, is_library};
use crate::nearest::quoted;

/// The sections of a matrix, without those that are empty.
#[derive(Debug)]
pub(super) struct Sections {
    /// The sections in the order of the file.
    pub(super) sections: Vec<Section>,
    /// Parts of the descriptions that the matrix lacks, one message each.
    pub(super) notes: IndexSet<String>,
}

/// A board: its FQBN and its properties.
type Board = (String, Vec<(String, String)>);

/// Returns the sections for `builds`; `None` if they have no sketch.
pub(super) fn sections(
    imported: &Imported,
    builds: &[ImportedBuild],
    place: &Place,
    has_apt: bool,
) -> Option<Sections> {
    let mut notes = IndexSet::new();
    let patterns: Vec<Vec<String>> = builds.iter().map(|build| patterns(build, place, &mut notes)).collect();
    let mut used = Vec::new();
    let mut patterns_of = Vec::new();
    for (build, patterns) in builds.iter().zip(patterns) {
        if patterns.is_empty() {
            notes.insert(format!(
                "{}: no sketch is there for {}",
                build.origin,
                quoted(&build.fqbn.to_string())
            ));
        } else {
            used.push(build.clone());
            patterns_of.push(patterns);
        }
    }
    if used.is_empty() {
        return None;
    }
    let boards = Boards::new(&used);
    let cores = cores(&used, place, has_apt, &mut notes);
    let sections = vec![
        cores,
        boards.section(&used, imported),
        libraries(imported, &used, &boards, place, &mut notes),
        sketches(&used, &patterns_of, &boards, place),
        defaults(&used),
    ];
    Some(Sections { sections, notes })
}

/// Returns the patterns for the sketches of a build.
fn patterns(build: &ImportedBuild, place: &Place, notes: &mut IndexSet<String>) -> Vec<String> {
    let mut patterns = IndexSet::new();
    for path in &build.sketches {
        match place.normal(path).and_then(|path| place.pattern(&path)) {
            Some(pattern) => drop(patterns.insert(pattern)),
            None => drop(notes.insert(format!("{}: there is no sketch in {}", build.origin, quoted(path)))),
        }
    }
    patterns.into_iter().collect()
}

/// The boards with their names, and the board of each build.
struct Boards {
    boards: IndexMap<Board, String>,
    of_builds: Vec<usize>,
}

impl Boards {
    fn new(builds: &[ImportedBuild]) -> Self {
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
    fn names(&self, boards: &IndexSet<usize>) -> Option<Vec<&str>> {
        let names = self.boards.values().enumerate().filter(|(index, _)| boards.contains(index));
        let names: Vec<&str> = names.map(|(_, name)| name.as_str()).collect();
        (names.len() < self.boards.len()).then_some(names)
    }

    fn section(&self, builds: &[ImportedBuild], imported: &Imported) -> Section {
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
                    yaml.push_str(&format!("\n    {}: {}", scalar(key), scalar(value)));
                }
            }
            let item = Item::new(yaml);
            items.push(if origin == last { item } else { item.comment(origin) });
            last = origin;
        }
        Section { key: "boards", items, remarks: self.suggestions(imported) }
    }

    /// Returns more boards for a library that is for any architecture, as comments.
    fn suggestions(&self, imported: &Imported) -> Vec<String> {
        let is_for_any =
            imported.library.as_ref().is_some_and(|it| it.architectures.iter().any(|name| name == "*"));
        if !is_for_any || !imported.builds.is_empty() {
            return Vec::new();
        }
        let mut lines = vec!["More boards, each with its core as an entry of `cores`:".to_owned()];
        for architecture in ["esp32", "esp8266", "rp2040", "samd", "stm32", "renesas_uno"] {
            let Some((name, fqbn)) = popular_board(architecture) else { continue };
            if self.boards.keys().any(|(known, _)| known == fqbn) {
                continue;
            }
            let core = fqbn.rsplitn(2, ':').last().unwrap_or(fqbn);
            let core = core.splitn(3, ':').take(2).collect::<Vec<_>>().join(":");
            let index = public_core(&core).map(|core| core.index).filter(|index| !index.is_empty());
            let url = index.map(|index| format!(", url: {}", flow_scalar(index))).unwrap_or_default();
            lines.push(format!("  {name}: {fqbn}"));
            lines.push(format!("    {core}: {{provider: index{url}}}"));
        }
        lines
    }
}

fn libraries(
    imported: &Imported,
    builds: &[ImportedBuild],
    boards: &Boards,
    place: &Place,
    notes: &mut IndexSet<String>,
) -> Section {
    let mut found: IndexMap<Result<ImportedLibrary, String>, IndexSet<usize>> = IndexMap::new();
    for (build, board) in builds.iter().zip(&boards.of_builds) {
        for library in &build.libraries {
            let library = match library {
                ImportedLibrary::Path(path) => match place.normal(path) {
                    Some(path) if path.is_empty() && imported.library.is_none() => continue,
                    Some(path) if path.is_empty() || is_library(&place.dir.join(&path)) => Err(path),
                    _ => {
                        notes.insert(format!("{}: there is no library in {}", build.origin, quoted(path)));
                        continue;
                    }
                },
                ImportedLibrary::Archive(url) => {
                    let fix = "add it with `url` and `checksum`";
                    notes.insert(format!(
                        "{}: the library at {} is left out: {fix}",
                        build.origin,
                        quoted(url)
                    ));
                    continue;
                }
                named => Ok(named.clone()),
            };
            found.entry(library).or_default().insert(*board);
        }
    }
    let items = found.iter().map(|(library, of)| match library {
        Ok(library) => Item::new(named_library(library, boards.names(of))),
        Err(path) => {
            let named = place.named(path);
            let item = Item::new(match boards.names(of) {
                None => format!("- {}", scalar(&named)),
                Some(names) => format!("- {{path: {}, boards: {}}}", flow_scalar(&named), flow_list(names)),
            });
            if path.is_empty() { item.comment(about_own_library(imported)) } else { item }
        }
    });
    Section { key: "libraries", items: items.collect(), remarks: Vec::new() }
}

/// Returns the comment on the library in the directory.
fn about_own_library(imported: &Imported) -> String {
    let depends = imported.library.as_ref().map_or("", |library| library.depends.as_str());
    if depends.trim().is_empty() {
        return "The library itself. Others by name: {name: ArduinoJson, version: \"7.*\"}".to_owned();
    }
    format!(
        "The library itself. What its `depends` names ({depends}) is installed from Arduino's library index; \
         `dependencies: false` switches that off."
    )
}

fn named_library(library: &ImportedLibrary, boards: Option<Vec<&str>>) -> String {
    let mut fields = match library {
        ImportedLibrary::Index { name, version } => vec![("name", Some(name)), ("version", version.as_ref())],
        ImportedLibrary::Repository { url, revision } => vec![("git", Some(url)), ("rev", revision.as_ref())],
        ImportedLibrary::Path(path) => vec![("path", Some(path))],
        ImportedLibrary::Archive(url) => vec![("url", Some(url))],
    };
    fields.retain(|(_, value)| value.is_some());
    let mut fields: Vec<String> = fields
        .into_iter()
        .filter_map(|(key, value)| Some(format!("{key}: {}", flow_scalar(value?))))
        .collect();
    fields.extend(boards.map(|names| format!("boards: {}", flow_list(names))));
    format!("- {{{}}}", fields.join(", "))
}

fn sketches(builds: &[ImportedBuild], patterns: &[Vec<String>], boards: &Boards, place: &Place) -> Section {
    let mut boards_of: IndexMap<&str, IndexSet<usize>> = IndexMap::new();
    let mut left_out: IndexMap<String, IndexSet<usize>> = IndexMap::new();
    for ((build, board), patterns) in builds.iter().zip(&boards.of_builds).zip(patterns) {
        for pattern in patterns {
            boards_of.entry(pattern).or_default().insert(*board);
        }
        for path in &build.left_out {
            left_out.entry(escaped(&place.named(path))).or_default().insert(*board);
        }
    }
    // A board that builds such a sketch by itself keeps it.
    for (pattern, of) in &mut left_out {
        let kept = boards_of.get(pattern.as_str());
        of.retain(|board| kept.is_none_or(|kept| !kept.contains(board)));
    }
    left_out.retain(|_, of| !of.is_empty());
    let mut groups: IndexMap<Option<Vec<&str>>, Vec<&str>> = IndexMap::new();
    for (pattern, of) in &boards_of {
        groups.entry(boards.names(of)).or_default().push(pattern);
    }
    let mut items: Vec<Item> =
        groups.iter().flat_map(|(names, patterns)| entries(names.as_deref(), patterns)).collect();
    for (pattern, of) in &left_out {
        let pattern = format!("!{pattern}");
        items.push(Item::new(match boards.names(of) {
            None => format!("- {}", scalar(&pattern)),
            Some(names) => format!("- {{path: {}, boards: {}}}", flow_scalar(&pattern), flow_list(names)),
        }));
    }
    Section { key: "sketches", items, remarks: Vec::new() }
}

/// Returns the entries for patterns that are built for the same boards; `None` for all.
fn entries(boards: Option<&[&str]>, patterns: &[&str]) -> Vec<Item> {
    match (boards, patterns) {
        (None, patterns) => patterns
            .iter()
            .map(|pattern| {
                let item = Item::new(format!("- {}", scalar(pattern)));
                if pattern.ends_with("**") { item.comment("Every sketch below.") } else { item }
            })
            .collect(),
        (Some(boards), [pattern]) => {
            let boards = flow_list(boards.iter().copied());
            vec![Item::new(format!("- {{path: {}, boards: {boards}}}", flow_scalar(pattern)))]
        }
        (Some(boards), patterns) => {
            let mut yaml = format!("- boards: {}\n  path:", flow_list(boards.iter().copied()));
            for pattern in patterns {
                yaml.push_str(&format!("\n    - {}", scalar(pattern)));
            }
            vec![Item::new(yaml)]
        }
    }
}

/// Returns the section `defaults`, with the warning level if all builds have the same.
fn defaults(builds: &[ImportedBuild]) -> Section {
    const LEVELS: [&str; 4] = ["none", "default", "more", "all"];
    let levels: IndexSet<Option<&str>> = builds.iter().map(|build| build.warnings.as_deref()).collect();
    let level = levels.first().copied().flatten().filter(|level| levels.len() == 1 && LEVELS.contains(level));
    let items = level.map(|level| {
        Item::new(format!("warnings: {level}")).comment("Compiler warnings, as in the workflow.")
    });
    Section { key: "defaults", items: items.into_iter().collect(), remarks: Vec::new() }
}
