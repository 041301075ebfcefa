//! The content of a lock file: what was resolved, exact to the byte.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Everything that a matrix resolved to, by kind and sorted by name.
///
/// The file is TOML. It has no date and no path of the machine that wrote it, so that equal resolutions are equal files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// The version of this format.
    pub version: u32,
    /// Cores of package indexes.
    #[serde(default, rename = "core", skip_serializing_if = "Vec::is_empty")]
    pub cores: Vec<LockedCore>,
    /// Tools of package indexes, for all hosts.
    #[serde(default, rename = "tool", skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<LockedTool>,
    /// Libraries that are not on the machine's disk.
    #[serde(default, rename = "library", skip_serializing_if = "Vec::is_empty")]
    pub libraries: Vec<LockedLibrary>,
    /// Python packages of tools.
    #[serde(default, rename = "python", skip_serializing_if = "Vec::is_empty")]
    pub python: Vec<LockedPython>,
}

/// The version of the lock file's format.
pub(super) const FORMAT: u32 = 1;

/// An archive, as an index describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedArchive {
    /// Its address.
    pub url: String,
    /// Its file name.
    pub file: String,
    /// Its size in bytes, if the index has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// `ALGORITHM:HEX`.
    pub checksum: String,
}

/// A core of a package index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedCore {
    /// `vendor:arch`.
    pub name: String,
    /// Its version, as the index spells it.
    pub version: String,
    /// Its title in the index.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The address of the index.
    pub index: String,
    /// The archive.
    #[serde(flatten)]
    pub archive: LockedArchive,
    /// The tools that it depends on: `packager:name@version`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
}

/// A tool of a package index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedTool {
    /// `packager:name`.
    pub name: String,
    /// Its version, as the index spells it.
    pub version: String,
    /// Its archive for each host.
    #[serde(default, rename = "host", skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<LockedHost>,
}

/// The archive of a tool for a kind of host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedHost {
    /// The host, as the index spells it: `x86_64-linux-gnu`.
    pub host: String,
    /// The archive.
    #[serde(flatten)]
    pub archive: LockedArchive,
}

/// A library of the library index, of a Git repository or of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedLibrary {
    /// Its name.
    pub name: String,
    /// Its version; empty where its source has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// The archive of a library of the index.
    #[serde(default, skip_serializing_if = "Option::is_none", flatten)]
    pub archive: Option<LockedArchive>,
    /// The libraries that it depends on: `Name`, or `Name (constraint)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<String>,
    /// The address of a Git repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<String>,
    /// The commit, a tag or a branch that the matrix asks for; `None` for the default branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<String>,
    /// The commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// A Python package in an environment of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedPython {
    /// The requested packages of the environment that contains it: `esptool==5.1.0`.
    pub environment: Vec<String>,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its files, for all machines: sources and wheels.
    #[serde(default, rename = "file", skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<LockedFile>,
}

/// A file of a Python package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LockedFile {
    /// Its address; of a file on the disk its name.
    pub url: String,
    /// Its size in bytes, if the index has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

impl Locked {
    /// Returns an empty lock.
    pub fn new() -> Self {
        Self { version: FORMAT, ..Self::default() }
    }

    /// Returns whether nothing is locked.
    pub fn is_empty(&self) -> bool {
        let Self { version: _, cores, tools, libraries, python } = self;
        cores.is_empty() && tools.is_empty() && libraries.is_empty() && python.is_empty()
    }

    /// Sorts the entries by name and version, and removes duplicates.
    pub fn normalise(&mut self) {
        self.cores.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        self.cores.dedup();
        self.tools.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        self.tools.dedup_by(|a, b| a.name == b.name && a.version == b.version);
        let by =
            |it: &LockedLibrary| (it.name.to_lowercase(), it.version.clone(), it.git.clone(), it.rev.clone());
        self.libraries.sort_by_key(by);
        self.libraries.dedup();
        for package in &mut self.python {
            package.files.sort();
        }
        self.python.sort_by(|a, b| (&a.environment, &a.name).cmp(&(&b.environment, &b.name)));
        self.python.dedup_by(|a, b| a.environment == b.environment && a.name == b.name);
    }

    /// Returns the cores that are, or need, the package with this name and version.
    pub fn cores_with(&self, name: &str, version: &str) -> Vec<String> {
        let tool = format!("{name}@{version}");
        let is_meant =
            |core: &&LockedCore| (core.name == name && core.version == version) || core.tools.contains(&tool);
        self.cores.iter().filter(is_meant).map(|core| core.name.clone()).collect()
    }

    /// Returns the packages of a Python environment, by the packages that were requested; empty where it is not locked.
    pub fn environment(&self, requested: &[String]) -> Vec<LockedPython> {
        self.python.iter().filter(|package| package.environment == requested).cloned().collect()
    }

    /// Returns the names of all entries, each once.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.entries().map(|(_, name, _)| name).collect();
        names.dedup();
        names
    }

    /// Returns a line for each entry that differs from an earlier lock.
    pub fn changes(&self, before: &Self) -> Vec<String> {
        let of = |locked: &Self| -> BTreeMap<(&'static str, String), BTreeSet<String>> {
            let mut versions: BTreeMap<(&'static str, String), BTreeSet<String>> = BTreeMap::new();
            for (kind, name, version) in locked.entries() {
                versions.entry((kind, name.to_owned())).or_default().insert(version.to_owned());
            }
            versions
        };
        let (old, new) = (of(before), of(self));
        let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
        let list = |versions: Option<&BTreeSet<String>>| {
            versions.map(|it| it.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
        };
        let line = |key: &(&'static str, String)| {
            let (kind, name) = key;
            match (list(old.get(key)), list(new.get(key))) {
                (Some(old), Some(new)) if old == new => None,
                (Some(old), Some(new)) => Some(format!("changed: {kind} {name} {old} to {new}")),
                (None, Some(new)) => Some(format!("added: {kind} {name} {new}")),
                (Some(old), None) => Some(format!("removed: {kind} {name} {old}")),
                (None, None) => None,
            }
        };
        keys.into_iter().filter_map(line).collect()
    }

    /// Returns kind, name and version of each entry.
    fn entries(&self) -> impl Iterator<Item = (&'static str, &str, &str)> {
        let cores = self.cores.iter().map(|it| ("core", it.name.as_str(), it.version.as_str()));
        let tools = self.tools.iter().map(|it| ("tool", it.name.as_str(), it.version.as_str()));
        let libraries = self
            .libraries
            .iter()
            .map(|it| ("library", it.name.as_str(), it.commit.as_deref().unwrap_or(&it.version)));
        let python = self.python.iter().map(|it| ("package", it.name.as_str(), it.version.as_str()));
        cores.chain(tools).chain(libraries).chain(python)
    }
}
