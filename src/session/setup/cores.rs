//! Installs the cores of package indexes, those that they refer to, and those of data directories.

use std::time::Duration;

use futures::future::try_join_all;
use indexmap::{IndexMap, IndexSet};

use super::error::SetupError;
use super::install_set::InstallSet;
use super::lock::LockUse;
use crate::matrix::{Matrix, PinnedPlatform, Provider};
use crate::provide::download::Downloader;
use crate::provide::index::{
    CoreRequest, IndexAddress, fetch_core, fetch_core_without_tools, fetch_platform, load_catalog,
    locked_catalog, record, resolve_core,
};
use crate::provide::package_index::{PackageCatalog, ResolveError, ResolvedPlatform};
use crate::provide::{InstallContext, InstallError, InstalledCore, referenced_vendors};

/// Cores of package indexes: those of a matrix, or those that a command names.
pub(super) struct IndexedCores<'a> {
    downloader: &'a Downloader,
    cx: &'a InstallContext,
    requests: Vec<CoreRequest>,
    /// The indexes beside Arduino's, each once.
    addresses: Vec<IndexAddress>,
    /// The cores of `requests` that are not needed unless a needed board borrows from them.
    spare: IndexSet<String>,
    /// The cores that the matrix names, with any provider.
    known: IndexSet<String>,
    /// Core and name of each board that is built.
    boards: Vec<(String, String)>,
    /// The catalog of the addresses, once it is needed.
    named: Option<PackageCatalog>,
    /// The same with Arduino's index.
    all: Option<PackageCatalog>,
}

/// The resolved cores of package indexes.
#[derive(Debug, Default)]
pub(super) struct ResolvedCores {
    pub(super) platforms: Vec<ResolvedPlatform>,
    /// Cores with another provider, from which boards of these cores borrow.
    pub(super) lenders: IndexSet<String>,
}

impl<'a> IndexedCores<'a> {
    /// Returns the cores of a matrix with `provider: index`. Of these, only `needed` ones are installed.
    pub(super) fn of_matrix(
        matrix: &Matrix,
        wanted: &InstallSet,
        needed: &IndexSet<String>,
        downloader: &'a Downloader,
        cx: &'a InstallContext,
    ) -> Self {
        let indexed = matrix.cores.iter().filter_map(|(name, core)| match &core.provider {
            Provider::Index(indexed) => Some((name, indexed)),
            _ => None,
        });
        let (mut requests, mut addresses) = (Vec::new(), IndexSet::new());
        for (name, indexed) in indexed {
            let version = indexed.version.as_ref().map(|version| version.value.clone());
            requests.push(CoreRequest { name: name.clone(), version });
            let key = indexed.key.as_ref().map(|key| key.value.clone());
            let urls = indexed.urls.iter();
            addresses.extend(urls.map(|url| IndexAddress { url: url.value.clone(), key: key.clone() }));
        }
        let boards = wanted.boards_of(matrix).map(|(_, _, board)| &board.fqbn.value);
        let spare = requests.iter().map(|request| &request.name).filter(|name| !needed.contains(*name));
        Self {
            spare: spare.cloned().collect(),
            boards: boards.map(|fqbn| (fqbn.core_name(), fqbn.board.clone())).collect(),
            known: matrix.cores.keys().cloned().collect(),
            ..Self::named(requests, addresses.into_iter().collect(), downloader, cx)
        }
    }

    /// Returns the platforms of a profile. They borrow only from one another.
    pub(super) fn of_profile(
        platforms: &[PinnedPlatform],
        downloader: &'a Downloader,
        cx: &'a InstallContext,
    ) -> Self {
        let request = |platform: &PinnedPlatform| CoreRequest {
            name: platform.name.clone(),
            version: Some(platform.range()),
        };
        let urls: IndexSet<&String> = platforms.iter().filter_map(|platform| platform.url.as_ref()).collect();
        let addresses = urls.into_iter().map(|url| IndexAddress { url: url.clone(), key: None });
        Self::named(platforms.iter().map(request).collect(), addresses.collect(), downloader, cx)
    }

    /// Returns cores by name.
    pub(super) fn named(
        requests: Vec<CoreRequest>,
        addresses: Vec<IndexAddress>,
        downloader: &'a Downloader,
        cx: &'a InstallContext,
    ) -> Self {
        let (spare, known, boards) = (IndexSet::new(), IndexSet::new(), Vec::new());
        Self { downloader, cx, requests, spare, addresses, known, boards, named: None, all: None }
    }

    /// Resolves every needed core, and the cores that boards borrow from. Installs cores without their tools where only their
    /// files say what a board borrows. With `--locked`, the lock file must answer the other cores, too.
    ///
    /// # Errors
    /// A core or a tool is unavailable.
    pub(super) async fn resolve(&mut self, lock: &mut LockUse) -> Result<ResolvedCores, SetupError> {
        let is_needed = |request: &&CoreRequest| !self.spare.contains(&request.name);
        let mut waiting: Vec<CoreRequest> = self.requests.iter().filter(is_needed).rev().cloned().collect();
        let mut seen: IndexSet<String> = waiting.iter().map(|request| request.name.clone()).collect();
        let mut resolved = ResolvedCores::default();
        while let Some(request) = waiting.pop() {
            let Some(platform) = self.resolve_one(&request, lock).await? else { continue };
            for name in self.references(&request.name, &platform).await? {
                if !seen.insert(name.clone()) {
                    continue;
                }
                match self.requests.iter().find(|request| request.name == name) {
                    Some(spare) => waiting.push(spare.clone()),
                    None if self.known.contains(&name) => drop(resolved.lenders.insert(name)),
                    None => waiting.push(CoreRequest { name, version: None }),
                }
            }
            record(&platform, &mut lock.used);
            resolved.platforms.push(platform);
        }
        if lock.is_required() {
            let others: Vec<_> =
                self.requests.iter().filter(|it| !seen.contains(&it.name)).cloned().collect();
            for request in others {
                self.resolve_one(&request, lock).await?;
            }
        }
        Ok(resolved)
    }

    /// Returns the release of a core: that of the lock file if it fits, or else the newest of the indexes; `None` where
    /// `--locked` forbids the latter.
    async fn resolve_one(
        &mut self,
        request: &CoreRequest,
        lock: &mut LockUse,
    ) -> Result<Option<ResolvedPlatform>, SetupError> {
        let known = resolve_core(request, &locked_catalog(&lock.known));
        if let Ok(platform) = known {
            return Ok(Some(platform));
        }
        let difference = |lock: &LockUse| {
            let versions = lock.known.cores.iter().filter(|core| core.name == request.name);
            let versions: Vec<&str> = versions.map(|core| core.version.as_str()).collect();
            match versions.as_slice() {
                [] => format!("{request} is not in the lock file"),
                versions => format!("{request} is asked for, the lock file has {}", versions.join(", ")),
            }
        };
        if !lock.may_resolve(difference) {
            return Ok(None);
        }
        Ok(Some(self.by_indexes(request, lock.max_age()).await?))
    }

    /// Resolves a core by the indexes that the matrix names, or with Arduino's where they do not suffice.
    async fn by_indexes(
        &mut self,
        request: &CoreRequest,
        max_age: Duration,
    ) -> Result<ResolvedPlatform, InstallError> {
        let addresses = self.addresses.clone();
        let mut first = None;
        if !addresses.is_empty() {
            if self.named.is_none() {
                self.named = Some(load_catalog(&addresses, max_age, self.downloader, self.cx).await?);
            }
            let named = self.named.as_ref().map(|catalog| resolve_core(request, catalog));
            match named {
                // A newer release may only lack tools that Arduino's index has.
                Some(Ok(platform)) if !platform.skipped.iter().any(lacks_tool) => return Ok(platform),
                Some(Ok(_)) | None => {}
                Some(Err(error)) => first = Some(error),
            }
        }
        if self.all.is_none() {
            let all: Vec<IndexAddress> = std::iter::once(IndexAddress::arduino()).chain(addresses).collect();
            match load_catalog(&all, max_age, self.downloader, self.cx).await {
                Ok(catalog) => self.all = Some(catalog),
                Err(error) => {
                    return Err(match first {
                        Some(first) => both(request, &first, &error),
                        None => error,
                    });
                }
            }
        }
        match &self.all {
            Some(catalog) => resolve_core(request, catalog),
            None => Err(InstallError::Cancelled { what: request.to_string() }),
        }
    }

    /// Returns the cores that boards of the matrix borrow from, by `vendor:arch`.
    async fn references(&self, name: &str, platform: &ResolvedPlatform) -> Result<Vec<String>, InstallError> {
        let boards = self.boards.iter().filter(|(core, _)| core == name);
        let boards: Vec<String> = boards.map(|(_, board)| board.clone()).collect();
        if boards.is_empty() {
            return Ok(Vec::new());
        }
        let dir = fetch_platform(platform, self.downloader, self.cx).await?;
        let vendors = referenced_vendors(&dir, &boards);
        let arch = &platform.release.architecture;
        Ok(vendors.into_iter().map(|vendor| format!("{vendor}:{arch}")).collect())
    }

    /// Installs resolved cores, with or without their tools, all at the same time.
    ///
    /// # Errors
    /// Whatever prevents an installation.
    pub(super) async fn fetch(
        &self,
        platforms: &[ResolvedPlatform],
        without_tools: bool,
    ) -> Result<IndexMap<String, InstalledCore>, InstallError> {
        let fetched = platforms.iter().map(async |platform| {
            if without_tools {
                fetch_core_without_tools(platform, self.downloader, self.cx).await
            } else {
                fetch_core(platform, self.downloader, self.cx).await
            }
        });
        let cores = try_join_all(fetched).await?;
        Ok(cores.into_iter().map(|core| (core.name.clone(), core)).collect())
    }
}

fn lacks_tool(error: &ResolveError) -> bool {
    matches!(error, ResolveError::MissingTool { .. })
}

/// Returns the error of a core that the indexes of the matrix lack, while Arduino's index is unavailable.
fn both(request: &CoreRequest, first: &InstallError, arduino: &InstallError) -> InstallError {
    let detail = format!("{first}\nArduino's own index is unavailable: {arduino}");
    InstallError::Index { what: request.to_string(), detail }
}
