//! Chooses the library that a header means, among all that offer it.
//!
//! Follows arduino-cli's `internal/arduino/libraries/librariesresolver/cpp.go`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};
use std::sync::Arc;

use super::closest::closest;
use super::directory::{list, offers_header};
use super::model::{Library, Location};

/// The libraries that a board's sketches can use, by header.
#[derive(Debug, Default)]
pub struct LibraryIndex {
    architecture: String,
    /// The libraries in their original order.
    libraries: Vec<Arc<Library>>,
    by_header: BTreeMap<String, Vec<Arc<Library>>>,
    /// Every name directly in a library's source directory.
    names: BTreeSet<String>,
}

/// The library that a header means.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The header.
    pub header: String,
    /// The library.
    pub library: Arc<Library>,
    /// Other libraries that arduino-cli may choose in another run.
    pub equals: Vec<Arc<Library>>,
}

impl LibraryIndex {
    /// Returns an index of `libraries` for boards of `architecture`. Lists each library's source directory.
    pub fn new(architecture: &str, libraries: impl IntoIterator<Item = Library>) -> Self {
        let mut index = Self { architecture: architecture.to_owned(), ..Self::default() };
        for library in libraries {
            let library = Arc::new(library);
            for entry in list(&library.source_dir).unwrap_or_default() {
                if offers_header(&entry.name) {
                    index.by_header.entry(entry.name.clone()).or_default().push(library.clone());
                }
                index.names.insert(entry.name);
            }
            index.libraries.push(library);
        }
        index
    }

    /// Returns all libraries: those of the matrix in its order, then the platforms'.
    pub fn libraries(&self) -> &[Arc<Library>] {
        &self.libraries
    }

    /// Returns the first library that the matrix lists itself (arduino-cli's `--library`).
    pub fn named(&self) -> Option<&Arc<Library>> {
        self.libraries.iter().find(|library| library.location == Location::Unmanaged)
    }

    /// Returns all libraries that offer `header`.
    pub fn offers(&self, header: &str) -> &[Arc<Library>] {
        self.by_header.get(header).map_or(&[], Vec::as_slice)
    }

    /// Returns the library that `header` means: of those with the highest priority the one whose name is closest to the
    /// header's, else the first by name.
    ///
    /// arduino-cli chooses at random among equally close names. Here the first by name is chosen, and the others are
    /// its equals.
    pub fn resolve(&self, header: &str) -> Option<Choice> {
        let offers = self.offers(header);
        let best = offers.iter().map(|library| priority(library, header, &self.architecture)).max()?;
        let mut found: Vec<_> = offers
            .iter()
            .filter(|library| priority(library, header, &self.architecture) == best)
            .map(|library| (simplified(&library.name), library))
            .collect();
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        let closest: Vec<String> = closest(header, &names).into_iter().map(str::to_owned).collect();
        if !closest.is_empty() {
            found.retain(|(name, _)| closest.contains(name));
        }
        // Libraries of one name keep their order, that of their directories.
        found.sort_by(|(_, a), (_, b)| a.name.cmp(&b.name));
        let (_, library) = *found.first()?;
        let equals = found.iter().map(|(_, other)| *other).filter(|other| other.name != library.name);
        let equals = if closest.is_empty() { Vec::new() } else { equals.cloned().collect() };
        Some(Choice { header: header.to_owned(), library: library.clone(), equals })
    }

    /// Returns whether a missing header may exist in a library's source directory.
    pub fn may_provide(&self, name: &str) -> bool {
        match Path::new(name).components().next() {
            Some(Component::Normal(first)) => first.to_str().is_some_and(|first| self.names.contains(first)),
            Some(Component::CurDir | Component::ParentDir) => true,
            _ => false,
        }
    }
}

/// Returns the priority of a library for a header, as arduino-cli's `ComputePriority` does. Criteria in order: listed
/// by the user, architecture, name, optimised for the architecture, location.
fn priority(library: &Library, header: &str, architecture: &str) -> u32 {
    let fits_architecture = if library.is_for(architecture) {
        1010
    } else if library.is_for_any() {
        1000
    } else {
        0
    };
    let location = match library.location {
        Location::ReferencedPlatform => 1,
        Location::Platform => 2,
        Location::User => 3,
        Location::Unmanaged => 10_000,
    };
    let stem = header.rsplit_once('.').map_or(header, |(stem, _)| stem);
    fits_architecture + fits_name(library, stem) + location
}

fn fits_name(library: &Library, stem: &str) -> u32 {
    let stem = simplified(stem);
    let names = [simplified(&library.name), simplified(&library.dir_name)];
    let any = |test: &dyn Fn(&str) -> bool| names.iter().any(|name| test(name));
    if names.iter().all(|name| *name == stem) {
        700
    } else if any(&|name| name == stem) {
        600
    } else if any(&|name| name.strip_prefix(&stem) == Some("-main")) {
        500
    } else if any(&|name| name.strip_prefix(&stem) == Some("-master")) {
        400
    } else if any(&|name| name.starts_with(&stem)) {
        300
    } else if any(&|name| name.ends_with(&stem)) {
        200
    } else if any(&|name| name.contains(&stem)) {
        100
    } else {
        0
    }
}

/// Returns a name in lower case, cut to 64 characters, as arduino-cli's `SanitizeName` does. Everything but ASCII
/// letters, digits and, after the first character, `-` and `.` becomes `_`.
pub(super) fn simplified(name: &str) -> String {
    let one = |(at, c): (usize, char)| {
        let kept = c.is_ascii_alphanumeric() || (at > 0 && matches!(c, '-' | '.'));
        if kept { c.to_ascii_lowercase() } else { '_' }
    };
    name.char_indices().map(one).take(64).collect()
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;
