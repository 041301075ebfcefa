//! Chooses the release of a core and the archives of its tools for a host.
//!
//! The rules are arduino-cli's: without a version, the newest release whose tools all have an archive for the host. That
//! release may be a prerelease or deprecated. Ranges are an addition and follow the same rule among their versions.
//!
//! Discoveries and monitors are no part of a build. arduino-cli fails where an index lacks one; here it is left out.
//!
//! Source: arduino-cli, `FindPlatformReleaseDependencies` in `internal/arduino/cores/packagemanager/download.go`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::catalog::{CatalogPackage, PackageCatalog};
use super::error::{ResolveError, few, hint, hosts};
use super::host::Host;
use super::model::{
    IndexedArchive, PackageInfo, PlatformRelease, RequiredTool, ToolName, ToolRelease, ToolSystem,
};
use crate::versions::{RangeError, RelaxedVersion, VersionRange};

/// The versions of a core that a request accepts.
#[derive(Debug, Clone)]
pub enum VersionRequest {
    /// Any; the newest one is chosen.
    Newest,
    /// This one only; `1.8` means `1.8.0`.
    Exact(RelaxedVersion),
    /// Any in the range; the newest one is chosen.
    Range(VersionRange),
}

/// A core with everything that has to be installed for it.
#[derive(Debug, Clone)]
pub struct ResolvedPlatform {
    /// Package of the platform.
    pub package: PackageInfo,
    /// Chosen release.
    pub release: Arc<PlatformRelease>,
    /// Tools in the order of the release's dependencies, each once.
    pub tools: Vec<ResolvedTool>,
    /// Discoveries and monitors, as far as there is one for the host. Only needed for uploads.
    pub upload_tools: Vec<ResolvedTool>,
    /// Newer releases that the request accepts and the host cannot use, newest first.
    pub skipped: Vec<ResolveError>,
}

/// A tool with the archive for the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedTool {
    /// Package of the tool.
    pub package: PackageInfo,
    /// Release, with the archives for all hosts.
    pub release: Arc<ToolRelease>,
    /// Archive for the requested host.
    pub system: ToolSystem,
}

impl PackageCatalog {
    /// Chooses a release of the core `packager:architecture` and the archives of its tools for `host`.
    ///
    /// # Errors
    /// The core or the version is unknown, or a tool is missing or has no archive for the host.
    pub fn resolve(
        &self,
        packager: &str,
        architecture: &str,
        request: &VersionRequest,
        host: &Host,
    ) -> Result<ResolvedPlatform, ResolveError> {
        let package = self.package(packager).ok_or_else(|| ResolveError::UnknownPackage {
            packager: packager.to_owned(),
            hint: hint(packager, self.packages().map(|package| package.info().name.as_str())),
        })?;
        let releases = package.platform_releases(architecture);
        if releases.is_empty() {
            return Err(ResolveError::UnknownArchitecture {
                packager: packager.to_owned(),
                architecture: architecture.to_owned(),
                hint: hint(architecture, package.architectures()),
            });
        }
        let core = Core { catalog: self, package, name: format!("{packager}:{architecture}"), host };
        match request {
            VersionRequest::Exact(version) => match package.platform(architecture, version) {
                Some(release) => core.platform(release),
                None => Err(ResolveError::UnknownVersion {
                    core: core.name,
                    version: version.to_string(),
                    newest: versions(&releases),
                }),
            },
            VersionRequest::Newest => core.newest(&releases, ""),
            VersionRequest::Range(range) => {
                let inside: Vec<_> =
                    releases.iter().copied().filter(|it| range.matches(&it.version)).collect();
                if inside.is_empty() {
                    return Err(ResolveError::NoVersionInRange {
                        core: core.name,
                        range: range.to_string(),
                        newest: versions(&releases),
                    });
                }
                core.newest(&inside, &format!(" in the range `{range}`"))
            }
        }
    }
}

/// A core to be resolved.
struct Core<'a> {
    catalog: &'a PackageCatalog,
    package: &'a CatalogPackage,
    /// `vendor:arch`.
    name: String,
    host: &'a Host,
}

impl Core<'_> {
    /// Resolves the first of `releases` that the host can use. There is at least one release.
    fn newest(
        &self,
        releases: &[&Arc<PlatformRelease>],
        range: &str,
    ) -> Result<ResolvedPlatform, ResolveError> {
        let mut skipped = Vec::new();
        for release in releases {
            match self.platform(release) {
                Ok(platform) => return Ok(ResolvedPlatform { skipped, ..platform }),
                Err(error) => skipped.push(error),
            }
        }
        match (skipped.len(), skipped.into_iter().next()) {
            (2.., Some(newest)) => Err(ResolveError::NoneForHost {
                core: self.name.clone(),
                range: range.to_owned(),
                host: self.host.clone(),
                newest: Box::new(newest),
            }),
            (_, Some(only)) => Err(only),
            (_, None) => Err(ResolveError::UnknownVersion {
                core: self.name.clone(),
                version: "*".to_owned(),
                newest: few([]),
            }),
        }
    }

    fn platform(&self, release: &Arc<PlatformRelease>) -> Result<ResolvedPlatform, ResolveError> {
        complete(&self.release(release), &release.version, &release.archive)?;
        let mut tools: Vec<ResolvedTool> = Vec::new();
        for dependency in &release.tools {
            let tool = self.tool(release, dependency)?;
            if !tools.contains(&tool) {
                tools.push(tool);
            }
        }
        let mut upload_tools: Vec<ResolvedTool> = Vec::new();
        for name in release.discoveries.iter().chain(&release.monitors) {
            upload_tools.extend(self.newest_tool(name).filter(|it| !upload_tools.contains(it)));
        }
        Ok(ResolvedPlatform {
            package: self.package.info().clone(),
            release: Arc::clone(release),
            tools,
            upload_tools,
            skipped: Vec::new(),
        })
    }

    /// Returns the core with its version for a message.
    fn release(&self, release: &PlatformRelease) -> String {
        format!("core `{}` {}", self.name, release.version).trim_end().to_owned()
    }

    fn tool(&self, release: &PlatformRelease, tool: &RequiredTool) -> Result<ResolvedTool, ResolveError> {
        let missing = |missing, hint| ResolveError::MissingTool {
            release: self.release(release),
            tool: Box::new(tool.clone()),
            missing,
            hint,
        };
        let Some(package) = self.catalog.package(&tool.packager) else {
            let known = self.catalog.packages().map(|package| package.info().name.as_str());
            return Err(missing("that package", hint(&tool.packager, known)));
        };
        let releases = package.tool_releases(&tool.name);
        if releases.is_empty() {
            return Err(missing("that tool", hint(&tool.name, package.tool_names())));
        }
        let Some(found) = package.tool(&tool.name, &tool.version) else {
            let newest = few(releases.iter().map(|release| release.version.as_str()));
            return Err(missing("that version", format!("; its newest versions: {newest}")));
        };
        let Some(system) = self.host.choose(&found.systems) else {
            return Err(ResolveError::NoArchiveForHost {
                release: self.release(release),
                tool: Box::new(tool.clone()),
                host: self.host.clone(),
                hosts: hosts(&found.systems),
            });
        };
        Ok(ResolvedTool {
            package: package.info().clone(),
            release: Arc::clone(found),
            system: system.clone(),
        })
    }

    /// Returns the newest release of a discovery or monitor, if the host can use it.
    fn newest_tool(&self, name: &ToolName) -> Option<ResolvedTool> {
        let package = self.catalog.package(&name.packager)?;
        let release = *package.tool_releases(&name.name).first()?;
        let system = self.host.choose(&release.systems)?;
        complete(&name.to_string(), &release.version, &system.archive).ok()?;
        Some(ResolvedTool {
            package: package.info().clone(),
            release: Arc::clone(release),
            system: system.clone(),
        })
    }
}

/// Checks that an entry can be downloaded and has a directory name.
fn complete(what: &str, version: &RelaxedVersion, archive: &IndexedArchive) -> Result<(), ResolveError> {
    let missing = match (version.as_str(), archive.url.as_str()) {
        ("", _) => "version",
        (_, "") => "URL",
        _ => return Ok(()),
    };
    Err(ResolveError::Incomplete { what: what.to_owned(), missing })
}

/// Returns the newest few versions for a message.
fn versions(releases: &[&Arc<PlatformRelease>]) -> String {
    few(releases.iter().map(|release| release.version.as_str()))
}

impl FromStr for VersionRequest {
    type Err = RangeError;

    /// Parses a semantic version as an exact one, and any other text as a range.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let version = RelaxedVersion::new(text.trim());
        if version.is_semantic() && !version.as_str().is_empty() {
            return Ok(Self::Exact(version));
        }
        text.parse().map(Self::Range)
    }
}

impl fmt::Display for VersionRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newest => f.write_str("newest"),
            Self::Exact(version) => version.fmt(f),
            Self::Range(range) => range.fmt(f),
        }
    }
}
