//! What a matrix, and the libraries on its disk, ask the library index for.

use std::collections::BTreeSet;

use super::super::library_index::{DependsError, parse_depends};
use crate::versions::VersionRange;

/// A library that is asked for by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WantedLibrary {
    /// Its name in the index.
    pub(crate) name: String,
    /// The allowed versions; `None` for any.
    pub(crate) version: Option<VersionRange>,
    /// What asks for it, for messages.
    pub(crate) required_by: String,
    /// Whether it is only a dependency of a library on the disk: such a name may be missing in the index.
    pub(crate) is_optional: bool,
}

/// The libraries that some boards ask for together: of each name one version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LibraryGroup {
    /// The libraries.
    pub(crate) wanted: Vec<WantedLibrary>,
    /// The names of libraries on the disk, which are not resolved as dependencies.
    pub(crate) provided: Vec<String>,
    /// The lower-case names of libraries whose dependencies are not installed.
    pub(crate) without_dependencies: BTreeSet<String>,
}

impl LibraryGroup {
    /// Returns whether nothing is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }
}

impl WantedLibrary {
    /// Returns what `depends` of the library `of` asks for, and the items that can't be understood.
    pub(crate) fn of_depends(depends: &str, of: &str) -> (Vec<Self>, Vec<DependsError>) {
        let parsed = parse_depends(depends);
        let wanted = parsed.dependencies.into_iter().map(|dependency| Self {
            name: dependency.name.to_string(),
            version: (!dependency.range.is_any()).then_some(dependency.range),
            required_by: format!("library {of}"),
            is_optional: true,
        });
        (wanted.collect(), parsed.errors)
    }
}
