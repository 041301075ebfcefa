//! Installs what a matrix needs before planning: cores, tools, libraries, examples.

mod cores;
mod downloads;
mod error;
mod libraries;
mod lock;
mod lookup;
mod needs;
mod profiles;
mod python;
mod tools;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use self::cores::IndexedCores;
use self::downloads::downloader;
pub use self::error::SetupError;
use self::libraries::MatrixLibraries;
use self::lock::LockUse;
pub use self::lock::Locking;
pub use self::lookup::{OfferedCore, offered_core};
pub use self::needs::{Missing, Needs, needs};
use self::profiles::ProfileCores;
use self::python::{PythonPackages, lock_packages};
use self::tools::{Tools, bring_in_tools, directories};
use crate::event::UsedPackage;
use crate::fs::make_own_directory;
use crate::matrix::{BUILTIN, Board, Matrix, Provider, SketchRoots};
use crate::plan::LibraryRoot;
use crate::provide::arduino_directory::ArduinoDirectory;
use crate::provide::index::{CoreRequest, IndexAddress};
use crate::provide::locate::{Places, candidates};
use crate::provide::locked::Locked;
use crate::provide::{
    DataDirRequest, InstallContext, InstalledCore, apt, installed_core, path, referenced_vendors,
};

/// The installed cores and libraries, and the directories for sketches.
#[derive(Debug, Default)]
pub struct Installed {
    /// Cores by `vendor:arch`; those of which a board has its own version by
    /// [`PinnedPlatform::key`](crate::matrix::PinnedPlatform::key).
    pub cores: IndexMap<String, InstalledCore>,
    /// Directories that `from` can name.
    pub roots: SketchRoots,
    /// Directories that are searched for libraries, in the order of the matrix.
    pub libraries: Vec<LibraryRoot>,
    /// Everything that was resolved by an index or a lock file.
    pub locked: Locked,
    /// A line for each request that the lock file does not answer.
    pub not_locked: Vec<String>,
    /// Cores, tools and libraries with their versions and boards, for reports.
    pub packages: Vec<UsedPackage>,
}

/// Installs every core that a board or a sketch of the matrix needs, the libraries and the examples.
///
/// # Errors
/// A core, a tool, a library or the examples are unavailable, or the lock file forbids them.
pub async fn bring_in(
    matrix: &Matrix,
    locking: Locking,
    cx: &InstallContext,
) -> Result<Installed, SetupError> {
    // If the directory can't be created, the first write into it reports the error.
    let _ = make_own_directory(&cx.cache_dir);
    let mut lock = LockUse::open(matrix.path(), locking)?;
    let remembered = ArduinoDirectory::new(&cx.cache_dir).remembered(matrix.path());
    lock.recall(&remembered);
    let downloader = downloader(Some(matrix), cx);
    let mut indexed = IndexedCores::of_matrix(matrix, &downloader, cx);
    let mut profiles = ProfileCores::of(matrix, &downloader, cx);
    let mut libraries = MatrixLibraries::new(matrix, &downloader, cx);
    let platforms = indexed.resolve(&mut lock).await?;
    let pinned = profiles.resolve(&mut lock).await?;
    let resolved = libraries.resolve(&mut lock).await?;
    let python = PythonPackages::of_lock(matrix, &mut lock);
    lock.check()?;
    lock.remember(&remembered);
    let (indexed, pinned, libraries, others) = tokio::try_join!(
        async { indexed.fetch(&platforms).await.map_err(SetupError::from) },
        profiles.fetch(&pinned),
        async { libraries.fetch(&resolved).await },
        other_cores(matrix, &python, cx),
    )?;
    let mut cores = others;
    cores.extend(indexed);
    cores.extend(pinned);
    let libraries_used = resolved.used(matrix);
    let mut installed = Installed { libraries, not_locked: lock.differences, ..Installed::default() };
    for (name, core) in &cores {
        installed.roots.insert(name.clone(), core.platform_dir.clone());
    }
    installed.packages = used_packages(matrix, &cores, libraries_used);
    installed.cores = cores;
    installed.locked = lock.used;
    installed.locked.normalise();
    if matrix.needs_builtin_examples() {
        installed.roots.insert(BUILTIN.to_owned(), apt::install_builtin_examples(cx).await?);
    }
    Ok(installed)
}

/// Returns the cores, tools and libraries with the boards that use them.
fn used_packages(
    matrix: &Matrix,
    cores: &IndexMap<String, InstalledCore>,
    libraries: Vec<UsedPackage>,
) -> Vec<UsedPackage> {
    let mut packages = Vec::new();
    for (key, core) in cores {
        let is_used = |board: &Board| match board.pinned_platforms() {
            [] => *key == core.name && board.fqbn.value.core_name() == core.name,
            platforms => platforms.iter().any(|platform| platform.key() == *key),
        };
        let boards = matrix.boards.iter().filter(|(_, board)| is_used(board));
        let boards: Vec<Arc<str>> = boards.map(|(name, _)| name.clone()).collect();
        for (name, version) in &core.versions {
            let kind = if *name == core.name { "core" } else { "tool" };
            let (name, version, boards) = (name.clone(), version.clone(), boards.clone());
            packages.push(UsedPackage { kind: kind.to_owned(), name, version, boards });
        }
    }
    packages.extend(libraries);
    packages
}

/// Resolves everything that a lock file of the matrix names. Installs only what is needed for that: cores without tools,
/// libraries of Git repositories and archives.
///
/// # Errors
/// A core, a tool or a library is unavailable.
pub async fn lock_matrix(
    matrix: &Matrix,
    locking: Locking,
    cx: &InstallContext,
) -> Result<Locked, SetupError> {
    // If the directory can't be created, the first write into it reports the error.
    let _ = make_own_directory(&cx.cache_dir);
    let mut lock = LockUse::open(matrix.path(), locking)?;
    let downloader = downloader(Some(matrix), cx);
    IndexedCores::of_matrix(matrix, &downloader, cx).resolve(&mut lock).await?;
    ProfileCores::of(matrix, &downloader, cx).resolve(&mut lock).await?;
    MatrixLibraries::new(matrix, &downloader, cx).resolve(&mut lock).await?;
    lock_packages(matrix, &mut lock, &downloader, cx).await?;
    lock.check()?;
    let mut locked = lock.used;
    locked.version = Locked::new().version;
    locked.normalise();
    Ok(locked)
}

/// Installs cores of package indexes by their names. `urls` are indexes beside Arduino's.
///
/// # Errors
/// A core or a tool is unavailable.
pub(crate) async fn install_cores(
    requests: Vec<CoreRequest>,
    urls: &[String],
    cx: &InstallContext,
) -> Result<IndexMap<String, InstalledCore>, SetupError> {
    let downloader = downloader(None, cx);
    let addresses = urls.iter().map(|url| IndexAddress { url: url.clone(), key: None }).collect();
    let mut indexed = IndexedCores::named(requests, addresses, &downloader, cx);
    let platforms = indexed.resolve(&mut LockUse::none()).await?;
    Ok(indexed.fetch(&platforms).await?)
}

/// Installs the cores that do not come from an index.
async fn other_cores(
    matrix: &Matrix,
    python: &PythonPackages,
    cx: &InstallContext,
) -> Result<IndexMap<String, InstalledCore>, SetupError> {
    let is_indexed =
        |name: &str| matrix.cores.get(name).is_some_and(|core| matches!(core.provider, Provider::Index(_)));
    let mut names = matrix.core_names();
    names.extend(matrix.cores.keys().cloned());
    names.extend(matrix.needed_roots().filter(|root| *root != BUILTIN).map(str::to_owned));
    let lenders = matrix.cores.iter().filter(|(_, core)| matches!(core.provider, Provider::Apt));
    let lenders: Vec<&str> = lenders.filter_map(|(name, _)| apt::lender(name)).collect();
    names.extend(lenders.iter().map(|&name| name.to_owned()));
    let mut installed = IndexMap::new();
    let mut tools = HashMap::new();
    // In sequence: all use one package manager.
    for name in names.iter().filter(|name| !is_indexed(name)) {
        let is_lent = !matrix.cores.contains_key(name) && lenders.contains(&name.as_str());
        let core = if is_lent {
            apt::install_core(name, cx).await?
        } else {
            core(matrix, name, &mut tools, python, cx).await?
        };
        for (name, core) in lenders_in_data_dir(matrix, &core, &names).await? {
            installed.insert(name, core);
        }
        installed.insert(name.clone(), core);
    }
    Ok(installed)
}

async fn core(
    matrix: &Matrix,
    name: &str,
    there: &mut Tools,
    python: &PythonPackages,
    cx: &InstallContext,
) -> Result<InstalledCore, SetupError> {
    match matrix.cores.get(name).map(|core| &core.provider) {
        Some(Provider::Apt) => Ok(apt::install_core(name, cx).await?),
        Some(Provider::Path { dir, tools }) => {
            // Checks that need no download come first.
            let mut core = path::install_core(name, &dir.value, directories(tools), cx)
                .await
                .map_err(|error| matrix.error_at(dir.span, error.to_string(), None))?;
            bring_in_tools(&mut core, tools, there, python, cx).await?;
            Ok(core)
        }
        Some(Provider::DataDir { dir, version }) => {
            let request = DataDirRequest {
                name: name.to_owned(),
                dir: dir.as_ref().map(|dir| dir.value.clone()),
                version: version.as_ref().map(|version| version.value.clone()),
            };
            Ok(installed_core(request).await?)
        }
        // Cores of an index are installed beside these.
        Some(Provider::Installed | Provider::Index(_)) | None => newest(name, &cx.cache_dir),
    }
}

/// Returns the cores that boards of a data directory's core borrow from, out of the same directory.
async fn lenders_in_data_dir(
    matrix: &Matrix,
    core: &InstalledCore,
    names: &IndexSet<String>,
) -> Result<Vec<(String, InstalledCore)>, SetupError> {
    let Some(Provider::DataDir { dir, .. }) = matrix.cores.get(&core.name).map(|core| &core.provider) else {
        return Ok(Vec::new());
    };
    let boards = matrix.boards.values().filter(|board| board.fqbn.value.core_name() == core.name);
    let boards: Vec<String> = boards.map(|board| board.fqbn.value.board.clone()).collect();
    let arch = core.name.split_once(':').map_or("", |(_, arch)| arch);
    let mut lenders = Vec::new();
    for vendor in referenced_vendors(&core.platform_dir, &boards) {
        let name = format!("{vendor}:{arch}");
        if !names.contains(&name) {
            let dir = dir.as_ref().map(|dir| dir.value.clone());
            let request = DataDirRequest { name: name.clone(), dir, version: None };
            lenders.push((name, installed_core(request).await?));
        }
    }
    Ok(lenders)
}

/// Returns the newest installed version of a core.
fn newest(name: &str, cache: &Path) -> Result<InstalledCore, SetupError> {
    let found = candidates(name, &Places::of_this_machine(cache)).into_iter().next();
    let core = found.ok_or_else(|| SetupError::NotInstalled { core: name.to_owned() })?.core;
    ArduinoDirectory::new(cache).note_uses(&core);
    Ok(core)
}
