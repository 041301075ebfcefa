//! The interface between a run and the sources of cores and tools. Knows no source.
//!
//! A new source, such as a zip archive, takes three steps:
//!
//! 1. a module beside `apt`, `path` and `pypi`, with a type that implements [`Provider`];
//! 2. a word for it in the matrix: `RawProvider` and `RawCore` in `matrix::schema`, `matrix::Provider` for cores and
//!    `matrix::Tool` for tools, and the step between them, `Resolver::core` in `matrix::resolve`;
//! 3. a branch for that word where a run sets up its cores and tools: `core` and `bring_in_tool` in `session::setup`.
//!
//! The source's files in the cache directory are named in `CacheLayout::packages`, for `cache stats` and `cache clear`.

use std::fmt::Display;

use super::context::InstallContext;
use super::error::InstallError;
use super::installed::InstalledPackages;
use crate::event::EventKind;

/// A source of cores, tools or packages.
pub(super) trait Provider {
    /// A request as the matrix states it.
    type Request;
    /// The request made exact: names, versions and hashes as far as the source knows them before it fetches. A lock
    /// file would record this.
    type Locked;
    /// The result on this disk.
    type Installed;

    /// Checks a request and makes it exact. Installs nothing.
    ///
    /// # Errors
    /// The request names something that this source does not have.
    async fn resolve(
        &self,
        request: Self::Request,
        cx: &InstallContext,
    ) -> Result<Self::Locked, InstallError>;

    /// Returns an existing installation; otherwise downloads, verifies and installs the packages.
    ///
    /// Concurrent runs install once, and an interrupted installation is never taken for a complete one.
    ///
    /// # Errors
    /// [`InstallError::Offline`] where it is not installed and `cx.offline`; otherwise whatever prevents the
    /// installation.
    async fn fetch(&self, locked: Self::Locked, cx: &InstallContext)
    -> Result<Self::Installed, InstallError>;
}

/// Packages that a provider fetched, or found installed.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) packages: InstalledPackages,
    /// Whether an earlier run, or another one at the same time, had installed them.
    pub(super) was_installed: bool,
    /// Addition to the log's line about them; usually empty.
    pub(super) remark: String,
}

/// Resolves and fetches packages, and reports begin and end as events. A request is displayed in the user's words.
///
/// # Errors
/// Those of the provider.
pub(super) async fn install<P>(
    provider: &P,
    request: P::Request,
    cx: &InstallContext,
) -> Result<InstalledPackages, InstallError>
where
    P: Provider<Request: Display, Installed = Fetched>,
{
    let what = request.to_string();
    cx.events.say(EventKind::SetupStarted { what: what.clone() });
    let locked = provider.resolve(request, cx).await?;
    let Fetched { packages, was_installed, remark } = provider.fetch(locked, cx).await?;
    let versions = packages.versions.iter().map(|(name, version)| format!("{name} {version}"));
    let versions: Vec<String> = versions.collect();
    let how = if was_installed { "already installed: " } else { "" };
    let detail = format!("{how}{}{remark}", versions.join(", "));
    let brief = versions.into_iter().next().unwrap_or_default();
    cx.events.say(EventKind::SetupFinished { what, brief, detail });
    Ok(packages)
}
