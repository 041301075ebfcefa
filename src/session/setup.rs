//! Installs what a matrix needs before planning: cores, tools, libraries, examples.

mod cores;
mod downloads;
mod error;
mod install_set;
mod lenders;
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
pub use self::install_set::InstallSet;
use self::lenders::{lenders_in_data_dir, lenders_on_disk};
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
use crate::provide::{DataDirRequest, InstallContext, InstalledCore, apt, installed_core, path};

/// The installed cores and libraries, and the directories for sketches.
#[derive(Debug, Default)]
pub struct Installed {
    /// The boards whose cores and libraries are installed.
    pub boards: IndexSet<Arc<str>>,
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

/// Installs the cores, libraries and examples that the boards and roots of `wanted` need. With `--locked`, the lock file
/// must answer the whole matrix.
///
/// # Errors
/// A core, a tool, a library or the examples are unavailable, or the lock file forbids them.
pub async fn bring_in(
    matrix: &Matrix,
    wanted: &InstallSet,
    locking: Locking,
    cx: &InstallContext,
) -> Result<Installed, SetupError> {
    // If the directory can't be created, the first write into it reports the error.
    let _ = make_own_directory(&cx.cache_dir);
    let mut lock = LockUse::open(matrix.path(), locking)?;
    let remembered = ArduinoDirectory::new(&cx.cache_dir).remembered(matrix.path());
    lock.recall(&remembered);
    let downloader = downloader(Some(matrix), cx);
    let mut names = wanted.core_names(matrix);
    names.extend(lenders_on_disk(matrix, wanted, &names, cx).await);
    let mut indexed = IndexedCores::of_matrix(matrix, wanted, &names, &downloader, cx);
    let mut profiles = ProfileCores::of(matrix, wanted, &downloader, cx);
    let mut libraries = MatrixLibraries::new(matrix, wanted, &downloader, cx);
    let cores = indexed.resolve(&mut lock).await?;
    names.extend(cores.lenders);
    let pinned = profiles.resolve(&mut lock).await?;
    let resolved = libraries.resolve(&mut lock).await?;
    let python = PythonPackages::of_lock(matrix, &names, &mut lock);
    lock.check()?;
    lock.remember(&remembered, !wanted.is_whole);
    let (indexed, pinned, libraries, others) = tokio::try_join!(
        async { indexed.fetch(&cores.platforms, wanted.without_tools).await.map_err(SetupError::from) },
        profiles.fetch(&pinned, wanted.without_tools),
        async { libraries.fetch(&resolved).await },
        other_cores(matrix, (wanted, names), &python, cx),
    )?;
    let mut cores = others;
    cores.extend(indexed);
    cores.extend(pinned);
    let libraries_used = resolved.used(matrix, wanted);
    let mut installed = Installed { libraries, not_locked: lock.differences, ..Installed::default() };
    for (name, core) in &cores {
        installed.roots.insert(name.clone(), core.platform_dir.clone());
    }
    installed.packages = used_packages(matrix, wanted, &cores, libraries_used);
    installed.cores = cores;
    installed.boards.clone_from(&wanted.boards);
    installed.locked = lock.used;
    installed.locked.normalise();
    if wanted.needs_builtin_examples() {
        installed.roots.insert(BUILTIN.to_owned(), apt::install_builtin_examples(cx).await?);
    }
    Ok(installed)
}

/// Installs the tools of cores that were installed without them, as far as `boards` need them. The result has the packages
/// of these boards.
///
/// # Errors
/// A tool is unavailable.
pub(super) async fn bring_in_planned(
    matrix: &Matrix,
    boards: IndexSet<Arc<str>>,
    installed: Installed,
    cx: &InstallContext,
) -> Result<Installed, SetupError> {
    let wanted = InstallSet { boards, ..InstallSet::default() };
    let downloader = downloader(Some(matrix), cx);
    // Everything is resolved.
    let mut lock = LockUse::none();
    lock.known = installed.locked.clone();
    let mut names = wanted.core_names(matrix);
    names.extend(lenders_on_disk(matrix, &wanted, &names, cx).await);
    let lenders: Vec<&str> = names.iter().filter_map(|name| apt::lender(name)).collect();
    names.extend(lenders.into_iter().map(str::to_owned));
    let mut indexed = IndexedCores::of_matrix(matrix, &wanted, &names, &downloader, cx);
    let mut profiles = ProfileCores::of(matrix, &wanted, &downloader, cx);
    let resolved = indexed.resolve(&mut lock).await?;
    names.extend(resolved.lenders);
    let pinned = profiles.resolve(&mut lock).await?;
    let (indexed, pinned) = tokio::try_join!(
        async { indexed.fetch(&resolved.platforms, false).await.map_err(SetupError::from) },
        profiles.fetch(&pinned, false),
    )?;
    let mut cores = installed.cores;
    cores.retain(|name, _| names.contains(name));
    cores.extend(indexed);
    cores.extend(pinned);
    let libraries = installed.packages.into_iter().filter(|package| package.kind == "library");
    let mut libraries: Vec<UsedPackage> = libraries.collect();
    for library in &mut libraries {
        library.boards.retain(|board| wanted.boards.contains(board));
    }
    libraries.retain(|library| !library.boards.is_empty());
    let packages = used_packages(matrix, &wanted, &cores, libraries);
    Ok(Installed { cores, packages, boards: wanted.boards, ..installed })
}

/// Returns the cores, tools and libraries with the boards that use them.
fn used_packages(
    matrix: &Matrix,
    wanted: &InstallSet,
    cores: &IndexMap<String, InstalledCore>,
    libraries: Vec<UsedPackage>,
) -> Vec<UsedPackage> {
    let mut packages = Vec::new();
    for (key, core) in cores {
        let is_used = |board: &Board| match board.pinned_platforms() {
            [] => *key == core.name && board.fqbn.value.core_name() == core.name,
            platforms => platforms.iter().any(|platform| platform.key() == *key),
        };
        let boards = wanted.boards_of(matrix).filter(|(_, _, board)| is_used(board));
        let boards: Vec<Arc<str>> = boards.map(|(_, name, _)| name.clone()).collect();
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
    let whole = InstallSet::whole(matrix);
    let names = whole.core_names(matrix);
    IndexedCores::of_matrix(matrix, &whole, &names, &downloader, cx).resolve(&mut lock).await?;
    ProfileCores::of(matrix, &whole, &downloader, cx).resolve(&mut lock).await?;
    MatrixLibraries::new(matrix, &whole, &downloader, cx).resolve(&mut lock).await?;
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
    let resolved = indexed.resolve(&mut LockUse::none()).await?;
    Ok(indexed.fetch(&resolved.platforms, false).await?)
}

/// Installs those of the named cores that do not come from an index.
async fn other_cores(
    matrix: &Matrix,
    (wanted, mut names): (&InstallSet, IndexSet<String>),
    python: &PythonPackages,
    cx: &InstallContext,
) -> Result<IndexMap<String, InstalledCore>, SetupError> {
    let provider = |name: &str| matrix.cores.get(name).map(|core| &core.provider);
    let is_indexed = |name: &str| matches!(provider(name), Some(Provider::Index(_)));
    let of_apt = names.iter().filter(|name| matches!(provider(name), Some(Provider::Apt)));
    let lenders: Vec<&str> = of_apt.filter_map(|name| apt::lender(name)).collect();
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
        for (name, core) in lenders_in_data_dir(matrix, wanted, &core, &names).await? {
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

/// Returns the newest installed version of a core.
fn newest(name: &str, cache: &Path) -> Result<InstalledCore, SetupError> {
    let found = candidates(name, &Places::of_this_machine(cache)).into_iter().next();
    let core = found.ok_or_else(|| SetupError::NotInstalled { core: name.to_owned() })?.core;
    ArduinoDirectory::new(cache).note_uses(&core);
    Ok(core)
}
