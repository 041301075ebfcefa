//! The libraries of an index and their releases. Knows nothing of JSON.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use crate::nearest::{nearest_few, quoted};
use crate::versions::{RelaxedVersion, VersionRange};

/// Number of versions that a message lists.
const MAX_LISTED: usize = 8;

/// One release of a library.
#[derive(Debug, Clone)]
pub struct LibraryRelease {
    /// Name of the library, as the index spells it.
    pub name: Arc<str>,
    /// Version; always semantic.
    pub version: RelaxedVersion,
    /// URL of the archive.
    pub url: Box<str>,
    /// File name of the archive in the download directory.
    pub archive_file_name: Box<str>,
    /// Size of the archive in bytes, if the index has a valid one.
    pub size: Option<u64>,
    /// Checksum of the archive in the form `SHA-256:hex`.
    pub checksum: Box<str>,
    /// Libraries that this release needs.
    pub dependencies: Box<[LibraryDependency]>,
}

/// A library that another one needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryDependency {
    /// Name of the library.
    pub name: Arc<str>,
    /// Versions that are good.
    pub range: VersionRange,
}

/// The libraries of an index.
#[derive(Debug, Clone, Default)]
pub struct LibraryCatalog {
    /// The releases of each library, newest first; never empty.
    libraries: HashMap<Arc<str>, Vec<LibraryRelease>>,
}

impl LibraryCatalog {
    /// Returns the catalog of `releases`. Of several with the same name and version, the last one counts. Versions that
    /// differ only in build metadata keep their order.
    pub fn new(releases: Vec<LibraryRelease>) -> Self {
        let mut libraries: HashMap<Arc<str>, Vec<LibraryRelease>> = HashMap::new();
        for mut release in releases {
            match libraries.entry(Arc::clone(&release.name)) {
                Entry::Occupied(mut known) => {
                    // The releases of a library share its name.
                    release.name = Arc::clone(known.key());
                    known.get_mut().push(release);
                }
                Entry::Vacant(unknown) => drop(unknown.insert(vec![release])),
            }
        }
        for releases in libraries.values_mut() {
            *releases = sorted(std::mem::take(releases));
        }
        libraries.shrink_to_fit();
        Self { libraries }
    }

    /// Returns the catalog without the dependencies of the releases that `is_excepted` selects.
    #[must_use]
    pub fn without_dependencies(&self, is_excepted: impl Fn(&LibraryRelease) -> bool) -> Self {
        let mut changed = self.clone();
        for release in changed.libraries.values_mut().flatten().filter(|release| is_excepted(release)) {
            release.dependencies = Box::default();
        }
        changed
    }

    /// Returns the number of libraries.
    pub fn len(&self) -> usize {
        self.libraries.len()
    }

    /// Returns whether there is no library.
    pub fn is_empty(&self) -> bool {
        self.libraries.is_empty()
    }

    /// Returns the releases of a library with exactly this name, newest first.
    pub fn releases(&self, name: &str) -> &[LibraryRelease] {
        self.libraries.get(name).map_or(&[], Vec::as_slice)
    }

    /// Returns the name of a library as the index spells it. A different case is accepted where only one library fits, as
    /// on arduino-cli's command line.
    pub fn spelling(&self, name: &str) -> Option<&str> {
        if let Some((name, _)) = self.libraries.get_key_value(name) {
            return Some(name);
        }
        let folded = name.to_lowercase();
        let mut found = self.libraries.keys().filter(|it| it.to_lowercase() == folded);
        let only = found.next()?;
        found.next().is_none().then_some(only)
    }

    /// Returns the newest release in `range`, prereleases included where the range includes them. `name` may differ in
    /// case ([`Self::spelling`]).
    pub fn newest(&self, name: &str, range: &VersionRange) -> Option<&LibraryRelease> {
        let name = self.spelling(name)?;
        self.releases(name).iter().find(|it| range.matches(&it.version))
    }

    /// Returns the names most similar to `name`, at most three.
    pub fn similar(&self, name: &str) -> Vec<&str> {
        let mut names: Vec<&str> = self.libraries.keys().map(AsRef::as_ref).collect();
        names.sort_unstable();
        nearest_few(name, names)
    }

    /// Returns a hint for a name that is not in the index.
    pub(super) fn hint(&self, name: &str) -> String {
        let similar: Vec<String> = self.similar(name).into_iter().map(quoted).collect();
        match similar.as_slice() {
            [] => "check the name, or fetch the index again".to_owned(),
            [names @ .., last] if !names.is_empty() => {
                format!("did you mean {} or {last}?", names.join(", "))
            }
            [only, ..] => format!("did you mean {only}?"),
        }
    }

    /// Returns the newest versions of a library for a message.
    pub(super) fn listed_versions(&self, name: &str) -> String {
        listed(self.releases(name).iter().map(|it| it.version.as_str()))
    }
}

/// Returns a list for a message: the first items and the number of the others.
pub(super) fn listed<'a>(items: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = items.len().saturating_sub(MAX_LISTED);
    let shown = items.take(MAX_LISTED).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} older") }
}

/// Sorts the releases of a library, newest first, and keeps the last one of each version.
fn sorted(mut releases: Vec<LibraryRelease>) -> Vec<LibraryRelease> {
    releases.sort_by(|one, another| another.version.cmp(&one.version));
    let mut kept: Vec<LibraryRelease> = Vec::with_capacity(releases.len());
    for release in releases {
        let mut equal = kept.iter_mut().rev().take_while(|it| it.version == release.version);
        match equal.find(|it| build(&it.version) == build(&release.version)) {
            Some(earlier) => *earlier = release,
            None => kept.push(release),
        }
    }
    kept.shrink_to_fit();
    kept
}

/// Returns the build metadata of a version: `1.0` and `1.0.0` are the same version, `1.0` and `1.0+build` are not.
fn build(version: &RelaxedVersion) -> Option<&str> {
    version.as_str().split_once('+').map(|(_, build)| build)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A release of a test. Dependencies are written `Name` or `Name RANGE`.
    pub(in super::super) fn release(name: &str, version: &str, dependencies: &[&str]) -> LibraryRelease {
        let dependency = |text: &&str| {
            let (name, range) = text.split_once(' ').unwrap_or((text, ""));
            LibraryDependency { name: name.into(), range: VersionRange::from_constraint(range).unwrap() }
        };
        LibraryRelease {
            name: name.into(),
            version: RelaxedVersion::new(version),
            url: "https://example/a.zip".into(),
            archive_file_name: "a.zip".into(),
            size: None,
            checksum: "SHA-256:00".into(),
            dependencies: dependencies.iter().map(dependency).collect(),
        }
    }

    fn catalog(releases: &[(&str, &str)]) -> LibraryCatalog {
        LibraryCatalog::new(releases.iter().map(|(name, version)| release(name, version, &[])).collect())
    }

    #[test]
    fn releases_are_sorted_and_the_last_of_one_version_counts() {
        let catalog = catalog(&[
            ("A", "1.0"),
            ("A", "1.0+b"),
            ("A", "2.0.0-rc1"),
            ("A", "1.10"),
            ("A", "1.0.0"),
            ("B", "1"),
        ]);
        let versions: Vec<_> = catalog.releases("A").iter().map(|it| it.version.as_str()).collect();
        assert_eq!(versions, ["2.0.0-rc1", "1.10", "1.0.0", "1.0+b"]);
        assert_eq!(catalog.len(), 2);
    }

    #[test]
    fn case_matters_only_among_several() {
        let catalog = catalog(&[("My Lib", "1.0.0"), ("Same", "1.0.0"), ("SAME", "2.0.0")]);
        assert_eq!(catalog.spelling("my lib"), Some("My Lib"));
        assert_eq!(catalog.spelling("my_lib"), None);
        assert_eq!(catalog.spelling("SAME"), Some("SAME"));
        assert_eq!(catalog.spelling("same"), None);
        assert!(catalog.releases("my lib").is_empty());
    }

    #[test]
    fn newest_in_a_range() {
        let catalog = catalog(&[("A", "1.0.0"), ("A", "2.0.0-rc1"), ("A", "1.5.0")]);
        let newest = |range: &str| {
            catalog.newest("a", &range.parse().unwrap()).map(|it| it.version.to_string()).unwrap_or_default()
        };
        assert_eq!(
            [newest(""), newest("*"), newest("<1.5"), newest("3.*")],
            ["2.0.0-rc1", "1.5.0", "1.0.0", ""]
        );
    }

    #[test]
    fn hints_and_lists_are_short() {
        let catalog = catalog(&[("FastLED", "1"), ("ArduinoJson", "1")]);
        assert_eq!(catalog.hint("FastLDE"), "did you mean `FastLED`?");
        assert_eq!(catalog.hint("zzzzzzzz"), "check the name, or fetch the index again");
        let many: Vec<String> = (0..20).map(|it| it.to_string()).collect();
        let list = listed(many.iter().map(String::as_str));
        assert_eq!(list, "0, 1, 2, 3, 4, 5, 6, 7 and 12 older");
    }
}
