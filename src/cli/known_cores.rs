//! The cores of a command without a run: those of a matrix, or the installed ones.

use std::path::Path;

use indexmap::{IndexMap, IndexSet};
use tokio_util::sync::CancellationToken;

use super::args::Common;
use super::narrate::narrated;
use super::options::locking;
use crate::matrix::{self, Matrix};
use crate::platform::Fqbn;
use crate::provide::{InstallContext, InstalledCore, apt, locate};
use crate::session::{Directories, InstallSet, SessionError, bring_in};

/// Cores, and their entries in a matrix.
#[derive(Debug, Default)]
pub(super) struct KnownCores {
    /// Installed cores by `vendor:arch`.
    pub(super) installed: IndexMap<String, InstalledCore>,
    /// Entries of the matrix by `vendor:arch`.
    pub(super) matrix: IndexMap<String, matrix::Core>,
    /// The boards of the matrix.
    pub(super) boards: Vec<Fqbn>,
}

/// Returns the cores of the matrix, installed if they are missing. Without a matrix, returns the newest of each
/// installed core, including that of `board`.
pub(super) async fn known_cores(
    matrix: Option<&Path>,
    board: Option<&Fqbn>,
    common: &Common,
    directories: &Directories,
) -> Result<KnownCores, SessionError> {
    if let Some(path) = matrix {
        let matrix = Matrix::read(path)?;
        let (events, _narrator) = narrated(common.console.quiet);
        let install = InstallContext {
            cache_dir: directories.cache.clone(),
            offline: common.offline,
            events,
            cancel: CancellationToken::new(),
        };
        let installed =
            bring_in(&matrix, &InstallSet::whole(&matrix), locking(common.locked), &install).await?.cores;
        let boards = matrix.boards.values().map(|board| board.fqbn.value.clone()).collect();
        return Ok(KnownCores { installed, matrix: matrix.cores.clone(), boards });
    }
    let here = locate::Places::of_this_machine(&directories.cache);
    let of_board = board.map(Fqbn::core_name);
    let names: IndexSet<String> = apt::known_cores()
        .map(str::to_owned)
        .chain(locate::names_in_data_dirs(&here))
        .chain(of_board)
        .collect();
    let newest = |name: String| {
        let core = locate::candidates(&name, &here).into_iter().next()?.core;
        Some((name, core))
    };
    Ok(KnownCores { installed: names.into_iter().filter_map(newest).collect(), ..KnownCores::default() })
}
