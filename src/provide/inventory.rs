//! What is installed below the cache directory: cores, tools and libraries, with their sizes and last uses; and their
//! removal.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use walkdir::WalkDir;

use super::arduino_directory::{ArduinoDirectory, remove};
use super::data_dir::{directories, required_tools};
use super::error::{InstallError, IoAction};

/// A kind of installed directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstalledKind {
    /// A core.
    Core,
    /// A tool.
    Tool,
    /// A library.
    Library,
}

impl InstalledKind {
    /// Returns the word for users.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Tool => "tool",
            Self::Library => "library",
        }
    }
}

/// An installed core, tool or library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledItem {
    /// Its kind.
    pub kind: InstalledKind,
    /// `vendor:arch`, `packager:tool`, or the library's name.
    pub name: String,
    /// Its version; of a library with the beginning of its checksum or commit.
    pub version: String,
    /// Its directory.
    pub dir: PathBuf,
    /// The last run that used it; `None` where it was not installed by this program.
    pub used: Option<SystemTime>,
}

impl InstalledItem {
    /// Returns the size of its files in bytes.
    pub fn size(&self) -> u64 {
        let files = WalkDir::new(&self.dir).into_iter().flatten();
        files
            .filter_map(|entry| entry.metadata().ok())
            .filter(std::fs::Metadata::is_file)
            .map(|it| it.len())
            .sum()
    }
}

/// Returns everything that the providers `index` and the libraries of a matrix have installed, sorted.
pub fn inventory(directory: &ArduinoDirectory) -> Vec<InstalledItem> {
    let packages = directory.packages();
    let mut items = Vec::new();
    for packager in directories(&packages) {
        for (kind, word) in [(InstalledKind::Core, "hardware"), (InstalledKind::Tool, "tools")] {
            let all = packages.join(&packager).join(word);
            for name in directories(&all) {
                for version in directories(&all.join(&name)) {
                    let dir = all.join(&name).join(&version);
                    let used = directory.last_use(&dir);
                    let name = format!("{packager}:{name}");
                    items.push(InstalledItem { kind, name, version, dir, used });
                }
            }
        }
    }
    let libraries = directory.libraries();
    for entry in directories(&libraries) {
        let Some((name, version)) = entry.split_once('@') else { continue };
        let dir = libraries.join(&entry);
        let used = directories(&dir).iter().find_map(|name| directory.last_use(&dir.join(name)));
        let (name, version) = (name.to_owned(), version.to_owned());
        items.push(InstalledItem { kind: InstalledKind::Library, name, version, dir, used });
    }
    items.sort_by(|a, b| (a.kind, &a.name, &a.version).cmp(&(b.kind, &b.name, &b.version)));
    items
}

/// Returns the items that a name and, if given, a version select, with the tools that no other core needs.
pub fn selected(items: &[InstalledItem], name: &str, version: Option<&str>) -> Vec<InstalledItem> {
    let is_selected = |item: &InstalledItem| {
        item.name.eq_ignore_ascii_case(name) && version.is_none_or(|version| item.version == version)
    };
    with_orphans(items, &is_selected)
}

/// Returns the items that no run has used for `age`. A tool is as recent as the cores that need it.
pub fn unused(items: &[InstalledItem], age: Duration) -> Vec<InstalledItem> {
    let now = SystemTime::now();
    let is_unused = |item: &InstalledItem| {
        item.kind != InstalledKind::Tool
            && item.used.is_some_and(|used| now.duration_since(used).is_ok_and(|since| since > age))
    };
    with_orphans(items, &is_unused)
}

/// Returns the selected items, and the tools that only selected cores need.
fn with_orphans(items: &[InstalledItem], is_selected: &dyn Fn(&InstalledItem) -> bool) -> Vec<InstalledItem> {
    let cores = |selected: bool| {
        let cores = items.iter().filter(|item| item.kind == InstalledKind::Core);
        cores.filter(move |item| is_selected(item) == selected)
    };
    let tools = |selected: bool| -> BTreeSet<(String, String)> {
        cores(selected).flat_map(|core| required_tools(&core.dir)).collect()
    };
    let (orphans, needed) = (tools(true), tools(false));
    let is_orphan = |item: &InstalledItem| {
        let key = (item.name.clone(), item.version.clone());
        item.kind == InstalledKind::Tool && orphans.contains(&key) && !needed.contains(&key)
    };
    items.iter().filter(|item| is_selected(item) || is_orphan(item)).cloned().collect()
}

/// Removes downloaded archives older than `age`: what they contain is installed, and a run that needs one again downloads it.
/// Returns how many bytes they had.
///
/// # Errors
/// An archive can't be removed.
pub fn remove_archives(directory: &ArduinoDirectory, age: Duration) -> Result<u64, InstallError> {
    let now = SystemTime::now();
    let mut freed = 0;
    for entry in WalkDir::new(directory.staging()).into_iter().flatten() {
        let Ok(metadata) = entry.metadata() else { continue };
        let is_old =
            metadata.modified().is_ok_and(|time| now.duration_since(time).is_ok_and(|since| since > age));
        if metadata.is_file() && is_old {
            std::fs::remove_file(entry.path())
                .map_err(|error| InstallError::io(IoAction::Remove, entry.path(), error))?;
            freed += metadata.len();
        }
    }
    Ok(freed)
}

/// Removes installed directories. An interrupted removal leaves no directory that looks complete.
///
/// # Errors
/// A directory can't be removed.
pub fn remove_items(items: &[InstalledItem], directory: &ArduinoDirectory) -> Result<(), InstallError> {
    for item in items {
        remove_one(&item.dir, directory)?;
    }
    Ok(())
}

fn remove_one(dir: &Path, directory: &ArduinoDirectory) -> Result<(), InstallError> {
    let temporary = directory.temporary();
    std::fs::create_dir_all(&temporary)
        .map_err(|error| InstallError::io(IoAction::Create, &temporary, error))?;
    let aside = temporary.join("removed");
    remove(&aside)?;
    std::fs::rename(dir, &aside).map_err(|error| InstallError::io(IoAction::Remove, dir, error))?;
    remove(&aside)?;
    // The directories above it, as far as they are empty.
    for parent in dir.ancestors().skip(1).take_while(|parent| *parent != directory.root()) {
        if std::fs::remove_dir(parent).is_err() {
            break;
        }
    }
    Ok(())
}
