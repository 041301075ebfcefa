//! Finds libraries in directories and reads their `library.properties`.
//!
//! Follows arduino-cli's `internal/arduino/libraries/loader.go` and `librariesmanager.go`.

use std::io;
use std::path::{Component, Path, PathBuf};

use super::properties::Properties;
use super::{Layout, Library, Location, Precompiled, examples};

const HEADERS: [&str; 3] = [".h", ".hpp", ".hh"];

/// A directory that is searched for libraries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// A library, or a directory of libraries.
    pub path: PathBuf,
    /// What claim its libraries have. [`Location::User`] becomes [`Location::Unmanaged`] where the
    /// directory is itself a library.
    pub location: Location,
}

/// Why a directory of libraries can't be read.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The directory can't be listed.
    #[error("the library directory {} can't be read: {source}", path.display())]
    Unreadable {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// The libraries of a root.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Sorted by directory name.
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
    /// What is wrong with it.
    pub reason: String,
}

/// Loads the libraries of a root: itself, or the directories in it that are not hidden. No directory below those is
/// looked at, and a root without libraries is no error.
///
/// # Errors
/// Where the directory can't be read.
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

/// An absolute path without `.` and `..`, as Go's `filepath.Clean` makes it: links are not looked at.
pub fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                cleaned.pop();
            }
            Component::CurDir => {}
            other => cleaned.push(other),
        }
    }
    cleaned
}

pub(super) struct Entry {
    pub(super) name: String,
    pub(super) is_dir: bool,
}

/// A directory's entries by name; links count as what they lead to.
pub(super) fn list(directory: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let kind = entry.file_type()?;
        let is_dir = if kind.is_symlink() { entry.path().is_dir() } else { kind.is_dir() };
        entries.push(Entry { name, is_dir });
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// Whether a root is itself a library: `library.properties` makes it one; so do headers in the directory itself
/// (the format of Arduino 1.0), unless it is a directory of libraries that happens to hold one.
fn is_library(path: &Path, entries: &[Entry]) -> bool {
    if path.join("library.properties").exists() {
        return true;
    }
    let holds_libraries = entries
        .iter()
        .any(|entry| entry.is_dir && path.join(&entry.name).join("library.properties").is_file());
    has_header(entries) && !holds_libraries
}

fn has_header(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| !entry.is_dir && offers_header(&entry.name))
}

/// Whether a name in a library's source directory is one that an include can mean. It may be a directory.
pub(super) fn offers_header(name: &str) -> bool {
    HEADERS.iter().any(|extension| name.ends_with(extension))
}

/// Loads one library; none where the directory is no library at all.
///
/// # Errors
/// Why it is ignored, where it is one that arduino-cli does not load.
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
        dot_a_linkage: false,
        precompiled: Precompiled::No,
        ldflags: String::new(),
        has_arch_directory: false,
        location,
    };
    Ok(Some(match properties {
        Some(properties) => modern(flat, &properties, &install_dir),
        None => flat,
    }))
}

/// A library with what its `library.properties` says.
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
        dot_a_linkage: is_recursive && properties.get("dot_a_linkage") == "true",
        precompiled: match properties.get("precompiled") {
            "true" => Precompiled::Beside,
            "full" => Precompiled::Instead,
            _ => Precompiled::No,
        },
        ldflags: properties.get("ldflags").to_owned(),
        has_arch_directory: install_dir.join("arch").is_dir(),
        ..flat
    }
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
