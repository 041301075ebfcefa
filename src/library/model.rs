//! A library as a value. Knows no directory and no rule of choice.

use std::path::PathBuf;

/// A library, as its directory and its `library.properties` describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// `name` of `library.properties`, `-` where the key is missing; without that file the directory's name.
    pub name: String,
    /// `version` of `library.properties`; empty where there is none.
    pub version: String,
    /// The directory's name; of a link the link's own name.
    pub dir_name: String,
    /// Its directory, absolute, with links unresolved.
    pub root: PathBuf,
    /// Its directory with links resolved: the identity of a library.
    pub real_root: PathBuf,
    /// The directory of its headers: its directory or `src` in it.
    pub source_dir: PathBuf,
    /// Layout of its sources.
    pub layout: Layout,
    /// `architectures`; only `*` where the key is empty or missing. An empty name between commas stays.
    pub architectures: Vec<String>,
    /// Options for the link.
    pub link: LinkOptions,
    /// `depends`, as written; empty where there is none. arduino-cli resolves it only in the installation of libraries.
    pub depends: String,
    /// Whether it has `library.properties` and a directory `arch`, a layout that is no longer supported.
    pub has_arch_directory: bool,
    /// Origin; decides between libraries that fit equally.
    pub location: Location,
}

/// Options of `library.properties` for the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkOptions {
    /// `dot_a_linkage`: its objects go into an archive of their own. Only in a recursive library.
    pub dot_a_linkage: bool,
    /// `precompiled`: whether archives come with it, and whether they replace its sources.
    pub precompiled: Precompiled,
    /// `ldflags`.
    pub ldflags: String,
}

/// Layout of a library's sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// All sources below `src` are compiled.
    Recursive,
    /// The sources directly in the directory and in `utility` are compiled. Only the library itself can include from
    /// `utility`.
    Flat {
        /// The directory `utility`, if it exists.
        utility: Option<PathBuf>,
    },
}

/// Archives that a library comes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precompiled {
    /// No archives.
    No,
    /// Archives beside its sources (`precompiled=true`).
    Beside,
    /// Archives in place of its sources, where there is one for the board (`precompiled=full`).
    Instead,
}

/// Origin of a library, from the lowest to the highest priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// The platform of the board's core, where that is another than the board's.
    ReferencedPlatform,
    /// The board's platform.
    Platform,
    /// A directory of libraries that the matrix names, like arduino-cli's `--libraries`.
    User,
    /// An entry of the matrix, like arduino-cli's `--library`: the library under test.
    Unmanaged,
}

impl Library {
    /// Returns whether it names `architecture`.
    pub(super) fn is_for(&self, architecture: &str) -> bool {
        self.architectures.iter().any(|name| name == architecture)
    }

    /// Returns whether it names `*`, any architecture.
    pub(super) fn is_for_any(&self) -> bool {
        self.architectures.iter().any(|name| name == "*")
    }

    /// Returns whether it supports one of these architectures (`SupportsAnyArchitectureIn` of arduino-cli).
    pub fn supports<'a>(&self, architectures: impl IntoIterator<Item = &'a str>) -> bool {
        self.is_for_any() || architectures.into_iter().any(|architecture| self.is_for(architecture))
    }
}
