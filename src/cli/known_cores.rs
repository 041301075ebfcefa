//! The cores that a command without a run knows: those of a matrix, or those that are installed.

use std::path::Path;

use indexmap::IndexMap;
use tokio_util::sync::CancellationToken;

use super::args::Common;
use super::narrate::narrated;
use crate::matrix::{self, Matrix};
use crate::platform::Fqbn;
use crate::provide::{InstallContext, InstalledCore, apt, locate};
use crate::session::{Directories, SessionError, bring_in};

/// Cores, and what a matrix says of them.
#[derive(Debug, Default)]
pub(super) struct KnownCores {
    /// By `vendor:arch`.
    pub(super) installed: IndexMap<String, InstalledCore>,
    /// Likewise.
    pub(super) matrix: IndexMap<String, matrix::Core>,
    /// The boards of the matrix.
    pub(super) boards: Vec<Fqbn>,
}

/// The cores of the matrix, brought in where they are missing; or else the newest of every core that is installed,
/// that of `board` among them.
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
        let installed = bring_in(&matrix, &install).await?.cores;
        let boards = matrix.boards.values().map(|board| board.fqbn.value.clone()).collect();
        return Ok(KnownCores { installed, matrix: matrix.cores.clone(), boards });
    }
    let here = locate::Places::of_this_machine(&directories.cache);
    let of_board = board.map(Fqbn::core_name);
    let names = apt::known_cores().map(str::to_owned).chain(of_board);
    let newest = |name: String| {
        let core = locate::candidates(&name, &here).into_iter().next()?.core;
        Some((name, core))
    };
    Ok(KnownCores { installed: names.filter_map(newest).collect(), ..KnownCores::default() })
}
