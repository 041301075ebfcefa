//! The files of a description: beside a sketch, or in a directory above it.

use std::path::{Path, PathBuf};

/// Limit of the directories above a sketch.
const HIGHEST: usize = 16;

/// Returns the sketch's directory and those above it, up to the root of the repository.
pub(super) fn upwards(sketch: &Path) -> impl Iterator<Item = &Path> {
    let mut is_above_root = false;
    sketch.ancestors().take(HIGHEST).take_while(move |dir| {
        let was_above = is_above_root;
        is_above_root = dir.join(".git").exists();
        !was_above
    })
}

/// Returns the nearest file with one of the names, in the sketch's directory or above it.
pub(super) fn nearest_file(sketch: &Path, names: &[&str]) -> Option<PathBuf> {
    upwards(sketch).find_map(|dir| names.iter().map(|name| dir.join(name)).find(|path| path.is_file()))
}

/// Returns a path relative to the directory `base` where it is below it.
pub(super) fn shown(path: &Path, base: &Path) -> String {
    path.strip_prefix(base).unwrap_or(path).to_string_lossy().into_owned()
}
