//! What says that an installed folder is whole, and for which machine: `manifest.json`, written last.
//! Looking one up starts no process and reads three or four small files.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::super::{InstallError, IoAction};

/// The layout of the folder and of this file. Another number is not trusted.
const FORMAT: u32 = 1;
const FILE: &str = "manifest.json";
/// The extracted tree, below the installed folder.
const ROOT: &str = "root";
/// Links to all shared libraries of the tree, below the installed folder; missing where it has none
/// that a loader should see.
const LIBRARIES: &str = "lib";
/// The same where the C library is among them.
const OWN_LIBRARIES: &str = "own-lib";

/// What was installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: u32,
    /// The name of the set of packages.
    set: String,
    /// The packages that were asked for, sorted.
    requested: Vec<String>,
    /// See `Machine::tag`.
    machine: String,
    /// Seconds since the Unix epoch.
    installed: u64,
    /// All packages that are in the tree.
    packages: Vec<Package>,
    /// Shared libraries of the machine that the programs of the tree were found to need.
    host_libraries: Vec<PathBuf>,
    /// The loader that the programs of the tree name, where that is one of its own.
    #[serde(default)]
    loader: Option<PathBuf>,
}

/// One package of a [`Manifest`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Package {
    /// Its name.
    pub name: String,
    /// Its version, with the epoch.
    pub version: String,
    /// Its architecture.
    pub architecture: String,
    /// SHA-256 of the archive.
    pub sha256: String,
}

/// Which set is looked for.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// Its name: a part of a folder's name.
    pub set: String,
    /// The packages that are asked for, sorted.
    pub requested: Vec<String>,
    /// See `Machine::tag`.
    pub machine: String,
}

/// An installed folder with its manifest.
#[derive(Debug, Clone)]
pub(super) struct Installed {
    dir: PathBuf,
    contents: Manifest,
}

impl Installed {
    /// The extracted tree.
    pub(super) fn root(&self) -> PathBuf {
        self.dir.join(ROOT)
    }

    /// The folder for `LD_LIBRARY_PATH`.
    pub(super) fn library_path(&self) -> Option<PathBuf> {
        let dir = self.dir.join(LIBRARIES);
        dir.is_dir().then_some(dir)
    }

    /// Package names and versions: first those that were asked for, as they were, then the others.
    pub(super) fn versions(&self) -> Vec<(String, String)> {
        let mut packages: Vec<&Package> = self.contents.packages.iter().collect();
        packages.sort_by_key(|it| (!self.contents.requested.contains(&it.name), &it.name));
        packages.into_iter().map(|it| (it.name.clone(), it.version.clone())).collect()
    }
}

/// The extracted tree of the installed folder `dir`.
pub(super) fn root_of(dir: &Path) -> PathBuf {
    dir.join(ROOT)
}

/// The library folder of the installed folder `dir`.
pub(super) fn libraries_of(dir: &Path) -> PathBuf {
    dir.join(LIBRARIES)
}

/// Links to the shared libraries of the installed folder `dir` that only its own programs may see.
pub(super) fn own_libraries_of(dir: &Path) -> PathBuf {
    dir.join(OWN_LIBRARIES)
}

/// The newest whole installation of `wanted` below `base`, if there is one that works here.
pub(super) fn lookup(base: &Path, wanted: &Wanted) -> Option<Installed> {
    let prefix = format!("{}-", wanted.set);
    let mut best: Option<Installed> = None;
    for entry in fs::read_dir(base).ok()?.flatten() {
        let name = entry.file_name();
        let ours = name.to_str().and_then(|name| name.strip_prefix(&prefix));
        // `arduino-avr` is a prefix of the folders of a set `arduino-avr-x`, too.
        if ours.is_none_or(|key| key.len() != KEY_LENGTH) {
            continue;
        }
        if let Some(found) = read(&entry.path()).filter(|it| it.contents.is_for(wanted))
            && best.as_ref().is_none_or(|best| best.contents.installed <= found.contents.installed)
        {
            best = Some(found);
        }
    }
    best
}

/// How many digits of the key a folder's name has.
const KEY_LENGTH: usize = 12;

impl Manifest {
    /// The manifest of what was installed just now.
    pub(super) fn new(wanted: &Wanted, mut packages: Vec<Package>, host_libraries: Vec<PathBuf>) -> Self {
        packages.sort_unstable();
        Self {
            format: FORMAT,
            set: wanted.set.clone(),
            requested: wanted.requested.clone(),
            machine: wanted.machine.clone(),
            // A clock before 1970 only makes this installation look old.
            installed: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs()),
            packages,
            host_libraries,
            loader: None,
        }
    }

    /// The same, of programs that name the loader `loader`.
    pub(super) fn with_loader(self, loader: PathBuf) -> Self {
        Self { loader: Some(loader), ..self }
    }

    /// The name of its folder: the set, and a key of everything that makes its content.
    pub(super) fn folder(&self) -> String {
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

    /// Writes it into the folder that it describes.
    pub(super) fn write(&self, dir: &Path) -> Result<(), InstallError> {
        let file = dir.join(FILE);
        let failed = |source| InstallError::io(IoAction::Write, &file, source);
        let text = serde_json::to_vec_pretty(self).map_err(|error| failed(error.into()))?;
        fs::write(&file, text).map_err(failed)
    }

    fn is_for(&self, wanted: &Wanted) -> bool {
        self.format == FORMAT
            && self.set == wanted.set
            && self.requested == wanted.requested
            && self.machine == wanted.machine
            // A slimmer image of the same release may have restored this cache.
            && self.host_libraries.iter().all(|file| file.exists())
            // The cache folder was moved, so nothing would start.
            && self.loader.as_ref().is_none_or(|file| file.exists())
    }
}

/// The folder and its manifest, if it has one that can be read, and its tree.
fn read(dir: &Path) -> Option<Installed> {
    let contents = serde_json::from_slice(&fs::read(dir.join(FILE)).ok()?).ok()?;
    root_of(dir).is_dir().then(|| Installed { dir: dir.to_path_buf(), contents })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn wanted() -> Wanted {
        Wanted { set: "set".into(), requested: vec!["a".into()], machine: "debian-12-x86_64".into() }
    }

    fn install(base: &Path, version: &str, installed: u64, host_libraries: Vec<PathBuf>) -> PathBuf {
        let package = Package {
            name: "a".into(),
            version: version.into(),
            architecture: "all".into(),
            sha256: version.into(),
        };
        let manifest = Manifest { installed, ..Manifest::new(&wanted(), vec![package], host_libraries) };
        let dir = base.join(manifest.folder());
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
            Wanted { machine: "debian-13-x86_64".into(), ..wanted() },
            Wanted { set: "se".into(), ..wanted() },
            Wanted { requested: vec!["a".into(), "b".into()], ..wanted() },
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
