//! What a sketch folder holds: which files are merged, which are compiled, which are headers, in
//! Arduino's order. It does not look into sources.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::source::Disk;

/// Why a folder is no sketch.
#[derive(Debug, Error)]
pub enum SketchError {
    /// A folder or file can't be read.
    #[error("can't read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The main file is not there.
    #[error("the sketch has no main file {}", path.display())]
    NoMainFile {
        /// Where it should be.
        path: PathBuf,
    },
    /// `Name.ino` and `Name.pde`: Arduino refuses that too.
    #[error("two main files, {} and {}: remove one", first.display(), second.display())]
    TwoMainFiles {
        /// The one that was asked for.
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
}

/// The files of a sketch. Paths are as absolute as the folder that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SketchFiles {
    /// The sketch's folder.
    pub folder: PathBuf,
    /// `Name.ino`, or the only source of a sketch without `.ino` files.
    pub main_file: PathBuf,
    /// What is merged and preprocessed: the main file, then the others. Empty where the main file is C or C++.
    pub ino_files: Vec<PathBuf>,
    /// What is compiled beside the merged source: the folder's own sources, then those under `src/`.
    /// Within each, `.S` come first, then `.c`, then `.cpp`, `.cc` and `.cxx`, each sorted.
    pub sources: Vec<PathBuf>,
    /// Headers and what else Arduino copies for sources to include: `.h .hpp .hh .tpp .ipp .md .adoc .json`, sorted.
    pub headers: Vec<PathBuf>,
}

/// One translation unit of a sketch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SketchUnit {
    /// The merged and preprocessed `.ino` files.
    Merged,
    /// A source as it is.
    Source(PathBuf),
}

impl SketchFiles {
    /// `Blink.ino.cpp`: the merged source's name in a build folder. `None` where nothing is merged.
    pub fn merged_name(&self) -> Option<String> {
        let main = self.ino_files.first()?;
        Some(format!("{}.cpp", main.file_name()?.to_string_lossy()))
    }

    /// The translation units in the order in which Arduino's builder links their objects: the
    /// merged source stands where its name sorts among the folder's other C++ sources.
    pub fn units(&self) -> Vec<SketchUnit> {
        let mut units: Vec<_> = self.sources.iter().cloned().map(SketchUnit::Source).collect();
        if let Some(merged) = self.merged_name() {
            let merged = self.folder.join(merged);
            let own = self.sources.iter().take_while(|path| path.parent() == Some(&self.folder));
            let before = own.take_while(|path| link_rank(path) < link_rank(&merged)).count();
            units.insert(before, SketchUnit::Merged);
        }
        units
    }
}

/// Finds the files of the sketch in `folder`. With a main file of C or C++, that is the one file;
/// otherwise Arduino's rules hold (arduino-cli's `sketch.New` and `buildSketch`):
/// - `.ino` and `.pde` files of the folder itself, sorted by their bytes, the main file first;
/// - sources of the folder itself and, recursively, of `src/`;
/// - hidden files and folders, `CVS`, `RCS`, `build/` and folders with a `build.options.json` are left out.
///
/// Symbolic links are followed; a folder that contains itself is entered once.
///
/// # Errors
///
/// What can't be read or has no main file; see [`SketchError`].
pub fn load(disk: &Disk, folder: &Path, main_file: &Path) -> Result<SketchFiles, SketchError> {
    if !is_merged(main_file)? {
        return load_file(disk, main_file);
    }
    check_main(disk, main_file)?;
    for twin in ["ino", "pde"].map(|extension| main_file.with_extension(extension)) {
        if twin != main_file && disk.is_file(&twin) {
            return Err(SketchError::TwoMainFiles { first: main_file.to_owned(), second: twin });
        }
    }
    let mut found = Found::default();
    found.walk(disk, folder, Place::Root, &mut HashSet::new())?;
    found.ino_files.retain(|path| path.file_name() != main_file.file_name());
    found.ino_files.sort();
    found.ino_files.insert(0, main_file.to_owned());
    found.own_sources.sort_by(|a, b| link_rank(a).cmp(&link_rank(b)));
    found.src_sources.sort_by(|a, b| link_rank(a).cmp(&link_rank(b)));
    found.headers.sort();
    Ok(SketchFiles {
        folder: folder.to_owned(),
        main_file: main_file.to_owned(),
        ino_files: found.ino_files,
        sources: [found.own_sources, found.src_sources].concat(),
        headers: found.headers,
    })
}

/// A sketch that is this one file, whatever lies beside it.
///
/// # Errors
///
/// Where it isn't there, or is neither `.ino`, `.pde`, C nor C++.
pub fn load_file(disk: &Disk, main_file: &Path) -> Result<SketchFiles, SketchError> {
    let merged = is_merged(main_file)?;
    check_main(disk, main_file)?;
    let only = vec![main_file.to_owned()];
    let (ino_files, sources) = if merged { (only, Vec::new()) } else { (Vec::new(), only) };
    Ok(SketchFiles {
        folder: main_file.parent().unwrap_or(Path::new("")).to_owned(),
        main_file: main_file.to_owned(),
        ino_files,
        sources,
        headers: Vec::new(),
    })
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

/// Whether this main file is merged and preprocessed, and not compiled as it is.
fn is_merged(main_file: &Path) -> Result<bool, SketchError> {
    match extension(main_file) {
        "ino" | "pde" => Ok(true),
        "c" | "cpp" | "cc" | "cxx" => Ok(false),
        _ => Err(SketchError::NotASketch { path: main_file.to_owned() }),
    }
}

/// The extension, in its own case: to Arduino `.INO` is no sketch and `.s` no source.
fn extension(path: &Path) -> &str {
    path.extension().and_then(OsStr::to_str).unwrap_or("")
}

/// Sorts as arduino-builder links: by kind, then a folder's own files before its folders'.
fn link_rank(path: &Path) -> (u8, Vec<(bool, &OsStr)>) {
    let kind = match extension(path) {
        "S" => 0,
        "c" => 1,
        "cpp" => 2,
        _ => 3,
    };
    let count = path.components().count();
    let names = path.components().enumerate().map(|(index, name)| (index + 1 < count, name.as_os_str()));
    (kind, names.collect())
}

/// Where the walk is: only the sketch's folder has `.ino` files, and only it and `src/` are compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Src,
    Elsewhere,
}

#[derive(Debug, Default)]
struct Found {
    ino_files: Vec<PathBuf>,
    own_sources: Vec<PathBuf>,
    src_sources: Vec<PathBuf>,
    headers: Vec<PathBuf>,
}

impl Found {
    /// `entered` holds the folders on the way here, to end where links make a circle.
    fn walk(
        &mut self,
        disk: &Disk,
        folder: &Path,
        place: Place,
        entered: &mut HashSet<PathBuf>,
    ) -> Result<(), SketchError> {
        let read = |source| SketchError::Read { path: folder.to_owned(), source };
        let canonical = disk.real(folder).map_err(read)?;
        if !entered.insert(canonical.clone()) {
            return Ok(());
        }
        for entry in disk.list(folder).map_err(read)? {
            let name = entry.file_name();
            if name.as_encoded_bytes().starts_with(b".") || name == "CVS" || name == "RCS" {
                continue;
            }
            let path = folder.join(&name);
            // A link that leads nowhere is no file of the sketch: editors leave such locks behind.
            let Ok(meta) = disk.metadata(&path) else { continue };
            if !meta.is_dir() {
                self.file(path, place);
            } else if (place != Place::Root || name != "build")
                && !disk.exists(&path.join("build.options.json"))
            {
                let inside = match place {
                    Place::Root if name == "src" => Place::Src,
                    Place::Root => Place::Elsewhere,
                    _ => place,
                };
                self.walk(disk, &path, inside, entered)?;
            }
        }
        entered.remove(&canonical);
        Ok(())
    }

    fn file(&mut self, path: PathBuf, place: Place) {
        match (extension(&path), place) {
            ("ino" | "pde", Place::Root) => self.ino_files.push(path),
            ("S" | "c" | "cpp" | "cc" | "cxx", Place::Root) => self.own_sources.push(path),
            ("S" | "c" | "cpp" | "cc" | "cxx", Place::Src) => self.src_sources.push(path),
            // Sources elsewhere are not compiled, but others may include them.
            (
                "h" | "hpp" | "hh" | "tpp" | "ipp" | "md" | "adoc" | "json" | "S" | "c" | "cpp" | "cc"
                | "cxx",
                _,
            ) => {
                self.headers.push(path);
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
        let folder = temp.path().join("Name");
        for file in files {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        (temp, folder)
    }

    fn relative(paths: &[PathBuf], folder: &Path) -> Vec<String> {
        paths.iter().map(|path| path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn the_main_file_is_first_and_capitals_before_small_letters() {
        let (_temp, folder) = sketch(&[
            "Name.ino",
            "b.ino",
            "a.pde",
            "C.ino",
            ".hidden.ino",
            "x.INO",
            "sub/d.ino",
            "notes.txt",
        ]);
        let files = load(&Disk::default(), &folder, &folder.join("Name.ino")).unwrap();
        assert_eq!(relative(&files.ino_files, &folder), ["Name.ino", "C.ino", "a.pde", "b.ino"]);
        assert_eq!(files.merged_name().as_deref(), Some("Name.ino.cpp"));
    }

    #[test]
    fn sources_of_the_folder_and_of_src_are_compiled() {
        let (_temp, folder) = sketch(&[
            "Name.ino",
            "z.cpp",
            "A.cpp",
            "q.cc",
            "k.c",
            "i.S",
            "h.h",
            "n.hpp",
            "sub/no.cpp",
            "sub/s.h",
            "src/deep/f.cpp",
            "src/g.cpp",
            "src/a.S",
            "src/t.tpp",
            "src/.git/x.cpp",
            "build/b.cpp",
            "out/build.options.json",
            "out/o.h",
            "src/build/ok.c",
            "CVS/c.h",
            "low.s",
        ]);
        let files = load(&Disk::default(), &folder, &folder.join("Name.ino")).unwrap();
        assert_eq!(
            relative(&files.sources, &folder),
            [
                "i.S",
                "k.c",
                "A.cpp",
                "z.cpp",
                "q.cc",
                "src/a.S",
                "src/build/ok.c",
                "src/g.cpp",
                "src/deep/f.cpp"
            ]
        );
        assert_eq!(relative(&files.headers, &folder), ["h.h", "n.hpp", "src/t.tpp", "sub/no.cpp", "sub/s.h"]);
        let merged = files.units().iter().position(|unit| *unit == SketchUnit::Merged);
        assert_eq!(merged, Some(3), "Name.ino.cpp sorts between A.cpp and z.cpp");
    }

    #[test]
    fn a_source_alone_is_a_sketch() {
        let (_temp, folder) = sketch(&["one.cpp", "two.cpp"]);
        let files = load(&Disk::default(), &folder, &folder.join("one.cpp")).unwrap();
        assert_eq!(files.units(), [SketchUnit::Source(folder.join("one.cpp"))]);
        assert_eq!(files.merged_name(), None);
    }

    #[test]
    fn a_file_alone_has_no_neighbours() {
        let (_temp, folder) = sketch(&["one.ino", "two.ino", "a.cpp"]);
        let files = load_file(&Disk::default(), &folder.join("one.ino")).unwrap();
        assert_eq!(files.units(), [SketchUnit::Merged]);
        assert_eq!(files.folder, folder);
    }

    #[test]
    fn what_is_no_sketch_says_so() {
        let (_temp, folder) = sketch(&["Name.ino", "Name.pde", "a.txt"]);
        let error = |name: &str| load(&Disk::default(), &folder, &folder.join(name)).unwrap_err();
        assert!(matches!(error("Name.ino"), SketchError::TwoMainFiles { .. }));
        assert!(matches!(error("a.txt"), SketchError::NotASketch { .. }));
        assert!(matches!(error("b.ino"), SketchError::NoMainFile { .. }));
        assert!(matches!(load_file(&Disk::default(), &folder), Err(SketchError::NotASketch { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_circles_end() {
        let (_temp, folder) = sketch(&["Name.ino", "src/a.c"]);
        std::os::unix::fs::symlink(&folder, folder.join("src/up")).unwrap();
        std::os::unix::fs::symlink(folder.join("src/a.c"), folder.join("b.c")).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.join("c.c")).unwrap();
        let files = load(&Disk::default(), &folder, &folder.join("Name.ino")).unwrap();
        assert_eq!(relative(&files.sources, &folder), ["b.c", "src/a.c"]);
    }
}
