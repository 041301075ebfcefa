//! Classifies a directory: a sketch, a path that only looks like one, or neither. Knows nothing of globs.
//!
//! The rules are those of arduino-cli (`internal/arduino/sketch/sketch.go`, `New`): a sketch is a directory `Name`
//! with a file `Name.ino` or `Name.pde`, where `Name` is the name of the directory itself, not of a link to it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::sketch_project;
use crate::nearest::quoted;

/// Extensions of main files.
pub(super) const MAIN_EXTENSIONS: [&str; 2] = ["ino", "pde"];

/// Class of a directory.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SketchDir {
    /// A sketch.
    Sketch {
        /// `Name.ino` or `Name.pde`.
        main_file: PathBuf,
        /// The reason why arduino-cli does not open it, if any.
        problem: Option<String>,
    },
    /// No sketch, for this reason, although it has files of a sketch.
    Lookalike(String),
    /// No sketch.
    Other,
}

/// Classifies a directory. `dir` is its path without links.
pub(super) fn look_at(dir: &Path) -> SketchDir {
    let Some(name) = dir.file_name() else { return SketchDir::Other };
    let main_files: Vec<PathBuf> =
        MAIN_EXTENSIONS.iter().map(|extension| main_file(dir, name, extension)).collect();
    let existing: Vec<&PathBuf> = main_files.iter().filter(|path| path.exists()).collect();
    match (existing.iter().find(|path| path.is_file()), existing.as_slice()) {
        (Some(main_file), [_]) => {
            SketchDir::Sketch { main_file: (*main_file).clone(), problem: sketch_project::problem(dir) }
        }
        (Some(main_file), _) => {
            let names: Vec<String> = existing.iter().map(|path| shown_name(path)).collect();
            let problem = Some(format!("it has more than one main file: {}", names.join(" and ")));
            SketchDir::Sketch { main_file: (*main_file).clone(), problem }
        }
        (None, [directory, ..]) => SketchDir::Lookalike(format!("{} is a directory", shown_name(directory))),
        (None, []) => without_main_file(dir, &main_files),
    }
}

/// Returns the path of `NAME.EXTENSION` in a directory.
fn main_file(dir: &Path, name: &OsStr, extension: &str) -> PathBuf {
    let mut file = name.to_owned();
    file.push(".");
    file.push(extension);
    dir.join(file)
}

fn shown_name(path: &Path) -> String {
    quoted(&path.file_name().unwrap_or_default().to_string_lossy())
}

/// Classifies a directory without any of `main_files`.
fn without_main_file(dir: &Path, main_files: &[PathBuf]) -> SketchDir {
    if let Some(link) = main_files.iter().find(|path| path.is_symlink()) {
        return SketchDir::Lookalike(format!("{} is a link that leads nowhere", shown_name(link)));
    }
    let sources = sketch_files(dir);
    let wanted = main_files.first().map(|path| shown_name(path)).unwrap_or_default();
    let is_main_but_for_case = |name: &&String| {
        main_files
            .iter()
            .filter_map(|path| path.file_name())
            .any(|main| main.eq_ignore_ascii_case(name.as_str()))
    };
    if let Some(other_case) = sources.iter().find(is_main_but_for_case) {
        let message = format!("it has {}, which differs in case from {wanted}", quoted(other_case));
        return SketchDir::Lookalike(message);
    }
    match sources.as_slice() {
        [] => SketchDir::Other,
        [only] => SketchDir::Lookalike(format!("it has {}, but no {wanted}", quoted(only))),
        [first, ..] => {
            let others = sources.len() - 1;
            SketchDir::Lookalike(format!("it has {} and {others} more, but no {wanted}", quoted(first)))
        }
    }
}

/// Returns the names of a directory's `.ino` and `.pde` files, in any case, sorted.
fn sketch_files(dir: &Path) -> Vec<String> {
    let is_sketch_file = |name: &str| {
        let extension = Path::new(name).extension().unwrap_or_default();
        !name.starts_with('.') && MAIN_EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
    };
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| is_sketch_file(name) && !dir.join(name).is_dir())
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Classifies a directory `Name` with these files; a name that ends with `/` is a directory.
    fn looked_at(files: &[&str]) -> SketchDir {
        let directory = tempfile::tempdir().unwrap();
        let dir = directory.path().join("Name");
        fs::create_dir(&dir).unwrap();
        for file in files {
            match file.strip_suffix('/') {
                Some(directory) => fs::create_dir(dir.join(directory)).unwrap(),
                None => fs::write(dir.join(file), "").unwrap(),
            }
        }
        match look_at(&dir) {
            SketchDir::Sketch { main_file, problem } => {
                SketchDir::Sketch { main_file: main_file.strip_prefix(&dir).unwrap().to_owned(), problem }
            }
            other => other,
        }
    }

    fn sketch(main_file: &str, problem: Option<&str>) -> SketchDir {
        SketchDir::Sketch { main_file: main_file.into(), problem: problem.map(str::to_owned) }
    }

    #[test]
    fn the_main_file_has_the_name_of_its_directory() {
        assert_eq!(looked_at(&["Name.ino", "tab.ino", "Name.cpp"]), sketch("Name.ino", None));
        assert_eq!(looked_at(&["Name.pde", "tab.ino"]), sketch("Name.pde", None));
        let both = "it has more than one main file: `Name.ino` and `Name.pde`";
        assert_eq!(looked_at(&["Name.ino", "Name.pde"]), sketch("Name.ino", Some(both)));
        assert_eq!(looked_at(&["Name.ino", "Name.pde/"]), sketch("Name.ino", Some(both)));
    }

    #[test]
    fn what_looks_like_a_sketch_is_none_for_a_reason() {
        for (files, reason) in [
            (&["name.ino"][..], "it has `name.ino`, which differs in case from `Name.ino`"),
            (&["Name.INO"], "it has `Name.INO`, which differs in case from `Name.ino`"),
            (&["NAME.PDE", "a.ino"], "it has `NAME.PDE`, which differs in case from `Name.ino`"),
            (&["Other.ino"], "it has `Other.ino`, but no `Name.ino`"),
            (&["b.pde", "a.ino", "c.ino", "Name.cpp"], "it has `a.ino` and 2 more, but no `Name.ino`"),
            (&["Name.ino/"], "`Name.ino` is a directory"),
        ] {
            assert_eq!(looked_at(files), SketchDir::Lookalike(reason.to_owned()), "{files:?}");
        }
        for files in [&["Name.cpp", "Name.h"][..], &[".Name.ino"], &["Other.ino/"], &[]] {
            assert_eq!(looked_at(files), SketchDir::Other, "{files:?}");
        }
    }

    #[test]
    fn a_link_as_main_file_counts_if_it_leads_to_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let dir = directory.path().join("Name");
        fs::create_dir(&dir).unwrap();
        symlink("text", dir.join("Name.ino")).unwrap();
        let dangling = "`Name.ino` is a link that leads nowhere".to_owned();
        assert_eq!(look_at(&dir), SketchDir::Lookalike(dangling));
        fs::write(dir.join("text"), "").unwrap();
        assert_eq!(look_at(&dir), SketchDir::Sketch { main_file: dir.join("Name.ino"), problem: None });
        symlink("nowhere", dir.join("Name.pde")).unwrap();
        assert_eq!(look_at(&dir), SketchDir::Sketch { main_file: dir.join("Name.ino"), problem: None });
    }
}
