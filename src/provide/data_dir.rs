//! A data directory of the Arduino IDE or arduino-cli, in their layout: `packages/VENDOR/hardware/ARCH/VERSION` and
//! `packages/VENDOR/tools/NAME/VERSION`. Reads it and never writes it.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::Deserialize;

use super::core_directory;
use super::installed::InstalledCore;
use crate::versions::RelaxedVersion;

/// Returns the installed versions of a core in the data directory `data`.
pub(super) fn cores(
    core: &str,
    vendor: &str,
    arch: &str,
    data: &Path,
) -> Vec<(InstalledCore, RelaxedVersion)> {
    let packages = data.join("packages");
    let hardware = packages.join(vendor).join("hardware").join(arch);
    directories(&hardware)
        .into_iter()
        .filter_map(|version| {
            let platform_dir = hardware.join(&version);
            let tools = tools_of(&packages, vendor, &platform_dir);
            let mut installed = core_directory::read(core, &platform_dir, tools).ok()?;
            installed.versions = vec![(core.to_owned(), version.clone())];
            Some((installed, RelaxedVersion::new(version)))
        })
        .collect()
}

/// Returns the values of `{runtime.tools.NAME.path}` and `{runtime.tools.NAME-VERSION.path}` for a core: the version
/// that the core depends on; else the newest of its vendor; else the newest.
fn tools_of(packages: &Path, vendor: &str, platform_dir: &Path) -> IndexMap<String, PathBuf> {
    let wanted = dependencies(platform_dir);
    // By tool: the rank of the best version so far, and its directory.
    let mut best: HashMap<String, ((bool, bool, RelaxedVersion), PathBuf)> = HashMap::new();
    let mut exact: IndexMap<String, PathBuf> = IndexMap::new();
    for packager in directories(packages) {
        let all = packages.join(&packager).join("tools");
        for name in directories(&all) {
            for version in directories(&all.join(&name)) {
                let dir = all.join(&name).join(&version);
                let is_wanted = wanted
                    .iter()
                    .any(|it| it.packager == packager && it.name == name && it.version == version);
                let rank = (is_wanted, packager == vendor, RelaxedVersion::new(version.clone()));
                exact.entry(format!("{name}-{version}")).or_insert_with(|| dir.clone());
                if best.get(&name).is_none_or(|(other, _)| *other < rank) {
                    best.insert(name.clone(), (rank, dir));
                }
            }
        }
    }
    let mut tools: IndexMap<String, PathBuf> = best.into_iter().map(|(name, (_, dir))| (name, dir)).collect();
    tools.sort_unstable_keys();
    tools.extend(exact);
    tools
}

/// A tool that a core depends on, as arduino-cli's `installed.json` names it.
#[derive(Debug, Deserialize)]
struct ToolDependency {
    packager: String,
    name: String,
    version: String,
}

/// `installed.json`: the part of the package index that the core was installed from.
#[derive(Deserialize)]
struct InstalledJson {
    #[serde(default)]
    packages: Vec<IndexedPackage>,
}

#[derive(Deserialize)]
struct IndexedPackage {
    #[serde(default)]
    platforms: Vec<IndexedPlatform>,
}

#[derive(Deserialize)]
struct IndexedPlatform {
    #[serde(default, rename = "toolsDependencies")]
    tools: Vec<ToolDependency>,
}

/// Returns the tools that a core depends on; none without an `installed.json`.
fn dependencies(platform_dir: &Path) -> Vec<ToolDependency> {
    let Ok(text) = fs::read(platform_dir.join("installed.json")) else { return Vec::new() };
    let Ok(json) = serde_json::from_slice::<InstalledJson>(&text) else { return Vec::new() };
    json.packages.into_iter().flat_map(|it| it.platforms).flat_map(|it| it.tools).collect()
}

/// Returns the tools that a core depends on, as `packager:name` and version.
pub(super) fn required_tools(platform_dir: &Path) -> impl Iterator<Item = (String, String)> {
    dependencies(platform_dir).into_iter().map(|it| (format!("{}:{}", it.packager, it.name), it.version))
}

/// Returns the names of the directories in `dir`, sorted; none where it can't be read.
pub(super) fn directories(dir: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| is_directory_name(name))
        .collect();
    names.sort_unstable();
    names
}

pub(super) fn is_directory_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\0'])
}
