//! The command `budgets update`: writes the sizes of the last run into the matrix as its budgets.

use std::collections::HashMap;

use tokio_util::sync::CancellationToken;

use super::args::{Budgets as Typed, BudgetsCommand, BudgetsUpdate};
use super::narrate::narrated;
use super::options::{colours_on_stderr, directories, locking};
use super::output::{fail, print, warn};
use crate::exit::Exit;
use crate::fs::write_atomically;
use crate::matrix::{Expansion, Matrix, PresentValues, SketchRoots, expand};
use crate::provide::InstallContext;
use crate::report::{Past, PastCell, reports_in};
use crate::session::{Directories, InstallSet, SessionError, bring_in};

/// Runs the command.
pub(super) async fn run(typed: Typed) -> Exit {
    let BudgetsCommand::Update(typed) = typed.command;
    let colours = colours_on_stderr(&typed.common.console);
    match update(&typed).await {
        Ok(text) => print(&text),
        Err(error) => fail(&error, colours),
    }
}

/// Changes the matrix, and returns what has changed.
async fn update(typed: &BudgetsUpdate) -> Result<String, SessionError> {
    let usage = SessionError::Usage;
    let matrix = Matrix::read(&typed.matrix)?;
    let directories =
        directories(typed.common.directories.clone()).map_err(|error| usage(error.to_string()))?;
    let reports = reports_in(&directories.reports);
    let past = Past::read(&reports).map_err(|error| usage(error.to_string()))?;
    let expansion = cells(&matrix, typed, &directories).await?;
    let present = past.cells.iter().filter(|(_, cell)| cell.has_firmware());
    let present: HashMap<(&str, &str), PresentValues> =
        present.map(|(id, cell)| ((&*id.board, &*id.sketch), values(cell))).collect();
    let is_known = |board: &str, sketch: &str| present.contains_key(&(board, sketch));
    if !expansion.cells.iter().any(|cell| is_known(&cell.board, &cell.sketch.name)) {
        let (file, reports) = (typed.matrix.display(), reports.display());
        return Err(usage(format!(
            "the reports in {reports} have no firmware of {file}; run `fbuild-matrix run {file}` first"
        )));
    }
    let done = matrix.ratchet(&expansion, &present, typed.raise)?;
    done.left.iter().for_each(|line| warn(&format!("unchanged: {line}")));
    if done.changes.is_empty() {
        return Ok(format!("{}: no budget changes", typed.matrix.display()));
    }
    if !typed.dry_run {
        // A link stays one: its target is replaced.
        let path = typed.matrix.canonicalize().unwrap_or_else(|_| typed.matrix.clone());
        write_atomically(&path, done.text.as_bytes())
            .map_err(|error| SessionError::unwritable(&typed.matrix, &error))?;
    }
    Ok(format!("{}:\n  {}", typed.matrix.display(), done.changes.join("\n  ")))
}

fn values(cell: &PastCell) -> PresentValues {
    PresentValues {
        flash: cell.sizes.flash.map(|usage| usage.used),
        ram: cell.sizes.ram.map(|usage| usage.used),
        warnings: Some(cell.own_warnings as u64),
    }
}

/// Returns the cells of the matrix. Installs cores only where their directories have sketches of it.
async fn cells(
    matrix: &Matrix,
    typed: &BudgetsUpdate,
    directories: &Directories,
) -> Result<Expansion, SessionError> {
    if matrix.needed_roots().next().is_none() {
        return Ok(expand(matrix, &SketchRoots::new())?);
    }
    let (events, narrator) = narrated(typed.common.console.quiet);
    let install = InstallContext {
        cache_dir: directories.cache.clone(),
        offline: typed.common.offline,
        events: events.clone(),
        cancel: CancellationToken::new(),
    };
    let cores = InstallSet { without_tools: true, ..InstallSet::whole(matrix) };
    let installed = bring_in(matrix, &cores, locking(typed.common.locked), &install).await?;
    drop((install, events));
    let _ = narrator.join();
    Ok(expand(matrix, &installed.roots)?)
}
