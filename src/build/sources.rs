//! Which files are compiled, in Arduino's order. The order decides where functions lie in flash.

use std::io;
use std::path::{Path, PathBuf};

use crate::source::Disk;

/// What is compiled, in the order in which arduino-builder does; it ignores `.cc` and `.cxx`, which
/// arduino-cli compiles as well.
const EXTENSIONS: [&str; 5] = ["S", "c", "cpp", "cc", "cxx"];

/// The sources of a core or a variant: all `.S`, then all `.c`, then all `.cpp`, each folder's files
/// before its folders.
///
/// # Errors
/// Where a folder can't be read.
pub(super) fn of_core(disk: &Disk, folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    files_first(disk, folder, &mut files)?;
    Ok(by_extension(files))
}

/// The sources of a folder alone: `.S`, `.c`, `.cpp`.
///
/// # Errors
/// Where it can't be read.
pub(super) fn of_folder(disk: &Disk, folder: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(by_extension(list_apart(disk, folder)?.1))
}

/// The sources of a library's `src`: a folder's `.S`, `.c` and `.cpp`, then its folders likewise.
///
/// # Errors
/// Where a folder can't be read.
pub(super) fn of_library(disk: &Disk, folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    folders_last(disk, folder, &mut sources)?;
    Ok(sources)
}

/// The sources of a folder in the order in which Arduino looks through them for includes: as names
/// sort, whatever their extension.
///
/// # Errors
/// Where a folder can't be read.
pub(super) fn as_walked(disk: &Disk, folder: &Path, recurse: bool) -> io::Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    for (path, is_dir) in list(disk, folder)? {
        if is_dir {
            if recurse {
                sources.extend(as_walked(disk, &path, true)?);
            }
        } else if kind(&path).is_some() {
            sources.push(path);
        }
    }
    Ok(sources)
}

/// Where a sketch's source stands among its others: those beside the main file before those in folders,
/// then by kind, then by name.
pub(super) fn rank(relative: &Path) -> (bool, usize, PathBuf) {
    (relative.components().count() > 1, kind(relative).unwrap_or(EXTENSIONS.len()), relative.to_owned())
}

fn folders_last(disk: &Disk, folder: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    let (folders, files) = list_apart(disk, folder)?;
    into.extend(by_extension(files));
    folders.iter().try_for_each(|folder| folders_last(disk, folder, into))
}

fn files_first(disk: &Disk, folder: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    let (folders, files) = list_apart(disk, folder)?;
    into.extend(files);
    folders.iter().try_for_each(|folder| files_first(disk, folder, into))
}

/// Of these the sources: all with the first extension, then all with the next.
fn by_extension(mut files: Vec<PathBuf>) -> Vec<PathBuf> {
    files.retain(|path| kind(path).is_some());
    files.sort_by_key(|path| kind(path));
    files
}

/// The place of a source's extension.
fn kind(path: &Path) -> Option<usize> {
    let found = path.extension()?;
    EXTENSIONS.iter().position(|extension| found == *extension)
}

/// A folder's folders, and its files.
fn list_apart(disk: &Disk, folder: &Path) -> io::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let (folders, files): (Vec<_>, Vec<_>) = list(disk, folder)?.into_iter().partition(|(_, is_dir)| *is_dir);
    let paths = |entries: Vec<(PathBuf, bool)>| entries.into_iter().map(|(path, _)| path).collect();
    Ok((paths(folders), paths(files)))
}

/// A folder's entries by name and whether they are folders; hidden ones and those of version control
/// are left out, links count as what they lead to, except those that lead back up.
fn list(disk: &Disk, folder: &Path) -> io::Result<Vec<(PathBuf, bool)>> {
    let mut entries = Vec::new();
    for entry in disk.list(folder)? {
        let name = entry.file_name();
        let hidden =
            name.to_str().is_some_and(|name| name.starts_with('.') || matches!(name, "CVS" | "RCS" | "SCCS"));
        if hidden {
            continue;
        }
        let entry_type = entry.file_type()?;
        let is_dir = if entry_type.is_symlink() { disk.is_dir(&entry.path()) } else { entry_type.is_dir() };
        if is_dir && entry_type.is_symlink() && disk.real(folder)?.starts_with(disk.real(&entry.path())?) {
            continue;
        }
        entries.push((entry.path(), is_dir));
    }
    entries.sort();
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_arduinos() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "b.cpp",
            "a.c",
            "z.S",
            "a.cpp",
            "B.cpp",
            "x.h",
            "sub/c.c",
            "sub/c.S",
            "sub/deep/d.cpp",
            ".hidden/e.c",
        ] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        std::os::unix::fs::symlink(folder.path(), folder.path().join("sub/deep/loop")).unwrap();
        let names = |paths: Vec<PathBuf>| -> Vec<String> {
            paths.iter().map(|path| path.strip_prefix(folder.path()).unwrap().display().to_string()).collect()
        };
        assert_eq!(
            names(of_folder(&Disk::default(), folder.path()).unwrap()),
            ["z.S", "a.c", "B.cpp", "a.cpp", "b.cpp"]
        );
        assert_eq!(
            names(of_core(&Disk::default(), folder.path()).unwrap()),
            ["z.S", "sub/c.S", "a.c", "sub/c.c", "B.cpp", "a.cpp", "b.cpp", "sub/deep/d.cpp"]
        );
        assert_eq!(
            names(of_library(&Disk::default(), folder.path()).unwrap()),
            ["z.S", "a.c", "B.cpp", "a.cpp", "b.cpp", "sub/c.S", "sub/c.c", "sub/deep/d.cpp"]
        );
        assert_eq!(
            names(as_walked(&Disk::default(), folder.path(), true).unwrap()),
            ["B.cpp", "a.c", "a.cpp", "b.cpp", "sub/c.S", "sub/c.c", "sub/deep/d.cpp", "z.S"]
        );
    }

    #[test]
    fn links_to_folders_are_followed_and_version_control_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in [
            "core/a.c",
            "elsewhere/b.c",
            "core/CVS/c.c",
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
            ["core/a.c", "core/link.c", "core/linked/b.c", "core/f.cc"].iter().map(|name| at(name)).collect();
        assert_eq!(of_core(&Disk::default(), &at("core")).unwrap(), expected);
        assert!(of_core(&Disk::default(), &at("nowhere")).is_err());
    }
}
