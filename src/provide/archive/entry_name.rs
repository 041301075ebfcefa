//! Names of entries: checked, and without what does not change their meaning. Knows no file system.

use super::error::{ArchiveFault, EntryProblem};

/// Limit of a component of a path, in bytes: `NAME_MAX`.
const LONGEST_COMPONENT: usize = 255;
/// Limit of a path, in bytes: `PATH_MAX` without its NUL.
pub(super) const LONGEST_PATH: usize = 4095;
/// Limit of the number of components.
const DEEPEST: usize = 255;

/// Returns the components of a name joined by `/`, without `.` and empty ones. The archive's own root, as in `./`, is
/// empty.
///
/// No result is absolute, contains `..` or NUL, or is longer than file systems allow.
///
/// # Errors
/// The name is unsafe.
pub(super) fn clean(name: &[u8]) -> Result<Vec<u8>, ArchiveFault> {
    check(name).map_err(|problem| ArchiveFault::entry(name, problem))
}

fn check(name: &[u8]) -> Result<Vec<u8>, EntryProblem> {
    if name.is_empty() {
        return Err(EntryProblem::EmptyName);
    }
    if name.contains(&0) {
        return Err(EntryProblem::NulInName);
    }
    let drive = |first: &[u8]| matches!(first, [letter, b':'] if letter.is_ascii_alphabetic());
    if name[0] == b'/' || drive(components(name).next().unwrap_or_default()) {
        return Err(EntryProblem::AbsoluteName);
    }
    let mut clean = Vec::with_capacity(name.len());
    let mut depth = 0;
    for component in components(name) {
        if component == b".." {
            return Err(EntryProblem::ParentInName);
        }
        depth += 1;
        if component.len() > LONGEST_COMPONENT || depth > DEEPEST {
            return Err(EntryProblem::LongName);
        }
        if !clean.is_empty() {
            clean.push(b'/');
        }
        clean.extend_from_slice(component);
    }
    if clean.len() > LONGEST_PATH {
        return Err(EntryProblem::LongName);
    }
    Ok(clean)
}

/// Returns the components of a path without `.` and empty ones.
pub(super) fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|component| !component.is_empty() && *component != b".")
}

/// Splits a clean path into its directory, which may be empty, and its last component.
pub(super) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (&[], path),
    }
}

/// Returns the part of a clean path below the clean directory `root`; empty for `root` itself.
pub(super) fn below<'a>(path: &'a [u8], root: &[u8]) -> Option<&'a [u8]> {
    match path.strip_prefix(root)? {
        [] => Some(&[]),
        [b'/', rest @ ..] => Some(rest),
        _ => None,
    }
}
