//! The library in a directory, as `library.properties` describes it. Knows no board.

use std::path::Path;

use super::notes::Notes;
use crate::library::{Location, Root, load_root};

/// Facts about a library that decide how its examples are built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryFacts {
    /// Its name.
    pub name: String,
    /// Architectures that it is for; `*` is any.
    pub architectures: Vec<String>,
    /// `depends` of its `library.properties`; empty without one.
    pub depends: String,
    /// Whether it has a `library.properties`.
    pub has_properties: bool,
}

/// Returns the library in a directory. Without `library.properties`, a directory with headers and `examples` is one, unless
/// it has sketch files: those headers belong to a sketch.
pub(super) fn read(dir: &Path, notes: &mut Notes) -> Option<LibraryFacts> {
    let has_properties = dir.join("library.properties").is_file();
    if !has_properties && (!dir.join("examples").is_dir() || has_sketch_file(dir)) {
        return None;
    }
    let root = Root { path: dir.to_owned(), location: Location::User };
    let loaded = load_root(&root).ok()?;
    for refused in &loaded.refused {
        notes.add("library.properties", &refused.reason);
    }
    // Without one of its own, the root is a directory of libraries.
    let library = loaded.libraries.into_iter().find(|library| library.location == Location::Unmanaged)?;
    let name = if library.name == "-" { library.dir_name } else { library.name };
    Some(LibraryFacts {
        name,
        architectures: library.architectures.into_iter().filter(|name| !name.is_empty()).collect(),
        depends: library.depends,
        has_properties,
    })
}

/// Returns whether a directory is a library, or a directory of libraries.
pub fn holds_libraries(path: &Path) -> bool {
    let root = Root { path: path.to_owned(), location: Location::User };
    load_root(&root).is_ok_and(|loaded| !loaded.libraries.is_empty())
}

fn has_sketch_file(dir: &Path) -> bool {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .any(|path| path.extension().is_some_and(|it| it == "ino" || it == "pde"))
}
