//! Finds the files of a sketch (arduino-cli `internal/arduino/sketch/sketch.go`). Does not read them.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::includes::Disk;

/// Error of a directory that is no sketch.
#[derive(Debug, Error)]
pub enum SketchError {
    /// A directory or file can't be read.
    #[error("can't read {}", path.display())]
    Read {
        /// The directory or file.
        path: PathBuf,
        /// The error of the file system.
        source: io::Error,
    },
    /// The main file is missing.
    #[error("the sketch has no main file {}", path.display())]
    NoMainFile {
        /// Its expected path.
        path: PathBuf,
    },
    /// Both `Name.ino` and `Name.pde` exist: arduino-cli refuses such a sketch.
    #[error("two main files, {} and {}: remove one", first.display(), second.display())]
    TwoMainFiles {
        /// The requested one.
        first: PathBuf,
        /// The other one.
        second: PathBuf,
    },
    /// A main file that is neither `.ino`, `.pde`, `.cpp`, `.cc`, `.cxx` nor `.c`.
    #[error("{} is no sketch: a main file ends in .ino, .pde, .cpp, .cc, .cxx or .c", path.display())]
    NotASketch {
        /// The file.
        path: PathBuf,
    },
    /// A symbolic link refers to a directory that contains it.
    #[error("{} contains itself through a symbolic link", path.display())]
    Loop {
        /// The directory that was entered a second time.
        path: PathBuf,
    },
}

/// The files of a sketch. Paths begin with [`SketchFiles::dir`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SketchFiles {
    /// The sketch's directory with links resolved, as in arduino-cli: the form in `__FILE__` and diagnostics.
    pub dir: PathBuf,
    /// `Name.ino`, or the only source of a sketch without `.ino` files.
    pub main_file: PathBuf,
    /// The merged files: the main file, then the others, sorted. Empty where the main file is C or C++.
    pub tabs: Vec<PathBuf>,
    /// The files that are copied beside the merged source, sorted: sources, headers and other files that sources
    /// include.
    pub additional: Vec<PathBuf>,
}

/// The extensions of files that are copied (arduino-cli `globals.AdditionalFileValidExtensions`).
const ADDITIONAL: [&str; 13] =
    ["h", "c", "hpp", "hh", "cpp", "cxx", "cc", "S", "adoc", "md", "json", "tpp", "ipp"];

/// Finds the files of the sketch in `dir`, by arduino-cli's rules:
/// - `.ino` and `.pde` files of the directory itself are merged;
/// - files with one of 13 extensions are copied from anywhere below it, but for hidden ones, those below
///   `build/`, and directories with a `build.options.json`;
/// - symbolic links are followed; a loop of them is an error.
///
/// # Errors
/// A file can't be read, or the main file is missing; see [`SketchError`].
pub fn load(disk: &Disk, dir: &Path, main_file: &Path) -> Result<SketchFiles, SketchError> {
    if !is_merged(main_file)? {
        return load_file(disk, main_file);
    }
    check_main(disk, main_file)?;
    for twin in ["ino", "pde"].map(|extension| main_file.with_extension(extension)) {
        if twin != main_file && disk.exists(&twin) {
            return Err(SketchError::TwoMainFiles { first: main_file.to_owned(), second: twin });
        }
    }
    let dir = real(disk, dir)?;
    let main_file = dir.join(main_file.file_name().unwrap_or_default());
    let mut walk =
        Walk { disk, dir: &dir, tabs: Vec::new(), additional: Vec::new(), entered: HashSet::new() };
    walk.enter(&dir)?;
    let Walk { mut tabs, mut additional, .. } = walk;
    tabs.retain(|path| *path != main_file);
    // arduino-cli compares paths as text, not component by component.
    tabs.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    additional.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    tabs.insert(0, main_file.clone());
    Ok(SketchFiles { dir, main_file, tabs, additional })
}

/// Returns a sketch of this one file, without its neighbours.
///
/// # Errors
/// The file is missing, or is neither `.ino`, `.pde`, C nor C++.
pub fn load_file(disk: &Disk, main_file: &Path) -> Result<SketchFiles, SketchError> {
    let merged = is_merged(main_file)?;
    check_main(disk, main_file)?;
    let dir = real(disk, main_file.parent().unwrap_or(Path::new("")))?;
    let main_file = dir.join(main_file.file_name().unwrap_or_default());
    let tabs = if merged { vec![main_file.clone()] } else { Vec::new() };
    Ok(SketchFiles { dir, main_file, tabs, additional: Vec::new() })
}

fn real(disk: &Disk, dir: &Path) -> Result<PathBuf, SketchError> {
    disk.real(dir).map_err(|source| SketchError::Read { path: dir.to_owned(), source })
}

fn check_main(disk: &Disk, main_file: &Path) -> Result<(), SketchError> {
    match disk.metadata(main_file) {
        Ok(meta) if meta.is_file() => Ok(()),
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(SketchError::Read { path: main_file.to_owned(), source })
        }
        _ => Err(SketchError::NoMainFile { path: main_file.to_owned() }),
    }
}

/// Returns whether this main file is merged and preprocessed rather than compiled unchanged.
fn is_merged(main_file: &Path) -> Result<bool, SketchError> {
    match extension(main_file) {
        "ino" | "pde" => Ok(true),
        "c" | "cpp" | "cc" | "cxx" => Ok(false),
        _ => Err(SketchError::NotASketch { path: main_file.to_owned() }),
    }
}

/// Returns the extension, case-sensitively: to Arduino `.INO` is no sketch and `.s` no source.
fn extension(path: &Path) -> &str {
    path.extension().and_then(OsStr::to_str).unwrap_or("")
}

struct Walk<'a> {
    disk: &'a Disk,
    dir: &'a Path,
    tabs: Vec<PathBuf>,
    additional: Vec<PathBuf>,
    /// The directories entered so far on this path, with links resolved.
    entered: HashSet<PathBuf>,
}

impl Walk<'_> {
    fn enter(&mut self, dir: &Path) -> Result<(), SketchError> {
        let canonical = real(self.disk, dir)?;
        if !self.entered.insert(canonical.clone()) {
            return Err(SketchError::Loop { path: dir.to_owned() });
        }
        let entries = self.disk.list(dir);
        for entry in entries.map_err(|source| SketchError::Read { path: dir.to_owned(), source })? {
            let name = entry.file_name();
            let path = dir.join(&name);
            if self.disk.is_dir(&path) {
                if !self.disk.exists(&path.join("build.options.json")) {
                    self.enter(&path)?;
                }
            } else if !name.as_encoded_bytes().starts_with(b".") {
                self.file(path, dir);
            }
        }
        self.entered.remove(&canonical);
        Ok(())
    }

    fn file(&mut self, path: PathBuf, dir: &Path) {
        match extension(&path) {
            "ino" | "pde" if dir == self.dir => self.tabs.push(path),
            extension if ADDITIONAL.contains(&extension) && !path.starts_with(self.dir.join("build")) => {
                self.additional.push(path);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn sketch(files: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().canonicalize().unwrap().join("Name");
        for file in files {
            let path = dir.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        (temp, dir)
    }

    fn loaded(dir: &Path) -> Result<SketchFiles, SketchError> {
        load(&Disk::default(), dir, &dir.join("Name.ino"))
    }

    fn relative(paths: &[PathBuf], dir: &Path) -> Vec<String> {
        paths.iter().map(|path| path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn the_main_file_is_first_and_capitals_before_small_letters() {
        let files = ["Name.ino", "b.ino", "a.pde", "C.ino", ".hidden.ino", "x.INO", "sub/d.ino", "notes.txt"];
        let (_temp, dir) = sketch(&files);
        let files = loaded(&dir).unwrap();
        assert_eq!(relative(&files.tabs, &dir), ["Name.ino", "C.ino", "a.pde", "b.ino"]);
        assert!(files.additional.is_empty());
    }

    #[test]
    fn what_sources_may_include_is_copied_and_nothing_else() {
        let (_temp, dir) = sketch(&[
            "Name.ino",
            "a.h",
            "b.inc",
            "src/c.cpp",
            "src/d.txt",
            "src.h",
            "sub/.hidden.h",
            ".dir/e.hpp",
            "build/f.h",
            "sub/build/g.h",
            "out/build.options.json",
            "out/h.cpp",
            "i.s",
            "j.S",
        ]);
        let files = loaded(&dir).unwrap();
        let expected =
            [".dir/e.hpp", "a.h", "j.S", "src.h", "src/c.cpp", "sub/build/g.h"].map(str::to_owned).to_vec();
        assert_eq!(relative(&files.additional, &dir), expected);
    }

    #[test]
    fn links_are_followed_and_keep_their_names() {
        let (_temp, dir) = sketch(&["Name.ino"]);
        let elsewhere = dir.parent().unwrap().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("a.cpp"), "").unwrap();
        std::os::unix::fs::symlink(&elsewhere, dir.join("src")).unwrap();
        std::os::unix::fs::symlink("nowhere", dir.join("dangling.h")).unwrap();
        let files = loaded(&dir).unwrap();
        assert_eq!(relative(&files.additional, &dir), ["dangling.h", "src/a.cpp"]);
        std::os::unix::fs::symlink(&dir, elsewhere.join("back")).unwrap();
        assert!(matches!(loaded(&dir), Err(SketchError::Loop { .. })));
    }

    #[test]
    fn a_sketch_behind_a_link_is_named_by_its_real_directory() {
        let (_temp, dir) = sketch(&["Name.ino", "a.h"]);
        let link = dir.parent().unwrap().join("Link");
        std::os::unix::fs::symlink(&dir, &link).unwrap();
        let files = load(&Disk::default(), &link, &link.join("Name.ino")).unwrap();
        assert_eq!(files.main_file, dir.join("Name.ino"));
        assert_eq!(files.additional, [dir.join("a.h")]);
    }

    #[test]
    fn two_main_files_or_none_are_no_sketch() {
        let (_temp, dir) = sketch(&["Name.ino", "Name.pde"]);
        assert!(matches!(loaded(&dir), Err(SketchError::TwoMainFiles { .. })));
        let (_temp, dir) = sketch(&["Other.ino"]);
        assert!(matches!(loaded(&dir), Err(SketchError::NoMainFile { .. })));
        let (_temp, dir) = sketch(&["Name.txt"]);
        assert!(matches!(
            load_file(&Disk::default(), &dir.join("Name.txt")),
            Err(SketchError::NotASketch { .. })
        ));
    }

    #[test]
    fn a_single_file_has_nothing_beside_it() {
        let (_temp, dir) = sketch(&["main.cpp", "one.ino", "a.h"]);
        let files = load_file(&Disk::default(), &dir.join("one.ino")).unwrap();
        assert_eq!((files.tabs.len(), files.additional.len()), (1, 0));
        let files = load_file(&Disk::default(), &dir.join("main.cpp")).unwrap();
        assert_eq!((files.tabs.len(), files.additional.len()), (0, 0));
    }
}
