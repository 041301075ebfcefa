//! Reads the matrix, expands it to cells, and selects those that the command line asks for.

use super::error::SessionError;
use super::options::Options;
use super::setup::Installed;
use crate::event::CellId;
use crate::matrix::{
    Cell, Expansion, Filter, Hardwares, Matrix, Selection, SketchRoots, expand, expand_installed, select,
};
use crate::plan::hardware;

/// A matrix, with its cells if they are known before any installation.
pub struct Request {
    /// The matrix.
    pub matrix: Matrix,
    cells: Option<Cells>,
}

/// The cells of a matrix.
#[derive(Clone)]
pub struct Cells {
    /// All cells.
    pub all: Expansion,
    /// The selected cells, with timeout and retries of the command line.
    pub selected: Expansion,
}

impl Request {
    /// Reads the matrix. Expands it at once if all its sketches are in its own directory: a missing path or a glob
    /// without matches is reported before any download. Which cells there are may depend on the installed cores.
    ///
    /// # Errors
    /// The matrix is wrong, or nothing is selected.
    pub fn read(options: &Options) -> Result<Self, SessionError> {
        let matrix = Matrix::read(&options.matrix)?;
        let alone = matrix.needed_roots().next().is_none();
        let needs_hardware = needs_hardware(options, &matrix);
        let cells = if alone && needs_hardware {
            // Its cells are found again when the hardware is known; its errors are known now.
            expand(&matrix, &SketchRoots::new())?;
            None
        } else if alone {
            Some(cells(options, &matrix, &SketchRoots::new(), &Hardwares::new())?)
        } else {
            None
        };
        Ok(Self { matrix, cells })
    }

    /// Returns the cells. `installed` has everything that the matrix needs.
    ///
    /// # Errors
    /// The matrix is wrong, or nothing is selected.
    pub fn cells(&self, options: &Options, installed: &Installed) -> Result<Cells, SessionError> {
        if let Some(cells) = &self.cells {
            return Ok(cells.clone());
        }
        let known = if needs_hardware(options, &self.matrix) {
            hardware(&self.matrix, &installed.cores)?
        } else {
            Hardwares::new()
        };
        cells(options, &self.matrix, &installed.roots, &known)
    }
}

/// Returns warnings about paths that match a glob and look like sketches, but are none, and remarks on the matrix.
pub fn warnings(expansion: &Expansion) -> impl Iterator<Item = String> {
    let lookalikes = expansion.not_sketches.iter();
    let lookalikes = lookalikes.map(|it| format!("{} is not a sketch: {}", it.name, it.reason));
    lookalikes.chain(expansion.remarks.iter().cloned())
}

fn needs_hardware(options: &Options, matrix: &Matrix) -> bool {
    matrix.needs_hardware() || options.selected.filters.iter().any(Filter::needs_hardware)
}

fn cells(
    options: &Options,
    matrix: &Matrix,
    roots: &SketchRoots,
    hardware: &Hardwares,
) -> Result<Cells, SessionError> {
    let all = expand_installed(matrix, roots, hardware)?;
    if all.cells.is_empty() {
        return Err(SessionError::NoCells(why_none(matrix, &all)));
    }
    let typed = &options.selected;
    let selection = Selection { boards: &typed.boards, sketches: &typed.sketches, filters: &typed.filters };
    let mut boards = matrix.board_facts();
    for board in &mut boards {
        board.hardware = hardware.get(&board.name).cloned();
    }
    let selected = select(all.clone(), selection, &boards);
    let mut selected = selected.map_err(|error| SessionError::Usage(error.to_string()))?;
    if selected.cells.is_empty() {
        return Err(SessionError::NothingSelected);
    }
    if let Some(only) = &typed.only {
        let is_wanted = |cell: &Cell| {
            only.contains(&CellId { board: cell.board.clone(), sketch: cell.sketch.name.clone() })
        };
        selected.cells.retain(is_wanted);
        selected.skipped.clear();
        if selected.cells.is_empty() {
            return Err(SessionError::NothingToRerun);
        }
    }
    for cell in &mut selected.cells {
        cell.timeout = options.timeout.unwrap_or(cell.timeout);
        cell.retries = options.retries.unwrap_or(cell.retries);
    }
    Ok(Cells { all, selected })
}

/// Returns the reason why a matrix has no cells.
fn why_none(matrix: &Matrix, all: &Expansion) -> &'static str {
    if matrix.boards.is_empty() {
        "`boards` is empty; name one as `uno: arduino:avr:uno`"
    } else if matrix.sketches.is_empty() && matrix.include.is_empty() {
        "`sketches` is empty; `- ../examples/**` takes every sketch below that directory"
    } else if !all.skipped.is_empty() {
        "every sketch is excluded for every board"
    } else if matrix.sketches.iter().any(|entry| entry.leaves_out) {
        "its entries with `!` leave out every sketch that the others find"
    } else {
        "nothing is there of what its entries name, and all of them are `optional`"
    }
}
