//! Finds libraries in directories and reads their `library.properties`.
//!
//! Follows arduino-cli's `internal/arduino/libraries/loader.go` and `librariesmanager.go`.

use std::io;
use std::path::{Path, PathBuf};

use super::directory::{Entry, clean, has_header, list};
use super::examples;
use super::model::{Layout, Library, LinkOptions, Location, Precompiled};
use super::properties::Properties;

/// A directory that is searched for libraries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// A library, or a directory of libraries.
    pub path: PathBuf,
    /// Origin of its libraries. [`Location::User`] becomes [`Location::Unmanaged`] where the directory is itself a
    /// library.
    pub location: Location,
}

/// Error of a directory of libraries.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The directory can't be listed.
    #[error("the library directory {} can't be read: {source}", path.display())]
    Unreadable {
        /// The directory.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

/// The libraries of a root.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The libraries, sorted by directory name.
    pub libraries: Vec<Library>,
    /// Directories that look like libraries and are ignored, as arduino-cli ignores them.
    pub refused: Vec<Refused>,
}

/// A library that is ignored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the library in {} is ignored, as by arduino-cli: {reason}", path.display())]
pub struct Refused {
    /// Its directory.
    pub path: PathBuf,
    /// The reason.
    pub reason: String,
}

/// Loads the libraries of a root: itself, or the directories directly in it that are not hidden. A root without
/// libraries is no error.
///
/// # Errors
/// A directory that can't be read.
pub fn load_root(root: &Root) -> Result<Loaded, LibraryError> {
    let unreadable = |source| LibraryError::Unreadable { path: root.path.clone(), source };
    let path = clean(&std::path::absolute(&root.path).map_err(unreadable)?);
    let entries = list(&path).map_err(unreadable)?;
    let is_single = root.location >= Location::User && is_library(&path, &entries);
    let found: Vec<(PathBuf, Location)> = if is_single {
        vec![(path, Location::Unmanaged)]
    } else {
        let shown = entries.iter().filter(|entry| entry.is_dir && !entry.name.starts_with('.'));
        shown.map(|entry| (path.join(&entry.name), root.location)).collect()
    };
    let mut loaded = Loaded::default();
    for (path, location) in found {
        match load(&path, location) {
            Ok(library) => loaded.libraries.extend(library),
            Err(reason) => loaded.refused.push(Refused { path, reason }),
        }
    }
    Ok(loaded)
}

/// Returns whether a root is itself a library: it has `library.properties`, or headers directly in it (the format of
/// Arduino 1.0) and no library below it.
fn is_library(path: &Path, entries: &[Entry]) -> bool {
    if path.join("library.properties").exists() {
        return true;
    }
    let holds_libraries = entries
        .iter()
        .any(|entry| entry.is_dir && path.join(&entry.name).join("library.properties").is_file());
    has_header(entries) && !holds_libraries
}

/// Loads a library, `None` where the directory is no library.
///
/// # Errors
/// The reason why the library is ignored, where arduino-cli does not load it.
pub(super) fn load(root: &Path, location: Location) -> Result<Option<Library>, String> {
    let unreadable = |path: &Path, error: &io::Error| format!("{} can't be read: {error}", path.display());
    let install_dir = root.canonicalize().map_err(|error| unreadable(root, &error))?;
    let entries = list(&install_dir).map_err(|error| unreadable(&install_dir, &error))?;
    let file = root.join("library.properties");
    let properties = if file.exists() {
        let bytes = std::fs::read(&file).map_err(|error| unreadable(&file, &error))?;
        Some(Properties::parse(&bytes).map_err(|error| error.to_string())?)
    } else if has_header(&entries) {
        None
    } else {
        return Ok(None);
    };
    examples::check(&install_dir, &entries)?;
    let dir_name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let utility = Some(root.join("utility")).filter(|path| path.is_dir());
    let flat = Library {
        name: dir_name.clone(),
        version: String::new(),
        dir_name,
        root: root.to_owned(),
        real_root: install_dir.clone(),
        source_dir: root.to_owned(),
        layout: Layout::Flat { utility },
        architectures: vec!["*".to_owned()],
        link: LinkOptions { dot_a_linkage: false, precompiled: Precompiled::No, ldflags: String::new() },
        depends: String::new(),
        has_arch_directory: false,
        location,
    };
    Ok(Some(match properties {
        Some(properties) => modern(flat, &properties, &install_dir),
        None => flat,
    }))
}

/// Returns the library with the values of its `library.properties`.
fn modern(flat: Library, properties: &Properties, install_dir: &Path) -> Library {
    let get = |key: &str, without: &str| match properties.get(key) {
        "" => without.to_owned(),
        value => value.to_owned(),
    };
    let src = flat.root.join("src");
    // A file of that name makes the library one without headers.
    let is_recursive = src.exists();
    Library {
        name: get("name", "-"),
        version: properties.get("version").to_owned(),
        layout: if is_recursive { Layout::Recursive } else { flat.layout },
        source_dir: if is_recursive { src } else { flat.source_dir },
        architectures: get("architectures", "*").split(',').map(|name| name.trim().to_owned()).collect(),
        link: LinkOptions {
            dot_a_linkage: is_recursive && properties.get("dot_a_linkage") == "true",
            precompiled: match properties.get("precompiled") {
                "true" => Precompiled::Beside,
                "full" => Precompiled::Instead,
                _ => Precompiled::No,
            },
            ldflags: properties.get("ldflags").to_owned(),
        },
        depends: properties.get("depends").to_owned(),
        has_arch_directory: install_dir.join("arch").is_dir(),
        ..flat
    }
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
