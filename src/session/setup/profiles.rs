//! Installs the platforms of profiles: each in exactly one version, beside other versions of the same core.

use indexmap::{IndexMap, IndexSet};

use super::cores::IndexedCores;
use super::error::SetupError;
use super::install_set::InstallSet;
use super::lock::LockUse;
use crate::matrix::{Matrix, PinnedPlatform};
use crate::provide::download::Downloader;
use crate::provide::package_index::ResolvedPlatform;
use crate::provide::{InstallContext, InstalledCore};

/// The platforms of the profiles of a matrix.
pub(super) struct ProfileCores<'a> {
    profiles: Vec<(&'a [PinnedPlatform], IndexedCores<'a>)>,
    /// Those that are not installed; `--locked` is about them, too.
    others: Vec<IndexedCores<'a>>,
}

impl<'a> ProfileCores<'a> {
    pub(super) fn of(
        matrix: &'a Matrix,
        wanted: &'a InstallSet,
        downloader: &'a Downloader,
        cx: &'a InstallContext,
    ) -> Self {
        let needed = wanted.boards_of(matrix).map(|(_, _, board)| board.pinned_platforms());
        let needed: IndexSet<&[PinnedPlatform]> = needed.collect();
        let all = matrix.pinned_platforms();
        let (needed, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|it| needed.contains(it));
        let cores = |platforms| IndexedCores::of_profile(platforms, downloader, cx);
        Self {
            profiles: needed.into_iter().map(|platforms| (platforms, cores(platforms))).collect(),
            others: others.into_iter().map(cores).collect(),
        }
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
            resolved.push(cores.resolve(lock).await?.platforms);
        }
        if lock.is_required() {
            let used = lock.used.clone();
            for cores in &mut self.others {
                cores.resolve(lock).await?;
            }
            lock.used = used;
        }
        Ok(resolved)
    }

    /// Installs resolved platforms, with or without their tools. Returns them by [`PinnedPlatform::key`].
    ///
    /// # Errors
    /// Whatever prevents an installation.
    pub(super) async fn fetch(
        &self,
        resolved: &[Vec<ResolvedPlatform>],
        without_tools: bool,
    ) -> Result<IndexMap<String, InstalledCore>, SetupError> {
        let mut installed = IndexMap::new();
        for ((pinned, cores), platforms) in self.profiles.iter().zip(resolved) {
            let mut fetched = cores.fetch(platforms, without_tools).await?;
            let keyed = pinned.iter().filter_map(|it| Some((it.key(), fetched.swap_remove(&it.name)?)));
            installed.extend(keyed);
        }
        Ok(installed)
    }
}
