//! The check of a library's examples: arduino-cli walks through them, and ignores the library where the walk fails
//! (`addExamples` in its `internal/arduino/libraries/loader.go`).

use std::path::{Path, PathBuf};

use super::directory::Entry;

/// Limit of the directories that the walk visits, for a link to a whole disk.
const MOST: usize = 20_000;

/// Walks through the first directory `example` or `examples`, in any case.
///
/// # Errors
/// A directory that can't be listed, or a link that leads back to a directory that it lies in.
pub(super) fn check(install_dir: &Path, entries: &[Entry]) -> Result<(), String> {
    let examples = entries
        .iter()
        .find(|entry| entry.is_dir && ["example", "examples"].contains(&&*entry.name.to_lowercase()));
    let Some(examples) = examples else { return Ok(()) };
    let path = install_dir.join(&examples.name);
    let real = path.canonicalize().map_err(|error| unreadable(&path, &error))?;
    walk(&real, &mut vec![real.clone()], &mut 0)
}

/// Walks below `directory`, which is the last of `inside` and has no links in its own path.
fn walk(directory: &Path, inside: &mut Vec<PathBuf>, seen: &mut usize) -> Result<(), String> {
    *seen += 1;
    if *seen > MOST {
        return Ok(());
    }
    let failed = |error: std::io::Error| unreadable(directory, &error);
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let kind = entry.file_type().map_err(failed)?;
        let path = entry.path();
        let next = if kind.is_dir() {
            path
        } else if kind.is_symlink() && path.is_dir() {
            let real = path.canonicalize().map_err(failed)?;
            // A link to a directory above the examples leads to them again.
            if inside.iter().any(|outer| outer.starts_with(&real)) {
                return Err(format!("the link {} leads back to a directory that it lies in", path.display()));
            }
            real
        } else {
            continue;
        };
        inside.push(next.clone());
        walk(&next, inside, seen)?;
        inside.pop();
    }
    Ok(())
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    format!("{} can't be read: {error}", path.display())
}
