//! The entries of a package index as plain values. Knows neither JSON nor how files are merged.

use std::fmt;

use super::entry::DroppedEntry;
use crate::provide::versions::RelaxedVersion;

/// One package index file.
#[derive(Debug, Clone, Default)]
pub struct IndexFile {
    /// Packages in the order of the file.
    pub packages: Vec<IndexPackage>,
    /// Entries that could not be used, in the order of the file.
    pub dropped: Vec<DroppedEntry>,
}

/// A package in one index file: a vendor with its platforms and tools.
#[derive(Debug, Clone, Default)]
pub struct IndexPackage {
    /// Name and contact data.
    pub info: PackageInfo,
    /// Platform releases in the order of the file.
    pub platforms: Vec<PlatformRelease>,
    /// Tool releases in the order of the file.
    pub tools: Vec<ToolRelease>,
}

/// Name and contact data of a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackageInfo {
    /// Vendor part of an FQBN, and directory name.
    pub name: String,
    /// Maintainer, for display.
    pub maintainer: String,
    /// Web site.
    pub website_url: String,
    /// URL of the index file, as the file itself states it.
    pub url: String,
    /// Address of the maintainer.
    pub email: String,
    /// URL of the online help.
    pub help: String,
}

/// One version of a platform (a core).
#[derive(Debug, Clone)]
pub struct PlatformRelease {
    /// Display name.
    pub name: String,
    /// Architecture part of an FQBN, and directory name.
    pub architecture: String,
    /// Version; always semantic.
    pub version: RelaxedVersion,
    /// Whether the maintainer discourages its use.
    pub deprecated: bool,
    /// `Arduino`, `Contributed` and others, for display.
    pub category: String,
    /// URL of the online help.
    pub help: String,
    /// Archive of the platform's files.
    pub archive: IndexedArchive,
    /// Boards, for display; `boards.txt` is authoritative.
    pub boards: Vec<IndexedBoard>,
    /// Tools with exact versions.
    pub tools: Vec<RequiredTool>,
    /// Pluggable discoveries; always the latest version.
    pub discoveries: Vec<ToolName>,
    /// Pluggable monitors; always the latest version.
    pub monitors: Vec<ToolName>,
    /// Libraries with minimum versions.
    pub libraries: Vec<RequiredLibrary>,
}

/// One version of a tool, with an archive for each kind of host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolRelease {
    /// Name and directory name.
    pub name: String,
    /// Version: any text, and directory name.
    pub version: RelaxedVersion,
    /// Archives in the order of the index.
    pub systems: Vec<ToolSystem>,
}

/// A tool's archive for one kind of host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolSystem {
    /// Host triple, such as `x86_64-pc-linux-gnu`, or `all`.
    pub host: String,
    /// Archive for these hosts.
    pub archive: IndexedArchive,
}

/// A downloadable file as an index describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedArchive {
    /// URL.
    pub url: String,
    /// File name in the download directory.
    pub file_name: String,
    /// Size in bytes, if the index states a number. Only a hint: the checksum decides.
    pub size: Option<u64>,
    /// `ALGORITHM:hex`, unchecked, since an entry for another host may be wrong.
    pub checksum: String,
}

/// A board in an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedBoard {
    /// Display name.
    pub name: String,
    /// USB identifiers, `VID:PID`.
    pub usb: Vec<String>,
}

/// An exact version of a tool that a platform depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredTool {
    /// Package of the tool; may differ from the platform's package.
    pub packager: String,
    /// Name of the tool.
    pub name: String,
    /// Version.
    pub version: RelaxedVersion,
}

/// A discovery or monitor that a platform depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolName {
    /// Package of the tool.
    pub packager: String,
    /// Name of the tool.
    pub name: String,
}

/// A library that a platform depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredLibrary {
    /// Name in the library index.
    pub name: String,
    /// Minimum version.
    pub version: RelaxedVersion,
}

impl fmt::Display for RequiredTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}@{}", self.packager, self.name, self.version)
    }
}

impl fmt::Display for ToolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.packager, self.name)
    }
}
