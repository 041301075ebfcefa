//! Reads the matrix, expands it to cells, and selects those that the command line asks for.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use super::error::SessionError;
use super::options::{Options, Part, Selected};
use super::setup::{InstallSet, Installed};
use crate::event::CellId;
use crate::matrix::{
    Cell, Expansion, Filter, Hardwares, Matrix, Possible, Selection, SketchRoots, expand, expand_installed,
    possible, select,
};
use crate::plan::hardware;
use crate::sync::lock;

/// A matrix, with what is known of its cells before any installation.
pub struct Request {
    /// The matrix.
    pub matrix: Matrix,
    cells: EarlyCells,
}

/// The cells of a matrix before any installation.
enum EarlyCells {
    /// All of them, until they are taken: those of a large matrix are not held twice.
    Known(Mutex<Option<Cells>>),
    /// What the command line can select.
    Possible(Possible),
}

/// The cells of a matrix.
pub struct Cells {
    /// All cells.
    pub all: Expansion,
    /// The selected cells, with timeout and retries of the command line.
    pub selected: Expansion,
}

impl Request {
    /// Reads the matrix, and expands it as far as it does not depend on an installed core: a missing path or a glob without
    /// matches is reported before any download.
    ///
    /// # Errors
    /// The matrix is wrong, or nothing is selected.
    pub fn read(options: &Options) -> Result<Self, SessionError> {
        let matrix = Matrix::read(&options.matrix)?;
        let needs_core = matrix.needed_roots().next().is_some() || needs_hardware(options, &matrix);
        let cells = if needs_core {
            let early = expand(&matrix, &SketchRoots::new())?;
            EarlyCells::Possible(possible(&matrix, &early, &selection(options)))
        } else {
            let cells = cells(options, &matrix, &SketchRoots::new(), &Hardwares::new())?;
            EarlyCells::Known(Mutex::new(Some(cells)))
        };
        Ok(Self { matrix, cells })
    }

    /// Returns what must be installed: the cores of boards that have a selected cell, or may have one, and the directories
    /// with their sketches. It is the same on all machines, as far as a shard is computed from it.
    ///
    /// # Errors
    /// Those of [`Part::share`].
    pub fn needed(&self, options: &Options) -> Result<InstallSet, SessionError> {
        let selected = &options.selected;
        let mut needed = match (&self.cells, &selected.part) {
            (EarlyCells::Known(known), part) => match (&*lock(known), part) {
                (Some(cells), Part::Whole) => of_cells(&cells.selected),
                (Some(cells), part) => of_cells(&part.share(&self.matrix, cells.selected.clone())?.cells),
                (None, _) => InstallSet::whole(&self.matrix),
            },
            (EarlyCells::Possible(possible), part) => {
                let Possible { boards, mut roots } = possible.clone();
                if boards.is_empty() {
                    // Nothing is selected. With all sketches, the error can say what there is.
                    roots = self.matrix.needed_roots().map(str::to_owned).collect();
                }
                let needed = InstallSet { boards, roots, ..InstallSet::default() };
                match part.planned_cells(&self.matrix)? {
                    Some([cells, skipped]) => only(needed, &cells, &skipped),
                    None => needed,
                }
            }
        };
        if let Some(cells) = &selected.only {
            needed = only(needed, cells, &[]);
        }
        Ok(needed)
    }

    /// Returns whether a run knows only from the plan which of the needed boards it builds: with `--changed-since`, and as a
    /// shard whose cells depend on installed cores. The tools are then installed after the plan is made.
    pub fn is_decided_by_plan(&self, options: &Options) -> bool {
        let selected = &options.selected;
        let is_open = matches!((&self.cells, &selected.part), (EarlyCells::Possible(_), Part::Shard(_)));
        let is_changed = selected.changed.as_ref().is_some_and(|changed| !changed.all);
        self.is_plannable_without_tools() && (is_open || is_changed)
    }

    /// Returns whether the plan does not depend on files of a tool.
    pub fn is_plannable_without_tools(&self) -> bool {
        !self.matrix.reads_tools()
    }

    /// Returns the cells that the run builds, if they are known before any installation.
    ///
    /// # Errors
    /// Those of [`Part::share`].
    pub fn part(&self, options: &Options) -> Result<Option<Vec<CellId>>, SessionError> {
        let Selected { part, only, .. } = &options.selected;
        if let EarlyCells::Known(known) = &self.cells
            && let Some(cells) = &*lock(known)
        {
            let share = part.share(&self.matrix, cells.selected.clone())?;
            return Ok(Some(share.cells.cells.iter().map(id).collect()));
        }
        let planned = part.planned_cells(&self.matrix)?.map(|[cells, _]| cells);
        Ok(planned.or_else(|| only.as_ref().map(|cells| cells.iter().cloned().collect())))
    }

    /// Returns the cells, after all other questions. `installed` has everything that [`Self::needed`] names.
    ///
    /// # Errors
    /// The matrix is wrong, or nothing is selected.
    pub fn cells(&self, options: &Options, installed: &Installed) -> Result<Cells, SessionError> {
        if let EarlyCells::Known(known) = &self.cells
            && let Some(cells) = lock(known).take()
        {
            return Ok(cells);
        }
        let known = if needs_hardware(options, &self.matrix) {
            hardware(&self.matrix, &installed.boards, &installed.cores)?
        } else {
            Hardwares::new()
        };
        cells(options, &self.matrix, &installed.roots, &known)
    }
}

/// Returns what these cells need of a set, and what skipped ones need to be reported.
fn only<'c>(set: InstallSet, cells: impl IntoIterator<Item = &'c CellId>, skipped: &[CellId]) -> InstallSet {
    let cells: Vec<&CellId> = cells.into_iter().collect();
    let boards: HashSet<&Arc<str>> = cells.iter().map(|cell| &cell.board).collect();
    let is_of =
        |root: &str, cell: &CellId| cell.sketch.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
    let has_sketch = |root: &String| cells.iter().copied().chain(skipped).any(|cell| is_of(root, cell));
    InstallSet {
        boards: set.boards.into_iter().filter(|board| boards.contains(board)).collect(),
        roots: set.roots.into_iter().filter(has_sketch).collect(),
        ..set
    }
}

/// Returns what cells need whose sketches are those of the matrix.
fn of_cells(cells: &Expansion) -> InstallSet {
    let boards = cells.cells.iter().map(|cell| cell.board.clone()).collect();
    InstallSet { boards, ..InstallSet::default() }
}

fn id(cell: &Cell) -> CellId {
    CellId { board: cell.board.clone(), sketch: cell.sketch.name.clone() }
}

fn selection(options: &Options) -> Selection<'_> {
    let typed = &options.selected;
    Selection { boards: &typed.boards, sketches: &typed.sketches, filters: &typed.filters }
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
    if all.cells.is_empty() && all.unknown.is_empty() {
        return Err(SessionError::NoCells(why_none(matrix, &all)));
    }
    let typed = &options.selected;
    let mut boards = matrix.board_facts();
    for board in &mut boards {
        board.hardware = hardware.get(&board.name).cloned();
    }
    let selected = select(all.clone(), selection(options), &boards);
    let mut selected = selected.map_err(|error| SessionError::Usage(error.to_string()))?;
    // A shard without cells does not need the directories of sketches.
    if selected.cells.is_empty() && !matches!(typed.part, Part::Plan { .. }) {
        return Err(SessionError::NothingSelected);
    }
    if let Some(only) = &typed.only {
        selected.cells.retain(|cell| only.contains(&id(cell)));
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
