//! What the project's directory holds, as a value: to compare, to put back, to find what an edit can be done to.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// A file or a link.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Node {
    File { bytes: Vec<u8>, mode: u32 },
    Link(PathBuf),
}

/// All of them, by their paths below the directory.
pub(super) type Tree = BTreeMap<PathBuf, Node>;

/// Reads a directory. Work directories and what is only raw material are left out.
pub(super) fn read(directory: &Path) -> Tree {
    let walk = walkdir::WalkDir::new(directory).sort_by_file_name().into_iter().filter_entry(|entry| {
        entry.depth() != 1
            || !matches!(entry.file_name().to_str(), Some(".fbuild-matrix" | ".git" | "fresh" | "made"))
    });
    let mut tree = Tree::new();
    for entry in walk {
        let entry = entry.unwrap();
        let node = if entry.file_type().is_file() {
            let mode = entry.metadata().unwrap().permissions().mode();
            Node::File { bytes: fs::read(entry.path()).unwrap(), mode }
        } else if entry.file_type().is_symlink() {
            Node::Link(fs::read_link(entry.path()).unwrap())
        } else {
            continue;
        };
        tree.insert(entry.path().strip_prefix(directory).unwrap().to_owned(), node);
    }
    tree
}

/// Makes `path` below `directory` what it was: `node`, or nothing.
pub(super) fn put_back(directory: &Path, path: &Path, node: Option<&Node>) {
    let at = directory.join(path);
    let Some(node) = node else { return remove(&at) };
    // What is a file or a link now where a directory was is in the way.
    let parents: Vec<&Path> = path.ancestors().skip(1).filter(|path| !path.as_os_str().is_empty()).collect();
    for parent in parents.into_iter().rev() {
        let parent = directory.join(parent);
        if fs::symlink_metadata(&parent).is_ok_and(|metadata| !metadata.is_dir()) {
            remove(&parent);
        }
    }
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    remove(&at);
    match node {
        Node::Link(target) => symlink(target, &at).unwrap(),
        // A program is never open for writing while it can be started; see `script`.
        Node::File { bytes, mode } => {
            let draft = at.with_extension("draft");
            fs::write(&draft, bytes).unwrap();
            if mode & 0o111 == 0 {
                fs::rename(&draft, &at).unwrap();
            } else {
                let copied = std::process::Command::new("cp").args([&draft, &at]).status().unwrap();
                assert!(copied.success());
                fs::remove_file(&draft).unwrap();
                fs::set_permissions(&at, fs::Permissions::from_mode(*mode)).unwrap();
            }
        }
    }
}

/// Removes whatever is there.
pub(super) fn remove(path: &Path) {
    let Ok(metadata) = fs::symlink_metadata(path) else { return };
    if metadata.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
}

/// The paths at which two trees differ.
pub(super) fn differences(one: &Tree, other: &Tree) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        one.keys().chain(other.keys()).filter(|path| one.get(*path) != other.get(*path)).cloned().collect();
    paths.sort();
    paths.dedup();
    paths
}
