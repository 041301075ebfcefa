//! Arduino libraries: what is in a library's folder, and which of several libraries a header means.
//! Reads folders; knows nothing of sketches, and starts nothing.
//!
//! Follows the library specification
//! (<https://arduino.github.io/arduino-cli/latest/library-specification/>) and the resolution rules
//! of the sketch build process
//! (<https://arduino.github.io/arduino-cli/latest/sketch-build-process/#dependency-resolution>), and where they are
//! silent arduino-cli's `internal/arduino/libraries`. `docs/libraries.md` has the rules for users.

mod closest;
mod enclosing;
mod examples;
mod index;
mod load;
mod near;
mod properties;

use std::path::PathBuf;

pub use enclosing::{EnclosingLibraries, EnclosingLibrary};
pub use index::{Choice, LibraryIndex};
pub use load::{LibraryError, Loaded, Refused, Root, clean, load_root};
pub use near::{Near, Shelves};

/// One library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// `name` of `library.properties`, `-` where it gives none; of a library without that file the directory's name.
    pub name: String,
    /// `version` of `library.properties`; empty where there is none.
    pub version: String,
    /// The directory's name; where it is a link, the link's own.
    pub dir_name: String,
    /// The directory, absolute, links not followed.
    pub root: PathBuf,
    /// The directory, links followed: two libraries with one are the same.
    pub real_root: PathBuf,
    /// Where its headers are: the directory, or its `src`.
    pub source_dir: PathBuf,
    /// How its sources are laid out.
    pub layout: Layout,
    /// `architectures`; `*` alone where it is empty or missing. An empty name between commas is kept.
    pub architectures: Vec<String>,
    /// `dot_a_linkage`: its objects go into an archive of their own. Only of a recursive library.
    pub dot_a_linkage: bool,
    /// `precompiled`: whether archives come with it, and whether its sources are still wanted.
    pub precompiled: Precompiled,
    /// `ldflags`.
    pub ldflags: String,
    /// Whether it has `library.properties` and a directory `arch`, which no sketch may use any more.
    pub has_arch_directory: bool,
    /// Where it was found; decides between libraries that fit equally.
    pub location: Location,
}

/// How a library's sources are laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// Everything below `src` is compiled.
    Recursive,
    /// The folder itself is compiled, and `utility`, which only the library itself can include from.
    Flat {
        /// The folder `utility`, if there is one.
        utility: Option<PathBuf>,
    },
}

/// What a library brings ready-made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precompiled {
    /// Nothing.
    No,
    /// Archives beside its sources (`precompiled=true`).
    Beside,
    /// Archives in place of its sources, where there is one for the board (`precompiled=full`).
    Instead,
}

/// Where a library was found, from the weakest to the strongest claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// In the platform that the board borrows its core from.
    ReferencedPlatform,
    /// In the board's platform.
    Platform,
    /// In a directory of libraries that the matrix names, as by arduino-cli's `--libraries`.
    User,
    /// Named by the matrix itself, as by arduino-cli's `--library`: the library under test.
    Unmanaged,
}

impl Library {
    /// Whether it says that it is for `architecture` in particular.
    fn is_for(&self, architecture: &str) -> bool {
        self.architectures.iter().any(|name| name == architecture)
    }

    /// Whether it says that it is for any architecture.
    fn is_for_any(&self) -> bool {
        self.architectures.iter().any(|name| name == "*")
    }

    /// Whether it says that it works on one of these architectures (`SupportsAnyArchitectureIn` of arduino-cli).
    pub fn supports<'a>(&self, architectures: impl IntoIterator<Item = &'a str>) -> bool {
        self.is_for_any() || architectures.into_iter().any(|architecture| self.is_for(architecture))
    }
}
