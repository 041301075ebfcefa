//! An environment of Python packages on the disk, and the file that marks it as complete: `installed.json`, written
//! last.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::error::{InstallError, IoAction};
use super::super::installed::InstalledPackages;
use super::lock_file::LockFile;
use super::requirement::{name_of, normal};

/// Version of the layout of the directory and of the file. Any other version is not trusted.
const FORMAT: u32 = 1;
const FILE: &str = "installed.json";

/// The identity of an environment. An installation is used only for the identity that it was made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EnvironmentIdentity {
    format: u32,
    /// `NAME==VERSION` each.
    packages: Vec<String>,
    /// The content of the lock file.
    lock: Option<String>,
    /// See `Machine::tag`.
    machine: String,
}

/// A complete environment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PythonEnvironment {
    wanted: EnvironmentIdentity,
    /// Its directory: it works nowhere else.
    dir: PathBuf,
    /// The target of its `bin/python3`: another version would search its packages elsewhere.
    python: PathBuf,
    /// All its packages, the requested ones first.
    versions: Vec<(String, String)>,
    library_path: Option<PathBuf>,
}

impl EnvironmentIdentity {
    pub(super) fn new(packages: &[String], lock: Option<&LockFile>, machine: &str) -> Self {
        Self {
            format: FORMAT,
            packages: packages.to_vec(),
            lock: lock.map(|lock| blake3::hash(lock.text.as_bytes()).to_hex().to_string()),
            machine: machine.to_owned(),
        }
    }

    /// Returns the name of its directory.
    pub(super) fn directory_name(&self) -> String {
        let first = self.packages.first().map_or("", |package| name_of(package));
        let name: String = normal(first).chars().take(40).collect();
        // Serializing texts and a number can't fail.
        let told = serde_json::to_string(self).unwrap_or_default();
        format!("{name}-{}", &blake3::hash(told.as_bytes()).to_hex()[..12])
    }
}

impl PythonEnvironment {
    /// Returns the environment in `dir`, if it is complete and works on this machine.
    pub(super) fn find(dir: &Path, wanted: &EnvironmentIdentity) -> Option<Self> {
        let found: Self = serde_json::from_slice(&fs::read(dir.join(FILE)).ok()?).ok()?;
        let works = found.wanted == *wanted
            && found.dir == dir
            && python_of(dir).is_some_and(|python| python == found.python)
            && found.library_path.as_ref().is_none_or(|path| path.is_dir());
        works.then_some(found)
    }

    /// Links the programs of a finished environment and records that it is complete.
    ///
    /// # Errors
    /// The environment can't be read or written.
    pub(super) fn record(
        dir: &Path,
        wanted: EnvironmentIdentity,
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
        // Serializing its own texts can't fail.
        let text = serde_json::to_string_pretty(&environment).unwrap_or_default();
        let temporary = dir.join(".installed.json");
        fs::write(&temporary, text).map_err(io(IoAction::Write, &temporary))?;
        fs::rename(&temporary, &path).map_err(io(IoAction::Rename, &path))?;
        Ok(environment)
    }

    /// Returns the environment as its users see it.
    pub(super) fn packages(self) -> InstalledPackages {
        InstalledPackages { root: self.dir, versions: self.versions, library_path: self.library_path }
    }
}

fn python_of(dir: &Path) -> Option<PathBuf> {
    dir.join("bin/python3").canonicalize().ok()
}

/// Returns the directories of the packages in an environment: in practice one, `lib/pythonX.Y/site-packages`.
pub(super) fn site_packages(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    fs::read_dir(dir.join("lib"))?.map(|python| Ok(python?.path().join("site-packages"))).collect()
}

/// An installed package.
struct DistInfo {
    name: String,
    version: String,
    /// Its metadata: the directory `NAME-VERSION.dist-info`.
    info: PathBuf,
}

fn packages(dir: &Path) -> std::io::Result<Vec<DistInfo>> {
    let mut found = Vec::new();
    for site_packages in site_packages(dir)? {
        for entry in fs::read_dir(site_packages)? {
            let info = entry?.path();
            let stem = info.file_name().and_then(|name| name.to_str()?.strip_suffix(".dist-info"));
            if let Some((name, version)) = stem.and_then(|stem| stem.split_once('-')) {
                found.push(DistInfo { name: name.to_owned(), version: version.to_owned(), info });
            }
        }
    }
    Ok(found)
}

/// Returns the programs of a package in `bin`, by its own list of files.
fn programs(info: &Path) -> Vec<String> {
    let record = fs::read_to_string(info.join("RECORD")).unwrap_or_default();
    let paths = record.lines().filter_map(|line| line.split(',').next());
    paths
        .filter_map(|path| path.strip_prefix("../../../bin/"))
        .filter(|name| !name.is_empty() && !name.contains('/'))
        .map(str::to_owned)
        .collect()
}

/// Links a program into the environment's directory, also without `.py`: cores start `PATH/esptool`, and versions
/// before 5 have only an `esptool.py`.
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
    fn everything_that_was_asked_for_names_the_directory() {
        let directory = |packages: &[&str], lock: Option<&str>, machine: &str| {
            let packages: Vec<String> = packages.iter().map(|&it| it.to_owned()).collect();
            let lock = lock.map(|text| LockFile { path: "/lock".into(), text: text.to_owned(), first: None });
            EnvironmentIdentity::new(&packages, lock.as_ref(), machine).directory_name()
        };
        let one = directory(&["Esp_Tool==5.1"], None, "debian");
        assert!(one.starts_with("esp-tool-"), "{one}");
        let others = [
            directory(&["Esp_Tool==5.2"], None, "debian"),
            directory(&["Esp_Tool==5.1", "six==1"], None, "debian"),
            directory(&["Esp_Tool==5.1"], Some(""), "debian"),
            directory(&["Esp_Tool==5.1"], Some("six==1"), "debian"),
            directory(&["Esp_Tool==5.1"], None, "ubuntu"),
        ];
        for (at, other) in others.iter().enumerate() {
            assert!(*other != one && !others[at + 1..].contains(other), "{others:?}");
        }
    }
}
