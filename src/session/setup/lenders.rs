//! Cores that boards of other cores borrow sources or variants from (`build.core=vendor:core`), where these are on the disk.

use std::path::PathBuf;

use indexmap::IndexSet;

use super::error::SetupError;
use super::install_set::InstallSet;
use crate::matrix::{Matrix, Provider};
use crate::provide::locate::{Places, candidates};
use crate::provide::{DataDirRequest, InstallContext, InstalledCore, installed_core, referenced_vendors};

/// Returns the cores of the matrix that boards of the named cores borrow from. Only cores on the disk are looked at; one that
/// can't be read is reported when it is installed.
pub(super) async fn lenders_on_disk(
    matrix: &Matrix,
    wanted: &InstallSet,
    names: &IndexSet<String>,
    cx: &InstallContext,
) -> Vec<String> {
    // The cores of the whole matrix are needed in any case.
    if wanted.is_whole {
        return Vec::new();
    }
    let is_known = |name: &String| {
        let has_board = || matrix.boards.values().any(|board| board.fqbn.value.core_name() == *name);
        matrix.cores.contains_key(name) || has_board()
    };
    let mut lenders = Vec::new();
    let of_overrides = vendors_of_overrides(matrix);
    for name in names {
        lenders.extend(of_architecture(name, of_overrides.clone()).filter(|lender| is_known(lender)));
        if let Some(dir) = directory(matrix, name, cx).await {
            let vendors = referenced_vendors(&dir, &wanted.board_ids(matrix, name));
            lenders.extend(of_architecture(name, vendors).filter(|lender| is_known(lender)));
        }
    }
    lenders
}

/// Returns the vendors from whose cores a board borrows by a property of the matrix.
fn vendors_of_overrides(matrix: &Matrix) -> Vec<String> {
    let boards = matrix.boards.values().flat_map(|board| &board.properties);
    let cores = matrix.cores.values().flat_map(|core| &core.properties);
    let sketches = matrix.sketches.iter().chain(&matrix.include).flat_map(|entry| &entry.properties);
    let borrowed = boards.chain(cores).chain(sketches).filter_map(|property| {
        let borrows = ["build.core", "build.variant"].iter().any(|key| property.key.starts_with(key));
        property.value.split_once(':').filter(|_| borrows).map(|(vendor, _)| vendor.trim().to_owned())
    });
    borrowed.collect()
}

/// Returns the directory of a core that is on the disk before any installation.
async fn directory(matrix: &Matrix, name: &str, cx: &InstallContext) -> Option<PathBuf> {
    match matrix.cores.get(name).map(|core| &core.provider) {
        Some(Provider::Path { dir, .. }) => Some(dir.value.clone()),
        Some(Provider::DataDir { dir, version }) => {
            let request = DataDirRequest {
                name: name.to_owned(),
                dir: dir.as_ref().map(|dir| dir.value.clone()),
                version: version.as_ref().map(|version| version.value.clone()),
            };
            Some(installed_core(request).await.ok()?.platform_dir)
        }
        Some(Provider::Apt | Provider::Index(_)) => None,
        Some(Provider::Installed) | None => {
            let found = candidates(name, &Places::of_this_machine(&cx.cache_dir)).into_iter().next()?;
            Some(found.core.platform_dir)
        }
    }
}

/// Returns the cores of vendors with the architecture of a core.
fn of_architecture(core: &str, vendors: Vec<String>) -> impl Iterator<Item = String> {
    let arch = core.split_once(':').map_or("", |(_, arch)| arch);
    vendors.into_iter().map(move |vendor| format!("{vendor}:{arch}"))
}

/// Returns the cores that boards of a data directory's core borrow from, out of the same directory, except those in `names`.
///
/// # Errors
/// The directory does not have one.
pub(super) async fn lenders_in_data_dir(
    matrix: &Matrix,
    wanted: &InstallSet,
    core: &InstalledCore,
    names: &IndexSet<String>,
) -> Result<Vec<(String, InstalledCore)>, SetupError> {
    let Some(Provider::DataDir { dir, .. }) = matrix.cores.get(&core.name).map(|core| &core.provider) else {
        return Ok(Vec::new());
    };
    let vendors = referenced_vendors(&core.platform_dir, &wanted.board_ids(matrix, &core.name));
    let mut lenders = Vec::new();
    for name in of_architecture(&core.name, vendors).filter(|name| !names.contains(name)) {
        let dir = dir.as_ref().map(|dir| dir.value.clone());
        let request = DataDirRequest { name: name.clone(), dir, version: None };
        lenders.push((name, installed_core(request).await?));
    }
    Ok(lenders)
}
