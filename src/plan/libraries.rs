//! The libraries that the sketches of each board can use: those of the matrix, of the board's platform and of the
//! platform of its core.
//!
//! Follows `LibrariesLoader` in arduino-cli's `internal/arduino/builder/internal/detector/detector.go`.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexSet;

use super::error::PlanError;
use super::library_root::LibraryRoot;
use crate::library::{
    EnclosingLibrary, Library, LibraryError, LibraryIndex, Location, Refused, Root, Shelves, load_root,
};
use crate::matrix::Matrix;
use crate::platform::BoardConfig;

/// The directories that a run searches for libraries, and directories with unused libraries.
#[derive(Debug, Default)]
pub struct LibraryPlaces {
    /// The matrix file's directory, which the entries of `libraries` are relative to.
    pub matrix_dir: PathBuf,
    /// The directories of `libraries`, and those of installed libraries.
    pub roots: Vec<PathBuf>,
    /// Libraries that sketches can't use.
    pub shelves: Shelves,
}

/// The libraries of a plan.
pub(super) struct Libraries {
    /// Libraries of the matrix and installed ones, in their order.
    roots: Vec<LoadedRoot>,
    platforms: HashMap<PathBuf, Vec<Library>>,
    indexes: HashMap<IndexKey, Arc<LibraryIndex>>,
    /// Warnings about ignored libraries.
    pub(super) warnings: Vec<String>,
    refused: Vec<Refused>,
}

/// A directory of `libraries` and its content.
struct LoadedRoot {
    root: LibraryRoot,
    /// Its resolved path.
    real: PathBuf,
    libraries: Vec<Library>,
}

/// Inputs of a board's libraries.
#[derive(PartialEq, Eq, Hash)]
struct IndexKey {
    architecture: String,
    platforms: Vec<PathBuf>,
    /// Indices of the roots that the board sees.
    roots: Vec<usize>,
}

impl Libraries {
    /// Loads the libraries of `roots`. Ignores a root with the directory and the boards of an earlier one.
    ///
    /// # Errors
    /// A directory that can't be read.
    pub(super) fn of(matrix: &Matrix, roots: &[LibraryRoot]) -> Result<Self, PlanError> {
        let mut libraries = Self {
            roots: Vec::new(),
            platforms: HashMap::new(),
            indexes: HashMap::new(),
            warnings: Vec::new(),
            refused: Vec::new(),
        };
        for root in roots {
            let found = libraries.load(&root.path, Location::User).map_err(|error| {
                let help = "`libraries` lists directories relative to the matrix file: a library, or a directory of \
                            libraries";
                matrix.error_at(root.span, error.to_string(), Some(help.to_owned()))
            })?;
            let real = real(&root.path);
            let is_known = |other: &LoadedRoot| {
                other.real == real && (other.root.boards.is_none() || other.root.boards == root.boards)
            };
            if !libraries.roots.iter().any(is_known) {
                libraries.roots.push(LoadedRoot { root: root.clone(), real, libraries: found });
            }
        }
        Ok(libraries)
    }

    /// Returns the libraries of a board, by header. `board` is its index in the matrix.
    ///
    /// # Errors
    /// A platform's directory that can't be read.
    pub(super) fn index(
        &mut self,
        board: usize,
        config: &BoardConfig,
    ) -> Result<Arc<LibraryIndex>, LibraryError> {
        let of_platforms: HashSet<PathBuf> = config.library_dirs.iter().map(|path| real(path)).collect();
        let is_seen = |loaded: &LoadedRoot| {
            let is_for_board = loaded.root.boards.as_ref().is_none_or(|boards| boards.contains(&board));
            is_for_board && !of_platforms.contains(&loaded.real)
        };
        let roots =
            self.roots.iter().enumerate().filter(|(_, loaded)| is_seen(loaded)).map(|(index, _)| index);
        let key = IndexKey {
            architecture: config.architecture().to_owned(),
            platforms: config.library_dirs.clone(),
            roots: roots.collect(),
        };
        if let Some(index) = self.indexes.get(&key) {
            return Ok(index.clone());
        }
        let mut libraries: Vec<Library> =
            key.roots.iter().flat_map(|&root| &self.roots[root].libraries).cloned().collect();
        for (order, path) in config.library_dirs.iter().enumerate() {
            let location = if order == 0 { Location::Platform } else { Location::ReferencedPlatform };
            if !self.platforms.contains_key(path) {
                let found = self.load(path, location)?;
                self.platforms.insert(path.clone(), found);
            }
            let found = self.platforms[path].iter().cloned();
            libraries.extend(found.map(|library| Library { location, ..library }));
        }
        let index = Arc::new(LibraryIndex::new(config.architecture(), libraries));
        self.indexes.insert(key, index.clone());
        Ok(index)
    }

    fn load(&mut self, path: &Path, location: Location) -> Result<Vec<Library>, LibraryError> {
        let loaded = load_root(&Root { path: path.to_owned(), location })?;
        self.warnings.extend(loaded.refused.iter().map(ToString::to_string));
        self.refused.extend(loaded.refused.iter().cloned());
        if location == Location::User && loaded.libraries.is_empty() && loaded.refused.is_empty() {
            self.warnings.push(format!("there is no library in {}, which `libraries` names", path.display()));
        }
        Ok(loaded.libraries)
    }

    /// Returns the searched directories, and others with libraries: beside those of the matrix, beside the libraries
    /// that contain its sketches, in directories with usual names, and in those of Arduino's IDE.
    pub(super) fn places<'e>(
        self,
        matrix: &Matrix,
        enclosing: impl Iterator<Item = &'e EnclosingLibrary>,
    ) -> LibraryPlaces {
        let named = self.roots.iter().flat_map(|loaded| &loaded.libraries);
        let named = named.filter(|library| library.location == Location::Unmanaged);
        let libraries = named.chain(enclosing.map(|enclosing| &enclosing.library));
        let beside = libraries.filter_map(|library| library.root.parent()).map(Path::to_owned);
        let usual = ["libraries", "lib", "../libraries", "../lib"].map(|name| matrix.dir.join(name));
        let nearby: IndexSet<PathBuf> = beside.chain(usual).chain(user_libraries()).collect();
        let nearby = nearby.into_iter().filter(|path| path.is_dir()).collect();
        let mut platforms: Vec<PathBuf> = self.platforms.into_keys().collect();
        platforms.sort();
        LibraryPlaces {
            matrix_dir: matrix.dir.clone(),
            roots: self.roots.into_iter().map(|loaded| loaded.root.path).collect(),
            shelves: Shelves::new(nearby, platforms, self.refused),
        }
    }
}

/// Returns the directories in which Arduino's IDE and arduino-cli install libraries.
fn user_libraries() -> impl Iterator<Item = PathBuf> {
    let own = std::env::var_os("ARDUINO_DIRECTORIES_USER").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let usual =
        home.into_iter().flat_map(|home| ["Arduino", "Documents/Arduino"].map(|name| home.join(name)));
    own.into_iter().chain(usual).filter(|path| path.is_absolute()).map(|path| path.join("libraries"))
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
