//! Finds libraries in folders and reads their `library.properties`.

use std::io;
use std::path::{Path, PathBuf};

use super::{Layout, Library, Location, Precompiled};

const HEADERS: [&str; 3] = ["h", "hpp", "hh"];

/// A folder that is searched for libraries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// A library, or a folder of libraries.
    pub path: PathBuf,
    /// What claim its libraries have. [`Location::Folder`] becomes [`Location::Named`] where the
    /// folder is itself a library.
    pub location: Location,
    /// Its position among the roots.
    pub order: usize,
}

/// Why a folder's libraries can't be read.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The folder can't be listed.
    #[error("the library folder {} can't be read: {source}", path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no library in it.
    #[error(
        "{} is neither a library nor a folder of libraries: there is no library.properties and no header in it or in its folders",
        path.display()
    )]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

/// The libraries of a root, sorted by folder name.
///
/// # Errors
/// Where the folder can't be read. A platform's folder without libraries is no error.
pub fn load_root(root: &Root) -> Result<Vec<Library>, LibraryError> {
    let unreadable = |source| LibraryError::Unreadable { path: root.path.clone(), source };
    let entries = list(&root.path).map_err(unreadable)?;
    let named = root.location >= Location::Folder;
    if named && is_library(&root.path, &entries) {
        return Ok(load(&root.path, Location::Named, root.order).into_iter().collect());
    }
    let mut libraries = Vec::new();
    for folder in entries.iter().filter(|entry| entry.is_dir && !entry.name.starts_with('.')) {
        let path = root.path.join(&folder.name);
        let Ok(entries) = list(&path) else { continue };
        if is_library(&path, &entries) {
            libraries.extend(load(&path, root.location, root.order));
        }
    }
    if named && libraries.is_empty() {
        return Err(LibraryError::Empty { path: root.path.clone() });
    }
    Ok(libraries)
}

struct Entry {
    name: String,
    is_dir: bool,
}

/// A folder's entries by name; links count as what they lead to.
fn list(folder: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let is_dir = std::fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_dir());
        entries.push(Entry { name, is_dir });
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// `library.properties` makes a library; so do headers in the folder itself (the format of Arduino
/// 1.0), unless it is a folder of libraries that happens to hold one.
fn is_library(path: &Path, entries: &[Entry]) -> bool {
    let has = |name: &str| entries.iter().any(|entry| entry.name == name && !entry.is_dir);
    if has("library.properties") {
        return true;
    }
    let has_header = entries.iter().any(|entry| !entry.is_dir && is_header(&entry.name));
    let holds_libraries = entries
        .iter()
        .any(|entry| entry.is_dir && path.join(&entry.name).join("library.properties").is_file());
    has_header && !holds_libraries
}

fn is_header(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| HEADERS.iter().any(|header| extension == *header))
}

fn load(root: &Path, location: Location, order: usize) -> Option<Library> {
    let dir_name = root.canonicalize().ok()?.file_name()?.to_string_lossy().into_owned();
    let text = std::fs::read(root.join("library.properties")).ok();
    let modern = text.is_some();
    let text = text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let value = |key: &str| {
        text.lines()
            .filter_map(|line| line.split_once('='))
            .find(|(name, _)| name.trim() == key)
            .map(|(_, value)| value.trim())
    };
    let src = root.join("src");
    let recursive = modern && src.is_dir();
    let utility = root.join("utility");
    let architectures: Vec<String> = value("architectures")
        .unwrap_or("*")
        .split(',')
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    Some(Library {
        name: value("name").filter(|name| !name.is_empty()).map_or_else(|| dir_name.clone(), str::to_owned),
        dir_name,
        source_dir: if recursive { src } else { root.to_owned() },
        layout: if recursive {
            Layout::Recursive
        } else {
            Layout::Flat { utility: Some(utility).filter(|path| path.is_dir()) }
        },
        architectures: if architectures.is_empty() { vec!["*".to_owned()] } else { architectures },
        dot_a_linkage: value("dot_a_linkage") == Some("true"),
        precompiled: match value("precompiled") {
            Some("true") => Precompiled::Beside,
            Some("full") => Precompiled::Instead,
            _ => Precompiled::No,
        },
        ldflags: value("ldflags").unwrap_or_default().to_owned(),
        root: root.to_owned(),
        location,
        order,
    })
}

/// The headers that a library offers: those directly in its source folder.
pub(super) fn headers(library: &Library) -> Vec<String> {
    list(&library.source_dir)
        .unwrap_or_default()
        .into_iter()
        .filter(|entry| !entry.is_dir && is_header(&entry.name))
        .map(|entry| entry.name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn root(path: &Path) -> Root {
        Root { path: path.to_owned(), location: Location::Folder, order: 0 }
    }

    #[test]
    fn a_root_is_a_library_or_a_folder_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        write(&at("libs/Modern/library.properties"), "name=A modern one\narchitectures=avr, sam\n");
        write(&at("libs/Modern/src/Modern.h"), "");
        write(&at("libs/Modern/utility/x.h"), "");
        write(&at("libs/Old/Old.h"), "");
        write(&at("libs/Old/utility/x.h"), "");
        write(&at("libs/.git/x.h"), "");
        write(&at("libs/docs/readme.txt"), "");
        let found = load_root(&root(&at("libs"))).unwrap();
        let names: Vec<_> = found.iter().map(|library| library.name.as_str()).collect();
        assert_eq!(names, ["A modern one", "Old"]);
        assert_eq!(found[0].layout, Layout::Recursive);
        assert_eq!(found[0].architectures, ["avr", "sam"]);
        assert_eq!(found[1].layout, Layout::Flat { utility: Some(at("libs/Old/utility")) });
        assert!(found.iter().all(|library| library.location == Location::Folder));

        let itself = load_root(&root(&at("libs/Modern"))).unwrap();
        assert_eq!(itself[0].location, Location::Named);
        assert!(matches!(load_root(&root(&at("libs/docs"))), Err(LibraryError::Empty { .. })));
        assert!(matches!(load_root(&root(&at("nowhere"))), Err(LibraryError::Unreadable { .. })));
    }
}
