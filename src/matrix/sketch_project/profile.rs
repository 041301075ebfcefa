//! A profile of a project file: the board, platforms and libraries of one build. Reads only what has been checked.

use super::reference::name_and_version;
use super::yaml::{Yaml, get};

/// A profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::matrix) struct Profile {
    pub(in crate::matrix) name: String,
    /// The board, as written.
    pub(in crate::matrix) fqbn: String,
    /// The board's platform first, then those that it refers to.
    pub(in crate::matrix) platforms: Vec<ProfilePlatform>,
    pub(in crate::matrix) libraries: Vec<ProfileLibrary>,
}

/// A platform of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::matrix) struct ProfilePlatform {
    /// `vendor:arch`.
    pub(in crate::matrix) name: String,
    /// Its version; `None` for the installed one.
    pub(in crate::matrix) version: Option<String>,
    /// The index that has it, beside Arduino's.
    pub(in crate::matrix) url: Option<String>,
}

/// A library of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::matrix) enum ProfileLibrary {
    /// One of the library index. Only its own version is installed: a profile lists what it depends on.
    Index {
        /// Its name.
        name: String,
        /// Its version; `None` for the newest one.
        version: Option<String>,
    },
    /// A directory, absolute or relative to the sketch.
    Directory(String),
}

impl Profile {
    /// Returns the profile; `None` where the nodes are none.
    pub(super) fn of(name: &Yaml, profile: &Yaml) -> Option<Self> {
        let Yaml::Map(entries) = profile else { return None };
        let items = |key: &str| match get(entries, key) {
            Some(Yaml::List(items)) => items.as_slice(),
            _ => &[],
        };
        Some(Self {
            name: name.scalar()?.to_owned(),
            fqbn: get(entries, "fqbn").and_then(Yaml::scalar).unwrap_or_default().to_owned(),
            platforms: items("platforms").iter().filter_map(|item| ProfilePlatform::of(item)).collect(),
            libraries: items("libraries").iter().filter_map(|item| ProfileLibrary::of(item)).collect(),
        })
    }
}

impl ProfilePlatform {
    fn of(item: &Yaml) -> Option<Self> {
        let Yaml::Map(entries) = item else { return None };
        let (name, version) = name_and_version(get(entries, "platform")?.scalar()?)?;
        let url = get(entries, "platform_index_url").and_then(Yaml::scalar).filter(|url| !url.is_empty());
        Some(Self { name: name.to_owned(), version: given(version), url: url.map(str::to_owned) })
    }
}

impl ProfileLibrary {
    fn of(item: &Yaml) -> Option<Self> {
        let reference = match item {
            Yaml::Map(entries) => match get(entries, "dir") {
                Some(directory) => return Some(Self::Directory(directory.scalar()?.to_owned())),
                None => get(entries, "dependency")?.scalar()?,
            },
            other => other.scalar()?,
        };
        let (name, version) = name_and_version(reference)?;
        Some(Self::Index { name: name.to_owned(), version: given(version) })
    }
}

fn given(version: &str) -> Option<String> {
    (!version.is_empty()).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::profiles;
    use super::*;

    #[test]
    fn profiles_are_read() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(profiles(directory.path()), Ok(None));
        let text = "profiles:\n  nano:\n    notes: x\n    fqbn: a:b:c:d=e\n    platforms:\n      - platform: a:b (1.2.3)\n        \
                    platform_index_url: https://x/index.json\n      - platform: f:b (2.0.0)\n    libraries:\n      \
                    - Foo Bar (1.0.0)\n      - dependency: Baz (2)\n      - dir: ../..\n  bare:\n    fqbn: a:b:d\n    \
                    platforms: [{platform: \"a:b\"}]\n";
        std::fs::write(directory.path().join("sketch.yaml"), text).unwrap();
        let (path, found) = profiles(directory.path()).unwrap().unwrap();
        assert!(path.ends_with("sketch.yaml"));
        let platform = |name: &str, version: Option<&str>, url: Option<&str>| ProfilePlatform {
            name: name.to_owned(),
            version: version.map(str::to_owned),
            url: url.map(str::to_owned),
        };
        let library = |name: &str, version: &str| ProfileLibrary::Index {
            name: name.to_owned(),
            version: Some(version.to_owned()),
        };
        let nano = Profile {
            name: "nano".to_owned(),
            fqbn: "a:b:c:d=e".to_owned(),
            platforms: vec![
                platform("a:b", Some("1.2.3"), Some("https://x/index.json")),
                platform("f:b", Some("2.0.0"), None),
            ],
            libraries: vec![
                library("Foo Bar", "1.0.0"),
                library("Baz", "2"),
                ProfileLibrary::Directory("../..".to_owned()),
            ],
        };
        assert_eq!(found[0], nano);
        assert_eq!(
            (found[1].platforms.clone(), found[1].libraries.len()),
            (vec![platform("a:b", None, None)], 0)
        );
        std::fs::write(directory.path().join("sketch.yaml"), "profiles: {a: 3}").unwrap();
        assert!(profiles(directory.path()).is_err());
    }
}
