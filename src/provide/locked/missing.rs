//! The parts of a lock file that are not installed on this machine.

use super::super::archive_directory::identity;
use super::super::arduino_directory::{ArduinoDirectory, is_installed};
use super::super::error::InstallError;
use super::super::index::{archive, systems};
use super::super::libraries::library_place;
use super::super::package_index::Host;
use super::model::{Locked, LockedArchive};

/// A core, tool or library of a lock file that is not installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingItem {
    /// `core`, `tool`, `library` or `package`, of Python.
    pub kind: &'static str,
    /// `vendor:arch`, `packager:tool`, or the library's name.
    pub name: String,
    /// Its version, or its commit.
    pub version: String,
    /// The archive, or the repository.
    pub url: String,
    /// Size of the archive in bytes, where the index has one.
    pub size: Option<u64>,
    /// Of a core its own name, of a tool the cores that need it.
    pub cores: Vec<String>,
}

/// Returns the parts of a lock file that are not installed: of tools, those for this machine.
///
/// # Errors
/// A name of the lock file can't be a directory's name, or a tool has no archive for this machine.
pub fn missing_items(
    locked: &Locked,
    directory: &ArduinoDirectory,
) -> Result<Vec<MissingItem>, InstallError> {
    let mut missing = Vec::new();
    let item = |kind, name: &str, version: &str, archive: &LockedArchive| MissingItem {
        kind,
        name: name.to_owned(),
        version: version.to_owned(),
        url: archive.url.clone(),
        size: archive.size,
        cores: locked.cores_with(name, version),
    };
    for core in &locked.cores {
        if !is_installed(&directory.core(&core.name, &core.version)?, &identity(&core.archive)) {
            missing.push(item("core", &core.name, &core.version, &core.archive));
        }
    }
    let host = Host::current();
    for tool in &locked.tools {
        let systems = systems(tool);
        // A core that has no tool for this machine is an error of the set-up.
        let Some(chosen) = host.choose(&systems) else { continue };
        let archive = archive(&chosen.archive);
        if !is_installed(&directory.tool(&tool.name, &tool.version)?, &identity(&archive)) {
            missing.push(item("tool", &tool.name, &tool.version, &archive));
        }
    }
    for library in &locked.libraries {
        let Some((place, identity)) = library_place(library, directory) else { continue };
        if !is_installed(&place, &identity) {
            let url = library.archive.as_ref().map(|archive| archive.url.clone());
            missing.push(MissingItem {
                kind: "library",
                name: library.name.clone(),
                version: library.commit.clone().unwrap_or_else(|| library.version.clone()),
                url: url.or_else(|| library.git.clone()).unwrap_or_default(),
                size: library.archive.as_ref().and_then(|archive| archive.size),
                cores: Vec::new(),
            });
        }
    }
    Ok(missing)
}
