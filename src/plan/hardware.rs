//! What the installed cores say of the boards, for the expressions of a matrix.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::boards::{Cores, Scope};
use super::error::{PlanError, located};
use crate::matrix::{Board, Hardware, Hardwares, Matrix, PinnedPlatform};
use crate::platform::{BoardConfig, BoardError, WarningLevel};
use crate::provide::InstalledCore;

/// Returns the hardware of the named boards, with their menu options and properties applied. `cores` are the cores of these
/// boards, by `vendor:arch`. That of an optional board that its core does not have is unknown.
///
/// # Errors
/// An unknown board, menu or option, or a core that can't be read.
pub fn hardware(
    matrix: &Matrix,
    boards: &IndexSet<Arc<str>>,
    cores: &IndexMap<String, InstalledCore>,
) -> Result<Hardwares, PlanError> {
    let mut scopes: HashMap<&[PinnedPlatform], Scope> = HashMap::new();
    let mut known = Hardwares::new();
    for (name, board) in matrix.boards.iter().filter(|(name, _)| boards.contains(*name)) {
        let scope = match scopes.entry(board.pinned_platforms()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Scope::of(board, cores)?),
        };
        let own = Cores { platforms: &scope.platforms, installed: &scope.installed, matrix: &matrix.cores };
        let hardware = match own.board(&board.fqbn.value, WarningLevel::Default, &board.properties) {
            Ok(resolved) => of(&resolved.config),
            Err(BoardError::UnknownBoard { .. } | BoardError::UnknownPlatform { .. }) if board.optional => {
                Hardware::default()
            }
            // Rules may leave out all its sketches. Otherwise the plan reports the error.
            Err(_) if board.variant.is_some() => of_base(own, board),
            Err(error) => return Err(located(matrix, board, error)),
        };
        known.insert(Arc::clone(name), hardware);
    }
    Ok(known)
}

/// Returns the hardware of the board in whose place another one stands; unknown where that board is wrong.
fn of_base(own: Cores<'_>, board: &Board) -> Hardware {
    let base = board.variant.as_ref().map(|variant| &variant.base_fqbn);
    let resolved = base.map(|fqbn| own.board(fqbn, WarningLevel::Default, &board.properties));
    resolved.and_then(Result::ok).map(|resolved| of(&resolved.config)).unwrap_or_default()
}

/// Returns the properties that expressions know. A value that is empty or can't be expanded is unknown.
fn of(config: &BoardConfig) -> Hardware {
    let value = |key: &str| config.expanded(key).ok().filter(|value| !value.trim().is_empty());
    // `0` stands for "no limit known" in several cores.
    let size = |key: &str| value(key).and_then(|value| number(value.trim())).filter(|size| *size > 0);
    Hardware {
        mcu: value("build.mcu").map(|mcu| mcu.trim().to_owned()),
        flash: size("upload.maximum_size"),
        ram: size("upload.maximum_data_size"),
        sdk: value("compiler.sdk.path").map(|path| path.trim().into()),
    }
}

/// Returns a decimal or hexadecimal number.
fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}
