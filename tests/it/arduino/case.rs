//! One sketch for one board, with the libraries that are searched.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A board: its name in our matrix and its FQBN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Board {
    pub(crate) name: &'static str,
    pub(crate) fqbn: &'static str,
}

pub(crate) const UNO: Board = Board { name: "uno", fqbn: "arduino:avr:uno" };
pub(crate) const MEGA: Board = Board { name: "mega", fqbn: "arduino:avr:mega:cpu=atmega2560" };
pub(crate) const LEONARDO: Board = Board { name: "leonardo", fqbn: "arduino:avr:leonardo" };

/// The board of a case with a platform of its own.
pub(crate) const MINI: Board = Board { name: "uno", fqbn: "mini:mcu:uno" };

/// What is built by both.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// The cell's sketch name in our matrix, and the key in the recorded table.
    pub(crate) name: String,
    pub(crate) board: Board,
    /// The sketch's directory.
    pub(crate) sketch: PathBuf,
    /// Libraries and directories of libraries.
    pub(crate) libraries: Vec<PathBuf>,
    /// Hash of all files that the case has, by their relative paths.
    pub(crate) content: String,
}

impl Case {
    /// The name with the board.
    pub(crate) fn id(&self) -> String {
        format!("{}@{}", self.name, self.board.name)
    }

    /// The platforms of the case's own, by `vendor:arch`: the directories `hardware/VENDOR/ARCH` beside the sketch.
    pub(crate) fn platforms(&self) -> Vec<(String, PathBuf)> {
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        let inside = |dir: &Path| {
            let entries = fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path());
            entries.filter(|path| path.is_dir()).collect::<Vec<_>>()
        };
        let vendors = inside(&self.sketch.parent().unwrap().join("hardware"));
        let of_vendor = |vendor: PathBuf| {
            let architectures = inside(&vendor);
            architectures.into_iter().map(move |path| (format!("{}:{}", name(&vendor), name(&path)), path))
        };
        vendors.into_iter().flat_map(of_vendor).collect()
    }
}

/// A hash over every path, file content and link target below `roots`, relative to each.
pub(crate) fn content(roots: &[&Path]) -> String {
    let mut hasher = blake3::Hasher::new();
    for root in roots {
        hasher.update(b"root\n");
        for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
            let entry = entry.unwrap();
            let path = entry.path().strip_prefix(root).unwrap();
            hasher.update(path.as_os_str().as_bytes()).update(b"\n");
            if entry.path_is_symlink() {
                hasher.update(fs::read_link(entry.path()).unwrap().as_os_str().as_bytes()).update(b"\n");
            } else if entry.file_type().is_file() {
                hasher.update(blake3::hash(&fs::read(entry.path()).unwrap()).as_bytes());
            }
        }
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// The sketches below `root`: directories that hold a `.ino` or `.pde` file, or one with that name. Directories of
/// libraries (`libs`, `lib`) and what is below a sketch are left out; links are followed.
pub(crate) fn sketches(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries.iter().filter(|path| path.is_dir()) {
        let name = path.file_name().unwrap();
        if name == "libs" || name == "lib" {
            continue;
        }
        let is_main = |path: PathBuf| path.extension().is_some_and(|it| it == "ino" || it == "pde");
        let mut inside = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        if inside.any(is_main) {
            found.push(path.clone());
        } else {
            found.extend(sketches(path));
        }
    }
    found
}
