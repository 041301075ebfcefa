//! An environment of Python packages on the disk, and what says that it is whole: `installed.json`, written last.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::{InstallError, IoAction};
use super::lock_file::LockFile;

/// The layout of the folder and of the file. Another number is not trusted.
const FORMAT: u32 = 1;
const FILE: &str = "installed.json";

/// What an environment is asked to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wanted {
    format: u32,
    /// `NAME==VERSION` each.
    packages: Vec<String>,
    /// The content of the lock file.
    lock: Option<String>,
    /// See `Machine::tag`.
    machine: String,
}

/// A whole environment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Environment {
    wanted: Wanted,
    /// Where it was made: it works nowhere else.
    dir: PathBuf,
    /// What its `bin/python3` leads to: another version would not look where its packages are.
    python: PathBuf,
    /// All packages that are in it, those that were asked for first.
    versions: Vec<(String, String)>,
    library_path: Option<PathBuf>,
}

impl Wanted {
    pub(super) fn new(packages: &[String], lock: Option<&LockFile>, machine: &str) -> Self {
        Self {
            format: FORMAT,
            packages: packages.to_vec(),
            lock: lock.map(|lock| blake3::hash(lock.text.as_bytes()).to_hex().to_string()),
            machine: machine.to_owned(),
        }
    }

    /// The name of its folder.
    pub(super) fn folder(&self) -> String {
        let first = self.packages.first().map_or("", |package| name_of(package));
        let name: String = normal(first).chars().take(40).collect();
        // Texts and a number: that can't fail.
        let told = serde_json::to_string(self).unwrap_or_default();
        format!("{name}-{}", &blake3::hash(told.as_bytes()).to_hex()[..12])
    }
}

impl Environment {
    /// The environment in `dir`, if it is whole and works here.
    pub(super) fn find(dir: &Path, wanted: &Wanted) -> Option<Self> {
        let found: Self = serde_json::from_slice(&fs::read(dir.join(FILE)).ok()?).ok()?;
        let works = found.wanted == *wanted
            && found.dir == dir
            && python_of(dir).is_some_and(|python| python == found.python)
            && found.library_path.as_ref().is_none_or(|path| path.is_dir());
        works.then_some(found)
    }

    /// Links the programs of a finished environment and notes that it is whole.
    ///
    /// # Errors
    /// Where it can't be read or written.
    pub(super) fn record(
        dir: &Path,
        wanted: Wanted,
        library_path: Option<PathBuf>,
    ) -> Result<Self, InstallError> {
        let io = |action, path: &Path| {
            let path = path.to_owned();
            move |source| InstallError::io(action, &path, source)
        };
        let python = python_of(dir).ok_or_else(|| InstallError::Layout {
            package: "the environment".to_owned(),
            path: "bin/python3".into(),
        })?;
        let mut versions = Vec::new();
        for package in packages(dir).map_err(io(IoAction::Read, dir))? {
            let asked =
                wanted.packages.iter().position(|asked| normal(name_of(asked)) == normal(&package.name));
            if asked.is_some() {
                for program in programs(&package.info) {
                    link(dir, &program).map_err(io(IoAction::Create, &dir.join(&program)))?;
                }
            }
            versions.push((asked.unwrap_or(usize::MAX), package.name, package.version));
        }
        versions.sort();
        let versions = versions.into_iter().map(|(_, name, version)| (name, version)).collect();
        let environment = Self { wanted, dir: dir.to_owned(), python, versions, library_path };
        let path = dir.join(FILE);
        // Its own texts: that can't fail.
        let text = serde_json::to_string_pretty(&environment).unwrap_or_default();
        let temporary = dir.join(".installed.json");
        fs::write(&temporary, text).map_err(io(IoAction::Write, &temporary))?;
        fs::rename(&temporary, &path).map_err(io(IoAction::Rename, &path))?;
        Ok(environment)
    }

    /// Names and versions of its packages.
    pub(super) fn versions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.versions.iter().map(|(name, version)| (name.as_str(), version.as_str()))
    }

    /// For `LD_LIBRARY_PATH` of its programs.
    pub(super) fn library_path(&self) -> Option<&Path> {
        self.library_path.as_deref()
    }
}

/// `esptool` of `esptool==4.8.1`.
fn name_of(requirement: &str) -> &str {
    requirement.split("==").next().unwrap_or(requirement)
}

/// A package's name as names are compared ("Names and normalization" of the packaging specifications).
pub(super) fn normal(name: &str) -> String {
    let words = name.trim().split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

fn python_of(dir: &Path) -> Option<PathBuf> {
    dir.join("bin/python3").canonicalize().ok()
}

/// A package that is installed.
struct Package {
    name: String,
    version: String,
    /// The folder that says so: `NAME-VERSION.dist-info`.
    info: PathBuf,
}

fn packages(dir: &Path) -> std::io::Result<Vec<Package>> {
    let mut found = Vec::new();
    for python in fs::read_dir(dir.join("lib"))? {
        for entry in fs::read_dir(python?.path().join("site-packages"))? {
            let info = entry?.path();
            let stem = info.file_name().and_then(|name| name.to_str()?.strip_suffix(".dist-info"));
            if let Some((name, version)) = stem.and_then(|stem| stem.split_once('-')) {
                found.push(Package { name: name.to_owned(), version: version.to_owned(), info });
            }
        }
    }
    Ok(found)
}

/// The programs that a package has put into `bin`, by its own list of files.
fn programs(info: &Path) -> Vec<String> {
    let record = fs::read_to_string(info.join("RECORD")).unwrap_or_default();
    let paths = record.lines().filter_map(|line| line.split(',').next());
    paths
        .filter_map(|path| path.strip_prefix("../../../bin/"))
        .filter(|name| !name.is_empty() && !name.contains('/'))
        .map(str::to_owned)
        .collect()
}

/// Cores look for `PATH/esptool`, where versions before 5 have an `esptool.py` only.
fn link(dir: &Path, program: &str) -> std::io::Result<()> {
    let link = |name: &str| std::os::unix::fs::symlink(Path::new("bin").join(program), dir.join(name));
    link(program)?;
    match program.strip_suffix(".py") {
        Some(stem) if !dir.join("bin").join(stem).exists() => link(stem),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_pip_does() {
        for name in ["Py.Serial", "py_serial", "py--serial", " PY-SERIAL "] {
            assert_eq!(normal(name), "py-serial", "{name}");
        }
        assert_eq!(normal("pyserial"), "pyserial");
    }

    #[test]
    fn everything_that_was_asked_for_names_the_folder() {
        let folder = |packages: &[&str], lock: Option<&str>, machine: &str| {
            let packages: Vec<String> = packages.iter().map(|&it| it.to_owned()).collect();
            let lock = lock.map(|text| LockFile { path: "/lock".into(), text: text.to_owned() });
            Wanted::new(&packages, lock.as_ref(), machine).folder()
        };
        let one = folder(&["Esp_Tool==5.1"], None, "debian");
        assert!(one.starts_with("esp-tool-"), "{one}");
        let others = [
            folder(&["Esp_Tool==5.2"], None, "debian"),
            folder(&["Esp_Tool==5.1", "six==1"], None, "debian"),
            folder(&["Esp_Tool==5.1"], Some(""), "debian"),
            folder(&["Esp_Tool==5.1"], Some("six==1"), "debian"),
            folder(&["Esp_Tool==5.1"], None, "ubuntu"),
        ];
        for (at, other) in others.iter().enumerate() {
            assert!(*other != one && !others[at + 1..].contains(other), "{others:?}");
        }
    }
}
