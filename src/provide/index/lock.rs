//! Resolved platforms as entries of a lock file, and back.

use super::super::locked::{Locked, LockedArchive, LockedCore, LockedHost, LockedTool};
use super::super::package_index::{
    IndexFile, IndexPackage, IndexedArchive, PackageCatalog, PackageInfo, PlatformRelease, RequiredTool,
    ResolvedPlatform, ToolRelease, ToolSystem,
};
use crate::versions::RelaxedVersion;

/// Adds a resolved platform and its tools, for all hosts, to a lock.
pub(crate) fn record(platform: &ResolvedPlatform, locked: &mut Locked) {
    let ResolvedPlatform { package, release, tools, .. } = platform;
    locked.cores.push(LockedCore {
        name: format!("{}:{}", package.name, release.architecture),
        version: release.version.to_string(),
        title: release.name.clone(),
        index: package.url.clone(),
        archive: archive(&release.archive),
        tools: release.tools.iter().map(ToString::to_string).collect(),
    });
    for tool in tools {
        locked.tools.push(LockedTool {
            name: format!("{}:{}", tool.package.name, tool.release.name),
            version: tool.release.version.to_string(),
            hosts: tool.release.systems.iter().map(host).collect(),
        });
    }
}

/// Returns the catalog of the cores and tools of a lock.
pub(crate) fn locked_catalog(locked: &Locked) -> PackageCatalog {
    let mut catalog = PackageCatalog::default();
    for core in &locked.cores {
        let (packager, architecture) = split(&core.name);
        let release = PlatformRelease {
            name: core.title.clone(),
            architecture: architecture.to_owned(),
            version: RelaxedVersion::new(core.version.as_str()),
            deprecated: false,
            category: String::new(),
            help: String::new(),
            archive: indexed(&core.archive),
            boards: Vec::new(),
            tools: core.tools.iter().filter_map(|tool| required(tool)).collect(),
            discoveries: Vec::new(),
            monitors: Vec::new(),
            libraries: Vec::new(),
        };
        add(&mut catalog, packager, Some(&core.index), |package| package.platforms.push(release));
    }
    for tool in &locked.tools {
        let (packager, name) = split(&tool.name);
        let version = RelaxedVersion::new(tool.version.as_str());
        let release = ToolRelease { name: name.to_owned(), version, systems: systems(tool) };
        add(&mut catalog, packager, None, |package| package.tools.push(release));
    }
    catalog
}

/// Returns the archives of a tool as its index has them.
pub(in crate::provide) fn systems(tool: &LockedTool) -> Vec<ToolSystem> {
    let system = |it: &LockedHost| ToolSystem { host: it.host.clone(), archive: indexed(&it.archive) };
    tool.hosts.iter().map(system).collect()
}

/// Adds one entry of a package. The address of its index is that of the last core.
fn add(
    catalog: &mut PackageCatalog,
    packager: &str,
    index: Option<&str>,
    fill: impl FnOnce(&mut IndexPackage),
) {
    let url = index.or_else(|| Some(catalog.package(packager)?.info().url.as_str())).unwrap_or_default();
    let info = PackageInfo { name: packager.to_owned(), url: url.to_owned(), ..PackageInfo::default() };
    let mut package = IndexPackage { info, ..IndexPackage::default() };
    fill(&mut package);
    catalog.add(IndexFile { packages: vec![package], dropped: Vec::new() }, None);
}

fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or((name, ""))
}

/// Returns the dependency `packager:name@version`.
fn required(text: &str) -> Option<RequiredTool> {
    let (name, version) = text.split_once('@')?;
    let (packager, name) = name.split_once(':')?;
    let version = RelaxedVersion::new(version);
    Some(RequiredTool { packager: packager.to_owned(), name: name.to_owned(), version })
}

fn host(system: &ToolSystem) -> LockedHost {
    LockedHost { host: system.host.clone(), archive: archive(&system.archive) }
}

/// Returns an archive of an index as a lock file describes it.
pub(in crate::provide) fn archive(archive: &IndexedArchive) -> LockedArchive {
    LockedArchive {
        url: archive.url.clone(),
        file: archive.file_name.clone(),
        size: archive.size,
        checksum: archive.checksum.clone(),
    }
}

fn indexed(archive: &LockedArchive) -> IndexedArchive {
    IndexedArchive {
        url: archive.url.clone(),
        file_name: archive.file.clone(),
        size: archive.size,
        checksum: archive.checksum.clone(),
    }
}
