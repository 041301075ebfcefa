//! Directories of libraries: their entries, their headers, their paths. Knows no `library.properties`.

use std::io;
use std::path::{Component, Path, PathBuf};

const HEADERS: [&str; 3] = [".h", ".hpp", ".hh"];

/// Returns an absolute path without `.` and `..`, as Go's `filepath.Clean` does: links stay unresolved.
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

/// An entry of a directory.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) is_dir: bool,
}

/// Lists a directory's entries, sorted by name. A link has the type of its target.
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

/// Returns whether a header is directly in a directory.
pub(super) fn has_header(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| !entry.is_dir && offers_header(&entry.name))
}

/// Returns whether an include can mean this name in a library's source directory. It may be a directory's name.
pub(super) fn offers_header(name: &str) -> bool {
    HEADERS.iter().any(|extension| name.ends_with(extension))
}
