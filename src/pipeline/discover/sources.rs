//! Lists the sources to compile, in Arduino's order. The order determines where functions are in flash.

use std::io;
use std::path::{Path, PathBuf};

use crate::includes::Disk;

/// Extensions of sources (arduino-cli's `SourceFilesValidExtensions`).
const EXTENSIONS: [&str; 5] = ["S", "c", "cpp", "cc", "cxx"];

/// Returns the sources of a directory and of all directories below it, in the order of their objects.
///
/// # Errors
/// A directory can't be read.
pub(in crate::pipeline) fn of_tree(disk: &Disk, directory: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(as_linked(as_walked(disk, directory, true)?))
}

/// Returns the sources directly in a directory, in the order of their objects.
///
/// # Errors
/// The directory can't be read.
pub(in crate::pipeline) fn of_directory(disk: &Disk, directory: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(as_linked(as_walked(disk, directory, false)?))
}

/// Returns the sort key of a source in its compile group: the bytes of its object's path.
///
/// arduino-cli sorts the object files of each group (core, variant, library, `utility`, sketch, its `src`)
/// as strings, at the end of `compileFiles` in `internal/arduino/builder/compilation.go`. So `a-b.c` comes
/// before `a.c`, and `a.c` before `a/b.c`.
pub(in crate::pipeline) fn link_order(source: &Path) -> Vec<u8> {
    [source.as_os_str().as_encoded_bytes(), b".o"].concat()
}

/// Returns the sources of a directory in the order in which Arduino searches them for includes: sorted by
/// name, whatever their extension.
///
/// # Errors
/// A directory can't be read.
pub(in crate::pipeline) fn as_walked(
    disk: &Disk,
    directory: &Path,
    recurse: bool,
) -> io::Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    for (path, is_dir) in list(disk, directory)? {
        if is_dir {
            if recurse {
                sources.extend(as_walked(disk, &path, true)?);
            }
        } else if is_source(&path) {
            sources.push(path);
        }
    }
    Ok(sources)
}

fn as_linked(mut sources: Vec<PathBuf>) -> Vec<PathBuf> {
    sources.sort_by_cached_key(|source| link_order(source));
    sources
}

/// Whether a path has the extension of a source.
fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|found| EXTENSIONS.iter().any(|extension| found == *extension))
}

/// Lists a directory's entries by name and whether they are directories. Omits hidden entries and those named
/// `CVS` or `RCS`, but not `SCCS` (`FindFilesInFolder` in
/// `internal/arduino/builder/internal/utils/utils.go`). Links count as their targets.
///
/// # Errors
/// The directory can't be read, or has a link to one of its parents: of kind `Other`, as in arduino-cli an
/// error of the user's.
fn list(disk: &Disk, directory: &Path) -> io::Result<Vec<(PathBuf, bool)>> {
    let mut entries = Vec::new();
    for entry in disk.list(directory)? {
        let name = entry.file_name();
        let hidden = name.to_str().is_some_and(|name| name.starts_with('.') || matches!(name, "CVS" | "RCS"));
        if hidden {
            continue;
        }
        let entry_type = entry.file_type()?;
        let is_dir = if entry_type.is_symlink() { disk.is_dir(&entry.path()) } else { entry_type.is_dir() };
        if is_dir && entry_type.is_symlink() && disk.real(directory)?.starts_with(disk.real(&entry.path())?) {
            let message =
                format!("the link {} leads back to a directory that it lies in", entry.path().display());
            return Err(io::Error::other(message));
        }
        entries.push((entry.path(), is_dir));
    }
    entries.sort();
    Ok(entries)
}

/// Returns the path of an object: the relative path of its source below `directory`, with `.o` appended to
/// the whole name.
pub(in crate::pipeline) fn object_path(directory: &Path, relative_source: &Path) -> PathBuf {
    let mut name = directory.join(relative_source).into_os_string();
    name.push(".o");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_arduinos() {
        let directory = tempfile::tempdir().unwrap();
        for name in [
            "b.cpp",
            "a.c",
            "a-1.c",
            "a/d.c",
            "z.S",
            "a.cpp",
            "B.cpp",
            "x.h",
            "sub/c.c",
            "sub/c.S",
            "sub/deep/d.cpp",
            ".hidden/e.c",
        ] {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let names = |paths: Vec<PathBuf>| -> Vec<String> {
            paths
                .iter()
                .map(|path| path.strip_prefix(directory.path()).unwrap().display().to_string())
                .collect()
        };
        assert_eq!(
            names(of_directory(&Disk::default(), directory.path()).unwrap()),
            ["B.cpp", "a-1.c", "a.c", "a.cpp", "b.cpp", "z.S"]
        );
        assert_eq!(
            names(of_tree(&Disk::default(), directory.path()).unwrap()),
            [
                "B.cpp",
                "a-1.c",
                "a.c",
                "a.cpp",
                "a/d.c",
                "b.cpp",
                "sub/c.S",
                "sub/c.c",
                "sub/deep/d.cpp",
                "z.S"
            ]
        );
        assert_eq!(
            names(as_walked(&Disk::default(), directory.path(), true).unwrap()),
            [
                "B.cpp",
                "a/d.c",
                "a-1.c",
                "a.c",
                "a.cpp",
                "b.cpp",
                "sub/c.S",
                "sub/c.c",
                "sub/deep/d.cpp",
                "z.S"
            ]
        );
    }

    #[test]
    fn links_to_directories_are_followed_and_version_control_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for name in [
            "core/a.c",
            "elsewhere/b.c",
            "core/CVS/c.c",
            "core/RCS/c.c",
            "core/SCCS/s.c",
            "core/.git/d.c",
            "core/e.C",
            "core/f.cc",
            "core/g.s",
        ] {
            std::fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            std::fs::write(at(name), "").unwrap();
        }
        std::os::unix::fs::symlink(at("elsewhere"), at("core/linked")).unwrap();
        std::os::unix::fs::symlink(at("elsewhere/b.c"), at("core/link.c")).unwrap();
        let expected: Vec<PathBuf> =
            ["core/SCCS/s.c", "core/a.c", "core/f.cc", "core/link.c", "core/linked/b.c"]
                .iter()
                .map(|name| at(name))
                .collect();
        assert_eq!(of_tree(&Disk::default(), &at("core")).unwrap(), expected);
        assert!(of_tree(&Disk::default(), &at("nowhere")).is_err());
        std::os::unix::fs::symlink("..", at("core/.git/unseen")).unwrap();
        assert!(of_tree(&Disk::default(), &at("core")).is_ok());
        std::os::unix::fs::symlink("..", at("core/loop")).unwrap();
        assert_eq!(of_tree(&Disk::default(), &at("core")).unwrap_err().kind(), io::ErrorKind::Other);
    }
}
