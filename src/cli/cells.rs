//! Which cells a command is about: reads the matrix, expands it, selects from it.

use super::options::Options;
use super::run::Early;
use crate::matrix::{Expansion, Matrix, SketchRoots, expand, select};

/// A matrix, and its cells as far as they can be known before anything is brought in.
pub(super) struct Request {
    pub(super) matrix: Matrix,
    selected: Option<Expansion>,
}

impl Request {
    /// Reads the matrix. Where all its sketches are in its own folder, it is expanded at once: a path
    /// that leads nowhere, or a glob that selects nothing, must not cost a download.
    ///
    /// # Errors
    /// Where the matrix is wrong or nothing is selected.
    pub(super) fn read(options: &Options) -> Result<Self, Early> {
        let matrix = Matrix::read(&options.matrix)?;
        let alone = matrix.needed_roots().next().is_none();
        let selected = alone.then(|| cells(options, &matrix, &SketchRoots::new())).transpose()?;
        Ok(Self { matrix, selected })
    }

    /// The selected cells, with what the command line says of them. `roots` has a folder for each of
    /// [`Matrix::needed_roots`].
    ///
    /// # Errors
    /// Where the matrix is wrong or nothing is selected.
    pub(super) fn cells(&self, options: &Options, roots: &SketchRoots) -> Result<Expansion, Early> {
        self.selected.clone().map_or_else(|| cells(options, &self.matrix, roots), Ok)
    }
}

fn cells(options: &Options, matrix: &Matrix, roots: &SketchRoots) -> Result<Expansion, Early> {
    let all = expand(matrix, roots)?;
    if all.cells.is_empty() {
        return Err(Early::NoCells);
    }
    let mut selected =
        select(&all, &options.boards, &options.sketches).map_err(|error| Early::Usage(error.to_string()))?;
    if selected.cells.is_empty() {
        return Err(Early::NothingSelected);
    }
    for cell in &mut selected.cells {
        cell.timeout = options.timeout.unwrap_or(cell.timeout);
        cell.retries = options.retries.unwrap_or(cell.retries);
    }
    Ok(selected)
}
