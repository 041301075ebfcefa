//! Errors of a resolution. Each message names the failure and, on a second line, how to fix it.

use super::host::Host;
use super::model::{RequiredTool, ToolSystem};
use crate::nearest::{quoted, suggestion};

/// Limit of the versions and hosts that a message lists.
const MOST: usize = 8;

/// Error of resolving a core.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// No index has the package.
    #[error("no package index has a package {}{hint}\nadd the index that has it: `url` of the core in the matrix", quoted(.packager))]
    UnknownPackage {
        /// Vendor part of the core's name.
        packager: String,
        /// Known names, or empty.
        hint: String,
    },
    /// The package has no platform for the architecture.
    #[error("package {} has no platform {}{hint}", quoted(.packager), quoted(.architecture))]
    UnknownArchitecture {
        /// The package.
        packager: String,
        /// Architecture part of the core's name.
        architecture: String,
        /// Known names, or empty.
        hint: String,
    },
    /// The platform has no such release.
    #[error("core `{core}` has no version {}; its newest versions: {newest}\nname one of them in the matrix", quoted(.version))]
    UnknownVersion {
        /// `vendor:arch`.
        core: String,
        /// Requested version.
        version: String,
        /// Newest few versions, comma-separated.
        newest: String,
    },
    /// No release is in the requested range.
    #[error("core `{core}` has no version in the range {}; its newest versions: {newest}\nwiden the range in the matrix", quoted(.range))]
    NoVersionInRange {
        /// `vendor:arch`.
        core: String,
        /// Requested range.
        range: String,
        /// Newest few versions, comma-separated.
        newest: String,
    },
    /// No index has a tool that the release depends on.
    #[error("{release} needs tool `{tool}`, and no package index has {missing}{hint}\nadd the index of package {}, or choose another version", quoted(&.tool.packager))]
    MissingTool {
        /// The core with its version.
        release: String,
        /// The dependency.
        tool: Box<RequiredTool>,
        /// The missing part: the package, the tool or the version.
        missing: &'static str,
        /// Known names or versions, or empty.
        hint: String,
    },
    /// A tool has no archive for the host.
    #[error(
        "{release} needs tool `{tool}`, which has no archive for {host}; it has: {hosts}\nchoose another version, or build on one of these hosts"
    )]
    NoArchiveForHost {
        /// The core with its version.
        release: String,
        /// The dependency.
        tool: Box<RequiredTool>,
        /// The host.
        host: Host,
        /// Host triples that have an archive, comma-separated.
        hosts: String,
    },
    /// An entry of the index is incomplete.
    #[error(
        "{what}: the package index states no {missing}\nchoose another version, or report it to the maintainer of the index"
    )]
    Incomplete {
        /// The platform or tool with its version.
        what: String,
        /// `version` or `URL`.
        missing: &'static str,
    },
    /// None of several releases can be used on the host.
    #[error("no version of core `{core}`{range} can be installed on {host}; the newest of them: {newest}")]
    NoneForHost {
        /// `vendor:arch`.
        core: String,
        /// ` in the range …`, or empty.
        range: String,
        /// The host.
        host: Host,
        /// Error of the newest release.
        newest: Box<ResolveError>,
    },
}

/// Returns `; did you mean …?` or the list of the few known names; or nothing.
pub(super) fn hint<'c>(word: &str, known: impl IntoIterator<Item = &'c str>) -> String {
    suggestion(word, known).map(|it| format!("; {it}")).unwrap_or_default()
}

/// Returns the first few items of a list for a message.
pub(super) fn few<'t>(items: impl IntoIterator<Item = &'t str>) -> String {
    let mut items = items.into_iter();
    let shown: Vec<&str> = items.by_ref().take(MOST).collect();
    let more = items.count();
    match (shown.as_slice(), more) {
        ([], _) => "none".to_owned(),
        (shown, 0) => shown.join(", "),
        (shown, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Returns the host triples of a tool's archives for a message.
pub(super) fn hosts(systems: &[ToolSystem]) -> String {
    few(systems.iter().map(|system| system.host.as_str()))
}
