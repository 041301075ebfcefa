//! The packages of all index files, merged by name as arduino-cli does it. Knows nothing of hosts or requests.
//!
//! Of a package's contact data, the last file counts. Of one platform version in several files, the last one counts. Of
//! one tool version, the archives of all files count; of two for the same host triple, the first one.
//!
//! Source: arduino-cli, `MergeIntoPackages` in `internal/arduino/cores/packageindex/index.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::model::{IndexFile, PackageInfo, PlatformRelease, ToolRelease};
use crate::provide::versions::RelaxedVersion;

/// All known packages, by name.
#[derive(Debug, Clone, Default)]
pub struct PackageCatalog {
    packages: BTreeMap<String, CatalogPackage>,
}

/// A package of all files that name it.
#[derive(Debug, Clone, Default)]
pub struct CatalogPackage {
    info: PackageInfo,
    platforms: BTreeMap<String, Releases<PlatformRelease>>,
    tools: BTreeMap<String, Releases<ToolRelease>>,
}

/// The releases of a platform or tool, by their normalized version.
pub(super) type Releases<R> = BTreeMap<String, Arc<R>>;

impl PackageCatalog {
    /// Adds the packages of a file. The order of the files matters: Arduino's own index first, then the additional ones
    /// in the order of the configuration. A `url` replaces the origin that the file states itself.
    pub fn add(&mut self, file: IndexFile, url: Option<&str>) {
        for package in file.packages {
            let merged = self.packages.entry(package.info.name.clone()).or_default();
            merged.info = package.info;
            if let Some(url) = url {
                url.clone_into(&mut merged.info.url);
            }
            for tool in package.tools {
                merged.add_tool(tool);
            }
            for platform in package.platforms {
                merged.add_platform(platform);
            }
        }
    }

    /// Returns the package of this name.
    pub fn package(&self, name: &str) -> Option<&CatalogPackage> {
        self.packages.get(name)
    }

    /// Returns all packages by name.
    pub fn packages(&self) -> impl Iterator<Item = &CatalogPackage> {
        self.packages.values()
    }
}

impl CatalogPackage {
    /// Returns name and contact data.
    pub fn info(&self) -> &PackageInfo {
        &self.info
    }

    /// Returns the architectures of the package's platforms, sorted.
    pub fn architectures(&self) -> impl Iterator<Item = &str> {
        self.platforms.keys().map(String::as_str)
    }

    /// Returns all releases of a platform, the newest first.
    pub fn platform_releases(&self, architecture: &str) -> Vec<&Arc<PlatformRelease>> {
        newest_first(self.platforms.get(architecture), |release| &release.version)
    }

    /// Returns the names of the package's tools, sorted.
    pub fn tool_names(&self) -> impl Iterator<Item = &str> {
        self.tools.keys().map(String::as_str)
    }

    /// Returns all releases of a tool, the newest first.
    pub fn tool_releases(&self, name: &str) -> Vec<&Arc<ToolRelease>> {
        newest_first(self.tools.get(name), |release| &release.version)
    }

    /// Returns the release of exactly this version.
    pub(super) fn platform(
        &self,
        architecture: &str,
        version: &RelaxedVersion,
    ) -> Option<&Arc<PlatformRelease>> {
        self.platforms.get(architecture)?.get(&normalized(version))
    }

    /// Returns the release of exactly this version.
    pub(super) fn tool(&self, name: &str, version: &RelaxedVersion) -> Option<&Arc<ToolRelease>> {
        self.tools.get(name)?.get(&normalized(version))
    }

    fn add_tool(&mut self, tool: ToolRelease) {
        let releases = self.tools.entry(tool.name.clone()).or_default();
        let release = releases.entry(normalized(&tool.version)).or_insert_with(|| {
            Arc::new(ToolRelease {
                name: tool.name.clone(),
                version: tool.version.clone(),
                systems: Vec::new(),
            })
        });
        let systems = &mut Arc::make_mut(release).systems;
        for system in tool.systems {
            if !systems.iter().any(|other| other.host == system.host) {
                systems.push(system);
            }
        }
    }

    fn add_platform(&mut self, mut platform: PlatformRelease) {
        let releases = self.platforms.entry(platform.architecture.clone()).or_default();
        let key = normalized(&platform.version);
        if let Some(earlier) = releases.get(&key) {
            // The version keeps its first spelling, which is the directory's name: `1.0` and `1.0.0` are one release.
            platform.version = earlier.version.clone();
        }
        releases.insert(key, Arc::new(platform));
    }
}

/// Returns releases in descending order of their versions; equal versions in a fixed order.
fn newest_first<R>(releases: Option<&Releases<R>>, version: impl Fn(&R) -> &RelaxedVersion) -> Vec<&Arc<R>> {
    let mut sorted: Vec<&Arc<R>> = releases.into_iter().flat_map(BTreeMap::values).rev().collect();
    sorted.sort_by(|one, other| version(other).cmp(version(one)));
    sorted
}

/// Returns the key of a release: a semantic version with all three numbers, any other text unchanged.
///
/// Source: `NormalizedString` of `go.bug.st/relaxed-semver`.
pub(super) fn normalized(version: &RelaxedVersion) -> String {
    let text = version.as_str();
    if text.is_empty() {
        return "0.0.0".to_owned();
    }
    if !version.is_semantic() {
        return text.to_owned();
    }
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, rest) = text.split_at(end);
    let missing = 2_usize.saturating_sub(numbers.matches('.').count());
    format!("{numbers}{}{rest}", ".0".repeat(missing))
}
