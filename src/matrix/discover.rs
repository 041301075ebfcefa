//! Finds sketches on the disk. Knows what a sketch is; knows nothing of boards or of the matrix.
//!
//! A sketch is a folder `Name` with a file `Name.ino` (Arduino's sketch specification,
//! <https://docs.arduino.cc/arduino-cli/sketch-specification/>), or a single `.ino`, `.cpp` or `.c`
//! file that a path names.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use walkdir::{DirEntry, WalkDir};

use super::path_pattern::{PathGlob, PathPattern, SKETCH_EXTENSIONS, normalised};
use crate::nearest::{nearest, quoted};

/// How much of a folder is looked through for a good error message.
const HINT_DEPTH: usize = 6;

/// What the sketch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SketchKind {
    /// A folder with all the files in it.
    Folder,
    /// One file; its neighbours do not belong to it.
    SingleFile,
}

/// A sketch on the disk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// What names it: the folder, or the single file.
    pub(super) path: PathBuf,
    /// `Name.ino`, or the single file.
    pub(super) main_file: PathBuf,
}

impl Found {
    pub(super) fn kind(&self) -> SketchKind {
        if self.path == self.main_file { SketchKind::SingleFile } else { SketchKind::Folder }
    }
}

/// Why a path leads to no sketch.
#[derive(Debug, thiserror::Error)]
pub(super) enum DiscoverError {
    #[error("{message}")]
    Nothing { message: String, help: Option<String> },
    #[error("can't read {}: {cause}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
}

fn nothing(message: impl Into<String>, help: impl Into<Option<String>>) -> DiscoverError {
    DiscoverError::Nothing { message: message.into(), help: help.into() }
}

/// Every sketch that `pattern` names relative to the folder `root`, sorted by path, at least one.
///
/// # Errors
/// There is none, or a folder can't be read.
pub(super) fn find(root: &Path, pattern: &PathPattern) -> Result<Vec<Found>, DiscoverError> {
    let start = normalised(&root.join(&pattern.prefix));
    let Some(glob) = &pattern.glob else {
        return literal(&start, &pattern.text).map(|found| vec![found]);
    };
    let is_folder = fs::metadata(&start).is_ok_and(|metadata| metadata.is_dir());
    if !is_folder {
        return Err(missing(&start, &pattern.prefix.to_string_lossy()));
    }
    let mut found = Vec::new();
    let mut passed = 0_usize;
    walk(&start, glob.depth, &mut |path, is_folder| {
        let relative = path.strip_prefix(&start).unwrap_or(path);
        let matches =
            if relative.as_os_str().is_empty() { glob.everything } else { glob.matcher.is_match(relative) };
        if matches && is_folder {
            passed += usize::from(!relative.as_os_str().is_empty());
            found.extend(folder_sketch(path));
        } else if matches && glob.files {
            found.extend(globbed_file(path));
        }
    })?;
    found.sort();
    found.dedup();
    if found.is_empty() {
        let help = hint(&start, glob, passed);
        return Err(nothing(format!("no sketch matches {}", quoted(&pattern.text)), help));
    }
    Ok(found)
}

/// What to do about a glob without sketches. `passed` folders match it and are no sketches.
fn hint(start: &Path, glob: &PathGlob, passed: usize) -> String {
    let below = sketches_below(start);
    if below.is_empty() {
        "a sketch is a folder `Name` with a file `Name.ino`".to_owned()
    } else if passed > 0 && !glob.everything {
        "the folders that match are not sketches themselves: `**` takes what is below them".to_owned()
    } else {
        format!("there are {}", listed(&below))
    }
}

/// The first few sketches of a list.
fn listed(sketches: &[String]) -> String {
    const MOST: usize = 4;
    let mut names: Vec<String> = sketches.iter().take(MOST).map(|name| quoted(name)).collect();
    if let Some(more @ 1..) = sketches.len().checked_sub(MOST) {
        names.push(format!("and {more} more"));
    }
    names.join(", ")
}

/// The sketch that a path without a glob names.
fn literal(path: &Path, text: &str) -> Result<Found, DiscoverError> {
    let metadata = fs::metadata(path).map_err(|cause| match cause.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => missing(path, text),
        _ => DiscoverError::Read { path: path.to_owned(), cause },
    })?;
    if !metadata.is_dir() {
        return literal_file(path, text);
    }
    if let Some(found) = folder_sketch(path) {
        return Ok(found);
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let inos: Vec<String> = file_names(path, "ino");
    let below = sketches_below(path);
    let help = match (inos.as_slice(), below.as_slice()) {
        ([], []) => None,
        ([only], _) => Some(format!("it has {}, but a main file has its folder's name", quoted(only))),
        (_, []) => Some(format!("none of its `.ino` files is called {}", quoted(&format!("{name}.ino")))),
        ([], below) => {
            let glob = format!("{}/**", text.trim_end_matches('/'));
            Some(format!("{} takes what is below it: {}", quoted(&glob), listed(below)))
        }
        _ => None,
    };
    Err(nothing(
        format!("{} is not a sketch: it has no {}", quoted(text), quoted(&format!("{name}.ino"))),
        help,
    ))
}

fn literal_file(path: &Path, text: &str) -> Result<Found, DiscoverError> {
    if !has_sketch_extension(path) {
        let help = "a sketch is a folder `Name` with `Name.ino`, or a `.ino`, `.cpp` or `.c` file";
        return Err(nothing(format!("{} is not a sketch", quoted(text)), help.to_owned()));
    }
    Ok(main_file_of_folder(path).unwrap_or_else(|| single_file(path)))
}

fn single_file(path: &Path) -> Found {
    Found { path: path.to_owned(), main_file: path.to_owned() }
}

/// A file that a glob matches. Those that belong to a sketch folder are no sketches of their own.
fn globbed_file(path: &Path) -> Option<Found> {
    if !has_sketch_extension(path) {
        return None;
    }
    match path.parent().and_then(folder_sketch) {
        Some(sketch) if sketch.main_file == path => Some(sketch),
        Some(_) => None,
        None => Some(single_file(path)),
    }
}

fn main_file_of_folder(path: &Path) -> Option<Found> {
    path.parent().and_then(folder_sketch).filter(|sketch| sketch.main_file == path)
}

fn has_sketch_extension(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    extension.is_some_and(|extension| SKETCH_EXTENSIONS.contains(&extension))
}

fn folder_sketch(folder: &Path) -> Option<Found> {
    let mut name = folder.file_name()?.to_owned();
    name.push(".ino");
    let main_file = folder.join(name);
    main_file.is_file().then(|| Found { path: folder.to_owned(), main_file })
}

/// The message for a path that is not there: names the nearest one, and where the trail ends.
fn missing(path: &Path, text: &str) -> DiscoverError {
    let existing = path.ancestors().skip(1).find(|folder| folder.is_dir());
    let lost = existing.and_then(|folder| path.strip_prefix(folder).ok()?.components().next());
    let help = existing.zip(lost).and_then(|(folder, lost)| {
        let names = entry_names(folder);
        let lost = lost.as_os_str().to_string_lossy();
        let near = nearest(&lost, names.iter().map(String::as_str))?;
        Some(format!("did you mean {} instead of {}?", quoted(near), quoted(&lost)))
    });
    nothing(format!("there is no {}", quoted(text)), help)
}

fn entry_names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn file_names(folder: &Path, extension: &str) -> Vec<String> {
    let mut names = entry_names(folder);
    names.retain(|name| Path::new(name).extension().is_some_and(|found| found == extension));
    names
}

/// The sketches below a folder, relative to it. For hints only: errors on the way are no matter.
fn sketches_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let _ = walk(folder, Some(HINT_DEPTH), &mut |path, is_folder| {
        if let (true, Some(_), Ok(relative)) = (is_folder, folder_sketch(path), path.strip_prefix(folder)) {
            found.push(relative.to_string_lossy().into_owned());
        }
    });
    found.sort();
    found
}

/// Visits `start` and what is below it, except hidden files and folders, each folder once however many
/// symbolic links lead to it. Folders that are there come before folders that are linked, so that a
/// sketch is called by its own path where it has one below `start`.
fn walk(
    start: &Path,
    depth: Option<usize>,
    visit: &mut impl FnMut(&Path, bool),
) -> Result<(), DiscoverError> {
    let mut seen = HashSet::new();
    let mut waiting = vec![(start.to_owned(), depth.unwrap_or(usize::MAX))];
    while !waiting.is_empty() {
        let mut linked = Vec::new();
        for (folder, depth) in waiting {
            walk_real(&folder, depth, &mut seen, &mut linked, visit)?;
        }
        linked.sort();
        waiting = linked;
    }
    Ok(())
}

fn walk_real(
    start: &Path,
    depth: usize,
    seen: &mut HashSet<(u64, u64)>,
    linked: &mut Vec<(PathBuf, usize)>,
    visit: &mut impl FnMut(&Path, bool),
) -> Result<(), DiscoverError> {
    // A link that leads nowhere, or to itself, is nothing.
    let Ok(identity) = identity(start) else { return Ok(()) };
    if seen.contains(&identity) {
        return Ok(());
    }
    let mut entries = WalkDir::new(start).max_depth(depth).sort_by_file_name().into_iter();
    while let Some(entry) = entries.next() {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(start).to_owned();
            DiscoverError::Read { path, cause: error.into() }
        })?;
        let path = entry.path();
        let is_start = entry.depth() == 0;
        if !is_start && hidden(&entry) {
            if entry.file_type().is_dir() {
                entries.skip_current_dir();
            }
        } else if is_start || entry.file_type().is_dir() {
            let identity = if is_start { Ok(identity) } else { self::identity(path) };
            let new = identity.is_ok_and(|identity| seen.insert(identity));
            if new {
                visit(path, true);
            } else {
                entries.skip_current_dir();
            }
        } else if entry.file_type().is_symlink() {
            match fs::metadata(path) {
                Ok(metadata) if metadata.is_dir() => linked.push((path.to_owned(), depth - entry.depth())),
                Ok(_) => visit(path, false),
                Err(_) => {}
            }
        } else {
            visit(path, false);
        }
    }
    Ok(())
}

fn hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// What a folder is, whatever path leads to it: device and inode.
#[cfg(unix)]
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino()))
}

/// What a folder is, whatever path leads to it: a hash of its real path.
#[cfg(not(unix))]
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    fs::canonicalize(path)?.hash(&mut hasher);
    Ok((hasher.finish(), 0))
}
