//! A request for a core, resolved in a catalog.

use super::super::error::InstallError;
use super::super::package_index::{Host, PackageCatalog, ResolvedPlatform, VersionRequest};
use crate::versions::VersionRange;

/// A core of an index, as a matrix asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CoreRequest {
    /// `vendor:arch`.
    pub(crate) name: String,
    /// The allowed versions; `None` for any.
    pub(crate) version: Option<VersionRange>,
}

/// Displays the request in the user's words.
impl std::fmt::Display for CoreRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "core {}", self.name)?;
        self.version.as_ref().map_or(Ok(()), |version| write!(f, " {version}"))
    }
}

/// Chooses the release of a core, and the archives of its tools, for this machine.
///
/// # Errors
/// [`InstallError::Index`] where the catalog has no such release, or a tool of it is missing.
pub(crate) fn resolve_core(
    request: &CoreRequest,
    catalog: &PackageCatalog,
) -> Result<ResolvedPlatform, InstallError> {
    let (packager, architecture) = request.name.split_once(':').unwrap_or((&request.name, ""));
    let wanted = match &request.version {
        None => VersionRequest::Newest,
        Some(range) => match range.exact() {
            Some(version) => VersionRequest::Exact(version.clone()),
            None => VersionRequest::Range(range.clone()),
        },
    };
    catalog
        .resolve(packager, architecture, &wanted, &Host::current())
        .map_err(|error| InstallError::Index { what: request.to_string(), detail: error.to_string() })
}
