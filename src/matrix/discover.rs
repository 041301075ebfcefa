//! Finds sketches by a path or a glob. Knows no board and no matrix.
//!
//! A sketch is a directory `Name` with a main file `Name.ino` or `Name.pde` ([`super::sketch_dir`]), or a single
//! `.ino`, `.pde`, `.cpp` or `.c` file.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::path_pattern::{PathGlob, PathPattern, SKETCH_EXTENSIONS, normalised};
use super::sketch_dir::{MAIN_EXTENSIONS, SketchDir, look_at};
use super::walk::{Kind, Visited, walk};
use crate::nearest::{nearest, quoted};

/// Depth of the search for suggestions in an error message.
const HINT_DEPTH: usize = 6;

/// Kind of a sketch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SketchKind {
    /// A directory with all its files.
    Directory,
    /// A single file, without its neighbours.
    SingleFile,
}

/// A sketch in the file system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FoundSketch {
    /// The path that names it: its directory, or the single file.
    pub(super) path: PathBuf,
    /// `Name.ino` in the directory without links, or the single file.
    pub(super) main_file: PathBuf,
    /// The reason why arduino-cli does not open it, if any.
    pub(super) problem: Option<String>,
}

impl FoundSketch {
    pub(super) fn kind(&self) -> SketchKind {
        if self.path == self.main_file { SketchKind::SingleFile } else { SketchKind::Directory }
    }
}

/// A path that matches a glob and looks like a sketch, but is none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lookalike {
    /// The path that names it.
    pub(super) path: PathBuf,
    /// The path without links to directories.
    pub(super) real: PathBuf,
    /// The reason why it is no sketch.
    pub(super) reason: String,
}

/// Matches of a path or glob.
#[derive(Debug, Default)]
pub(super) struct Matches {
    /// Sketches, sorted by path.
    pub(super) sketches: Vec<FoundSketch>,
    /// Paths that look like sketches, sorted.
    pub(super) lookalikes: Vec<Lookalike>,
}

/// Error of a path or glob without sketches.
#[derive(Debug, thiserror::Error)]
pub(super) enum DiscoverError {
    #[error("{message}")]
    Nothing { message: String, help: Option<String>, lookalikes: Vec<Lookalike> },
    #[error("can't read {}: {cause}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
}

fn nothing(message: impl Into<String>, help: impl Into<Option<String>>) -> DiscoverError {
    DiscoverError::Nothing { message: message.into(), help: help.into(), lookalikes: Vec::new() }
}

/// Returns the paths of the sketches that a path or glob names relative to the directory `root`, sorted. A pattern that is
/// wrong or finds nothing has none.
pub fn sketches_at(root: &Path, pattern: &str) -> Vec<PathBuf> {
    let Ok(pattern) = PathPattern::new(pattern) else { return Vec::new() };
    let Ok(found) = find(root, &pattern) else { return Vec::new() };
    found.sketches.into_iter().map(|sketch| sketch.path).collect()
}

/// Returns every sketch that `pattern` names relative to the directory `root`, at least one.
///
/// # Errors
/// A pattern without sketches, or a directory that can't be read.
pub(super) fn find(root: &Path, pattern: &PathPattern) -> Result<Matches, DiscoverError> {
    let start = normalised(&root.join(&pattern.prefix));
    let Some(glob) = &pattern.glob else {
        let sketch = literal(&start, &pattern.text)?;
        return Ok(Matches { sketches: vec![sketch], lookalikes: Vec::new() });
    };
    if !start.is_dir() {
        return Err(missing(&start, &pattern.prefix.to_string_lossy()));
    }
    let mut found = Globbed::default();
    walk(&start, glob.depth, &mut |visited| {
        let relative = visited.path.strip_prefix(&start).unwrap_or(visited.path);
        let is_start = relative.as_os_str().is_empty();
        let matches = if is_start { glob.everything } else { glob.matcher.is_match(relative) };
        if matches {
            found.add(visited, glob);
        }
    })
    .map_err(|cause| DiscoverError::Read { path: start.clone(), cause })?;
    let passed = found.directories;
    let found = found.finish();
    if found.sketches.is_empty() {
        let message = format!("no sketch matches {}", quoted(&pattern.text));
        let help = match found.lookalikes.first() {
            Some(Lookalike { path, reason, .. }) => {
                let path = path.strip_prefix(&start).unwrap_or(path);
                format!("{} is not a sketch: {reason}", quoted(&path.to_string_lossy()))
            }
            None => hint(&start, pattern, glob, passed),
        };
        return Err(DiscoverError::Nothing { message, help: Some(help), lookalikes: found.lookalikes });
    }
    Ok(found)
}

/// Matches of a glob so far.
#[derive(Default)]
struct Globbed {
    /// Sketches by main file. Of several paths the first that ends with the directory's own name counts, else the first.
    sketches: HashMap<PathBuf, FoundSketch>,
    /// Paths that look like sketches, by path without links.
    lookalikes: BTreeMap<PathBuf, Lookalike>,
    /// Number of matching directories, without the start.
    directories: usize,
}

impl Globbed {
    fn add(&mut self, visited: &Visited<'_>, glob: &PathGlob) {
        let Visited { path, real, .. } = *visited;
        match &visited.kind {
            Kind::Directory => {
                self.directories += 1;
                match look_at(real) {
                    SketchDir::Sketch { main_file, problem } => {
                        self.sketch(FoundSketch { path: path.to_owned(), main_file, problem });
                    }
                    SketchDir::Lookalike(reason) => self.lookalike(visited, reason),
                    SketchDir::Other if glob.files && has_sketch_extension(path) => {
                        self.lookalike(visited, "it is a directory".to_owned());
                    }
                    SketchDir::Other => {}
                }
            }
            Kind::File if glob.files => {
                if let Some(sketch) = globbed_file(path, real) {
                    self.sketch(sketch);
                }
            }
            Kind::File => {}
            Kind::Dangling => {
                // A link in a sketch's directory belongs to that sketch.
                let is_in_sketch = || matches!(real.parent().map(look_at), Some(SketchDir::Sketch { .. }));
                let may_be_sketch =
                    if glob.files { has_sketch_extension(path) } else { path.extension().is_none() };
                if may_be_sketch && !is_in_sketch() {
                    self.lookalike(visited, "it is a link that leads nowhere".to_owned());
                }
            }
            Kind::Unreadable(error) => self.lookalike(visited, format!("it can't be read: {error}")),
        }
    }

    fn sketch(&mut self, sketch: FoundSketch) {
        let has_own_name = |sketch: &FoundSketch| {
            sketch.path.file_name() == sketch.main_file.parent().and_then(Path::file_name)
        };
        match self.sketches.get(&sketch.main_file) {
            Some(known) if has_own_name(known) || !has_own_name(&sketch) => {}
            _ => drop(self.sketches.insert(sketch.main_file.clone(), sketch)),
        }
    }

    fn lookalike(&mut self, visited: &Visited<'_>, reason: String) {
        let (path, real) = (visited.path.to_owned(), visited.real.to_owned());
        self.lookalikes.entry(real.clone()).or_insert(Lookalike { path, real, reason });
    }

    fn finish(self) -> Matches {
        let mut sketches: Vec<FoundSketch> = self.sketches.into_values().collect();
        sketches.sort();
        let mut lookalikes: Vec<Lookalike> = self.lookalikes.into_values().collect();
        lookalikes.sort();
        Matches { sketches, lookalikes }
    }
}

/// Returns how to fix a glob without sketches. `passed` directories match it and are no sketches.
fn hint(start: &Path, pattern: &PathPattern, glob: &PathGlob, passed: usize) -> String {
    let below = sketches_below(start);
    // `Sketch*/**` matches directories in the sketches: `src`, `data`.
    let above =
        pattern.text.strip_suffix("/**").and_then(|text| Some((text, PathPattern::new(text).ok()?.glob?)));
    let above = above.filter(|(_, above)| below.iter().any(|sketch| above.matcher.is_match(sketch)));
    if let Some((text, _)) = above {
        let pattern = quoted(&pattern.text);
        format!(
            "{pattern} is what lies in the directories of the sketches: {} takes the sketches",
            quoted(text)
        )
    } else if below.is_empty() {
        "a sketch is a directory `Name` with a file `Name.ino`".to_owned()
    } else if passed > 0 && !glob.everything {
        "the directories that match are not sketches themselves: `**` takes what is below them".to_owned()
    } else {
        format!("there are {}", listed(&below))
    }
}

/// Returns the first few sketches of a list, as text.
fn listed(sketches: &[String]) -> String {
    const MOST: usize = 4;
    let mut names: Vec<String> = sketches.iter().take(MOST).map(|name| quoted(name)).collect();
    if let Some(more @ 1..) = sketches.len().checked_sub(MOST) {
        names.push(format!("and {more} more"));
    }
    names.join(", ")
}

/// Returns the sketch that a path without a glob names.
fn literal(path: &Path, text: &str) -> Result<FoundSketch, DiscoverError> {
    let read = |cause: io::Error| match cause.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory if path.is_symlink() => {
            nothing(format!("{} is a link that leads nowhere", quoted(text)), None)
        }
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => missing(path, text),
        _ => DiscoverError::Read { path: path.to_owned(), cause },
    };
    let real = fs::canonicalize(path).map_err(read)?;
    if !real.is_dir() {
        return literal_file(path, text);
    }
    let (message, help) = match look_at(&real) {
        SketchDir::Sketch { main_file, problem } => {
            return Ok(FoundSketch { path: path.to_owned(), main_file, problem });
        }
        SketchDir::Lookalike(reason) => {
            let help =
                "a sketch is a directory `Name` with a file `Name.ino`; an `.ino` file can be named itself";
            (format!("{} is not a sketch: {reason}", quoted(text)), Some(help.to_owned()))
        }
        SketchDir::Other => {
            let name = real.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let below = sketches_below(path);
            let glob = format!("{}/**", text.trim_end_matches('/'));
            let help = format!("{} takes what is below it: {}", quoted(&glob), listed(&below));
            let message =
                format!("{} is not a sketch: it has no {}", quoted(text), quoted(&format!("{name}.ino")));
            (message, (!below.is_empty()).then_some(help))
        }
    };
    Err(nothing(message, help))
}

fn literal_file(path: &Path, text: &str) -> Result<FoundSketch, DiscoverError> {
    if !has_sketch_extension(path) {
        let help = "a sketch is a directory `Name` with `Name.ino`, or a `.ino`, `.pde`, `.cpp` or `.c` file";
        return Err(nothing(format!("{} is not a sketch", quoted(text)), help.to_owned()));
    }
    Ok(sketch_of_main_file(path).unwrap_or_else(|| single_file(path)))
}

fn single_file(path: &Path) -> FoundSketch {
    FoundSketch { path: path.to_owned(), main_file: path.to_owned(), problem: None }
}

/// Returns the sketch for a file that matches a glob; `None` for another file in a sketch's directory.
fn globbed_file(path: &Path, real: &Path) -> Option<FoundSketch> {
    if !has_sketch_extension(path) {
        return None;
    }
    match real.parent().map(look_at) {
        Some(SketchDir::Sketch { .. }) => sketch_of_main_file(path),
        _ => Some(single_file(path)),
    }
}

/// Returns the sketch whose main file is `path`.
fn sketch_of_main_file(path: &Path) -> Option<FoundSketch> {
    let dir = path.parent()?;
    let real = fs::canonicalize(dir).ok()?;
    let is_main = path.file_stem() == real.file_name()
        && path.extension().is_some_and(|extension| MAIN_EXTENSIONS.iter().any(|main| extension == *main));
    match look_at(&real) {
        SketchDir::Sketch { main_file, problem } if is_main => {
            Some(FoundSketch { path: dir.to_owned(), main_file, problem })
        }
        _ => None,
    }
}

fn has_sketch_extension(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    extension.is_some_and(|extension| SKETCH_EXTENSIONS.contains(&extension))
}

/// Returns the error for a missing path, with the nearest existing name.
fn missing(path: &Path, text: &str) -> DiscoverError {
    let existing = path.ancestors().skip(1).find(|directory| directory.is_dir());
    let lost = existing.and_then(|directory| path.strip_prefix(directory).ok()?.components().next());
    let help = existing.zip(lost).and_then(|(directory, lost)| {
        let names = entry_names(directory);
        let lost = lost.as_os_str().to_string_lossy();
        let near = nearest(&lost, names.iter().map(String::as_str))?;
        Some(format!("did you mean {} instead of {}?", quoted(near), quoted(&lost)))
    });
    nothing(format!("there is no {}", quoted(text)), help)
}

fn entry_names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Returns the sketches below a directory, relative to it. Ignores errors, as the result is only a suggestion.
fn sketches_below(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let _ = walk(directory, Some(HINT_DEPTH), &mut |visited| {
        let is_sketch = || matches!(look_at(visited.real), SketchDir::Sketch { .. });
        if let (Kind::Directory, 0, Ok(relative)) =
            (&visited.kind, visited.links, visited.path.strip_prefix(directory))
            && is_sketch()
        {
            found.push(relative.to_string_lossy().into_owned());
        }
    });
    found.sort();
    found
}
