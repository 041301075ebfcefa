//! Installs the platforms of profiles: each in exactly one version, beside other versions of the same core.

use indexmap::IndexMap;

use super::cores::IndexedCores;
use super::error::SetupError;
use super::lock::LockUse;
use crate::matrix::{Matrix, PinnedPlatform};
use crate::provide::download::Downloader;
use crate::provide::package_index::ResolvedPlatform;
use crate::provide::{InstallContext, InstalledCore};

/// The platforms of the profiles of a matrix.
pub(super) struct ProfileCores<'a> {
    profiles: Vec<(&'a [PinnedPlatform], IndexedCores<'a>)>,
}

impl<'a> ProfileCores<'a> {
    pub(super) fn of(matrix: &'a Matrix, downloader: &'a Downloader, cx: &'a InstallContext) -> Self {
        let profile = |platforms| (platforms, IndexedCores::of_profile(platforms, downloader, cx));
        Self { profiles: matrix.pinned_platforms().into_iter().map(profile).collect() }
    }

    /// Resolves every platform. Returns those of each profile.
    ///
    /// # Errors
    /// A platform or a tool is unavailable.
    pub(super) async fn resolve(
        &mut self,
        lock: &mut LockUse,
    ) -> Result<Vec<Vec<ResolvedPlatform>>, SetupError> {
        let mut resolved = Vec::with_capacity(self.profiles.len());
        for (_, cores) in &mut self.profiles {
            resolved.push(cores.resolve(lock).await?);
        }
        Ok(resolved)
    }

    /// Installs resolved platforms with their tools. Returns them by [`PinnedPlatform::key`].
    ///
    /// # Errors
    /// Whatever prevents an installation.
    pub(super) async fn fetch(
        &self,
        resolved: &[Vec<ResolvedPlatform>],
    ) -> Result<IndexMap<String, InstalledCore>, SetupError> {
        let mut installed = IndexMap::new();
        for ((pinned, cores), platforms) in self.profiles.iter().zip(resolved) {
            let mut fetched = cores.fetch(platforms).await?;
            let keyed = pinned.iter().filter_map(|it| Some((it.key(), fetched.swap_remove(&it.name)?)));
            installed.extend(keyed);
        }
        Ok(installed)
    }
}
