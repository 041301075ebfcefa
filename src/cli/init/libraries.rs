//! The section `libraries`: the library of the directory, and those that descriptions install.

use indexmap::{IndexMap, IndexSet};

use super::boards::Boards;
use super::draft::{Item, Section};
use super::place::Place;
use super::yaml_text::item;
use crate::import::{Imported, ImportedBuild, ImportedLibrary, holds_libraries};
use crate::nearest::quoted;

/// Returns the section. Adds a note for each library that a matrix can't name.
pub(super) fn libraries(
    imported: &Imported,
    builds: &[ImportedBuild],
    boards: &Boards,
    place: &Place,
    notes: &mut IndexSet<String>,
) -> Section {
    // A path is the directory's library if it is empty.
    let mut found: IndexMap<ImportedLibrary, IndexSet<usize>> = IndexMap::new();
    for (build, board) in builds.iter().zip(&boards.of_builds) {
        for library in &build.libraries {
            let library = match library {
                ImportedLibrary::Path(text) => match place.normal(text) {
                    // The action's default, which is no library in a directory of sketches.
                    Some(path) if path.is_empty() && imported.library.is_none() => continue,
                    Some(path) if path.is_empty() || holds_libraries(&place.dir.join(&path)) => {
                        ImportedLibrary::Path(path)
                    }
                    _ => {
                        notes.insert(format!("{}: there is no library in {}", build.origin, quoted(text)));
                        continue;
                    }
                },
                ImportedLibrary::Archive(url) => {
                    let fix = "add it with `url` and `checksum`";
                    let url = quoted(url);
                    notes.insert(format!("{}: the library at {url} is left out: {fix}", build.origin));
                    continue;
                }
                named => named.clone(),
            };
            found.entry(library).or_default().insert(*board);
        }
    }
    let items = found.iter().map(|(library, of)| {
        let named;
        let mut fields = match library {
            ImportedLibrary::Index { name, version } => {
                vec![("name", Some(name)), ("version", version.as_ref())]
            }
            ImportedLibrary::Repository { url, revision } => {
                vec![("git", Some(url)), ("rev", revision.as_ref())]
            }
            ImportedLibrary::Archive(url) => vec![("url", Some(url))],
            ImportedLibrary::Path(path) => {
                named = place.named(path);
                vec![("path", Some(&named))]
            }
        };
        fields.retain(|(_, value)| value.is_some());
        let mut fields: Vec<(&str, Vec<&str>)> = fields
            .into_iter()
            .map(|(key, value)| (key, value.map(String::as_str).into_iter().collect()))
            .collect();
        fields.extend(boards.names(of).map(|names| ("boards", names)));
        let item = Item::new(item(&fields));
        let is_own = matches!(library, ImportedLibrary::Path(path) if path.is_empty());
        if is_own { item.comment(about_own_library(imported)) } else { item }
    });
    Section { key: "libraries", items: items.collect(), suggestions: Vec::new() }
}

/// Returns the comment on the library of the directory.
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
