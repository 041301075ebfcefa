//! The manifest of an installed set, `manifest.json`. It is written last, so that it marks a complete directory, and
//! names its machine. A lookup starts no process and reads three or four small files.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::super::error::{InstallError, IoAction};
use super::super::installed::InstalledPackages;

/// Version of the layout of the directory and of this file. Any other version is not trusted.
const FORMAT: u32 = 1;
const FILE: &str = "manifest.json";
/// The extracted tree, below the installed directory.
const ROOT: &str = "root";
/// Links to all shared libraries of the tree, below the installed directory; missing where the tree has none for a
/// loader.
const LIBRARIES: &str = "lib";
/// The same for a tree that contains the C library.
const OWN_LIBRARIES: &str = "own-lib";

/// Contents and origin of an installed set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SetManifest {
    format: u32,
    /// The name of the set of packages.
    set: String,
    /// The requested packages, sorted.
    requested: Vec<String>,
    /// See `Machine::tag`.
    machine: String,
    /// Seconds since the Unix epoch.
    installed: u64,
    /// All packages that are in the tree.
    packages: Vec<InstalledPackage>,
    /// Shared libraries of the machine that the programs of the tree load.
    host_libraries: Vec<PathBuf>,
    /// The loader that the programs of the tree name, if it is in the tree.
    #[serde(default)]
    loader: Option<PathBuf>,
}

/// A package of a [`SetManifest`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct InstalledPackage {
    pub name: String,
    /// With the epoch.
    pub version: String,
    pub architecture: String,
    /// SHA-256 of the archive.
    pub sha256: String,
}

/// The identity of a set. An installation is used only for the identity that it was made for.
#[derive(Debug, Clone)]
pub(super) struct SetIdentity {
    /// Its name: a part of a directory's name.
    pub set: String,
    /// The requested packages, sorted.
    pub requested: Vec<String>,
    /// See `Machine::tag`.
    pub machine: String,
}

/// An installed directory with its manifest.
#[derive(Debug, Clone)]
pub(super) struct InstalledSet {
    dir: PathBuf,
    contents: SetManifest,
}

impl InstalledSet {
    /// Returns the extracted tree.
    pub(super) fn root(&self) -> PathBuf {
        self.dir.join(ROOT)
    }

    /// Returns the value of `LD_LIBRARY_PATH`, if the tree has libraries.
    pub(super) fn library_path(&self) -> Option<PathBuf> {
        let dir = self.dir.join(LIBRARIES);
        dir.is_dir().then_some(dir)
    }

    /// Returns package names and versions: first the requested ones, then the others, each sorted.
    pub(super) fn versions(&self) -> Vec<(String, String)> {
        let mut packages: Vec<&InstalledPackage> = self.contents.packages.iter().collect();
        packages.sort_by_key(|it| (!self.contents.requested.contains(&it.name), &it.name));
        packages.into_iter().map(|it| (it.name.clone(), it.version.clone())).collect()
    }

    /// Returns the set as its users see it.
    pub(super) fn packages(&self) -> InstalledPackages {
        InstalledPackages { root: self.root(), versions: self.versions(), library_path: self.library_path() }
    }
}

/// Returns the extracted tree of the installed directory `dir`.
pub(super) fn root_of(dir: &Path) -> PathBuf {
    dir.join(ROOT)
}

/// Returns the library directory of the installed directory `dir`.
pub(super) fn libraries_of(dir: &Path) -> PathBuf {
    dir.join(LIBRARIES)
}

/// Returns the library directory of the installed directory `dir` that only its own programs may use.
pub(super) fn own_libraries_of(dir: &Path) -> PathBuf {
    dir.join(OWN_LIBRARIES)
}

/// Returns the provider's directory in the cache directory.
///
/// # Errors
/// A relative path can't be made absolute.
pub(super) fn base_dir(cache_dir: &Path) -> std::io::Result<PathBuf> {
    Ok(std::path::absolute(cache_dir)?.join("apt"))
}

/// Returns the newest complete installation of a set below `base` that works on this machine.
pub(super) fn lookup(base: &Path, identity: &SetIdentity) -> Option<InstalledSet> {
    let prefix = format!("{}-", identity.set);
    let mut best: Option<InstalledSet> = None;
    for entry in fs::read_dir(base).ok()?.flatten() {
        let name = entry.file_name();
        let ours = name.to_str().and_then(|name| name.strip_prefix(&prefix));
        // `arduino-avr` is also a prefix of the directories of a set `arduino-avr-x`.
        if ours.is_none_or(|key| key.len() != KEY_LENGTH) {
            continue;
        }
        if let Some(found) = read(&entry.path()).filter(|it| it.contents.is_for(identity))
            && best.as_ref().is_none_or(|best| best.contents.installed <= found.contents.installed)
        {
            best = Some(found);
        }
    }
    best
}

/// Number of hexadecimal digits of the key in a directory's name.
const KEY_LENGTH: usize = 12;

impl SetManifest {
    /// Returns the manifest of packages that were installed just now.
    pub(super) fn new(
        identity: &SetIdentity,
        mut packages: Vec<InstalledPackage>,
        host_libraries: Vec<PathBuf>,
    ) -> Self {
        packages.sort_unstable();
        Self {
            format: FORMAT,
            set: identity.set.clone(),
            requested: identity.requested.clone(),
            machine: identity.machine.clone(),
            // A clock before 1970 only makes this installation look old.
            installed: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs()),
            packages,
            host_libraries,
            loader: None,
        }
    }

    /// Returns the same manifest for programs that name the loader `loader`.
    pub(super) fn with_loader(self, loader: PathBuf) -> Self {
        Self { loader: Some(loader), ..self }
    }

    /// Returns the name of its directory: the set, and a key over machine, request and packages.
    pub(super) fn directory_name(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for word in [&self.set, &self.machine].into_iter().chain(&self.requested) {
            hasher.update(word.as_bytes()).update(b"\0");
        }
        for package in &self.packages {
            hasher.update(package.name.as_bytes()).update(b"\0").update(package.sha256.as_bytes());
        }
        let key = hasher.finalize().to_hex();
        format!("{}-{}", self.set, &key[..KEY_LENGTH])
    }

    /// Writes the manifest into the directory that it describes.
    ///
    /// # Errors
    /// The file can't be written.
    pub(super) fn write(&self, dir: &Path) -> Result<(), InstallError> {
        let file = dir.join(FILE);
        let failed = |source| InstallError::io(IoAction::Write, &file, source);
        let text = serde_json::to_vec_pretty(self).map_err(|error| failed(error.into()))?;
        fs::write(&file, text).map_err(failed)
    }

    fn is_for(&self, identity: &SetIdentity) -> bool {
        self.format == FORMAT
            && self.set == identity.set
            && self.requested == identity.requested
            && self.machine == identity.machine
            // A slimmer image of the same release may have restored this cache.
            && self.host_libraries.iter().all(|file| file.exists())
            // The cache directory was moved, so no program would start.
            && self.loader.as_ref().is_none_or(|file| file.exists())
    }
}

/// Reads an installed directory; `None` where its manifest can't be read or its tree is missing.
fn read(dir: &Path) -> Option<InstalledSet> {
    let contents = serde_json::from_slice(&fs::read(dir.join(FILE)).ok()?).ok()?;
    root_of(dir).is_dir().then(|| InstalledSet { dir: dir.to_path_buf(), contents })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> SetIdentity {
        SetIdentity { set: "set".into(), requested: vec!["a".into()], machine: "debian-12-x86_64".into() }
    }

    fn install(base: &Path, version: &str, installed: u64, host_libraries: Vec<PathBuf>) -> PathBuf {
        let package = InstalledPackage {
            name: "a".into(),
            version: version.into(),
            architecture: "all".into(),
            sha256: version.into(),
        };
        let manifest =
            SetManifest { installed, ..SetManifest::new(&wanted(), vec![package], host_libraries) };
        let dir = base.join(manifest.directory_name());
        fs::create_dir_all(root_of(&dir)).unwrap();
        manifest.write(&dir).unwrap();
        dir
    }

    #[test]
    fn the_newest_whole_one_is_found() {
        let base = tempfile::tempdir().unwrap();
        assert!(lookup(base.path(), &wanted()).is_none());
        assert!(lookup(&base.path().join("missing"), &wanted()).is_none());
        install(base.path(), "2", 20, vec![]);
        install(base.path(), "1", 10, vec![]);
        let found = lookup(base.path(), &wanted()).unwrap();
        assert_eq!(found.versions(), [("a".to_owned(), "2".to_owned())]);
        assert_eq!(found.library_path(), None);
    }

    #[test]
    fn another_machine_set_or_request_is_not_trusted() {
        let base = tempfile::tempdir().unwrap();
        install(base.path(), "1", 10, vec![]);
        for other in [
            SetIdentity { machine: "debian-13-x86_64".into(), ..wanted() },
            SetIdentity { set: "se".into(), ..wanted() },
            SetIdentity { requested: vec!["a".into(), "b".into()], ..wanted() },
        ] {
            assert!(lookup(base.path(), &other).is_none(), "{other:?}");
        }
    }

    #[test]
    fn what_is_not_whole_is_not_trusted() {
        let base = tempfile::tempdir().unwrap();
        let dir = install(base.path(), "1", 10, vec![]);
        let text = fs::read(dir.join(FILE)).unwrap();
        fs::write(dir.join(FILE), &text[..text.len() / 2]).unwrap();
        assert!(lookup(base.path(), &wanted()).is_none(), "half a manifest");
        fs::write(dir.join(FILE), &text).unwrap();
        assert!(lookup(base.path(), &wanted()).is_some());
        fs::remove_dir(root_of(&dir)).unwrap();
        assert!(lookup(base.path(), &wanted()).is_none(), "no tree");
    }

    #[test]
    fn a_library_of_the_machine_that_is_gone_ends_the_trust() {
        let base = tempfile::tempdir().unwrap();
        let library = base.path().join("libx.so.1");
        fs::write(&library, "").unwrap();
        install(base.path(), "1", 10, vec![library.clone()]);
        assert!(lookup(base.path(), &wanted()).is_some());
        fs::remove_file(library).unwrap();
        assert!(lookup(base.path(), &wanted()).is_none());
    }
}
