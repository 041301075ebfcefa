//! Arduino libraries: what is in a library's folder, and which of several libraries a header means.
//! Reads folders; knows nothing of sketches, and starts nothing.
//!
//! Follows the library specification
//! (<https://arduino.github.io/arduino-cli/latest/library-specification/>) and the resolution rules
//! of the sketch build process
//! (<https://arduino.github.io/arduino-cli/latest/sketch-build-process/#dependency-resolution>).

mod index;
mod load;

use std::path::PathBuf;

pub use index::LibraryIndex;
pub use load::{LibraryError, Root, load_root};

/// One library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// `name` of `library.properties`, or the folder's name.
    pub name: String,
    /// The folder's name.
    pub dir_name: String,
    /// The folder.
    pub root: PathBuf,
    /// Where its headers are: the folder, or its `src`.
    pub source_dir: PathBuf,
    /// How its sources are laid out.
    pub layout: Layout,
    /// `architectures`; `*` alone where it does not say.
    pub architectures: Vec<String>,
    /// `dot_a_linkage`: its objects go into an archive of their own.
    pub dot_a_linkage: bool,
    /// `precompiled`: whether archives come with it, and whether its sources are still wanted.
    pub precompiled: Precompiled,
    /// `ldflags`.
    pub ldflags: String,
    /// Where it was found; decides between libraries that fit equally.
    pub location: Location,
    /// The position of its root among those of the same location: the first wins.
    pub order: usize,
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
    /// In a folder of libraries that the matrix names.
    Folder,
    /// Named by the matrix itself: the library under test.
    Named,
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
}
