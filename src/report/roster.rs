//! The planned cells in the matrix's order, board by board, with a report's data for each. Reports are written in this
//! order, not in that of completion, so that reports of two runs differ only in their results.

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::event::{CellId, CellInfo, SkippedCell};

/// A cell of the matrix, with a report's data for it.
#[derive(Debug)]
pub(super) struct RosterRow<T> {
    /// The sketch's main file.
    pub(super) file: Arc<Path>,
    pub(super) part: Part,
    pub(super) kept: T,
}

/// Whether a cell is built.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    Selected,
    /// The matrix excludes the cell, for this reason.
    Skipped(Arc<str>),
}

/// All planned cells.
#[derive(Debug)]
pub(super) struct Roster<T> {
    rows: IndexMap<CellId, RosterRow<T>>,
    /// Boards in the order of the plan, each with its cells' indices in `rows`.
    boards: IndexMap<Arc<str>, Vec<usize>>,
}

impl<T> Default for Roster<T> {
    fn default() -> Self {
        Self { rows: IndexMap::new(), boards: IndexMap::new() }
    }
}

impl<T: Default> Roster<T> {
    /// Adds the cells of [`crate::event::EventKind::Planned`]. A cell that occurs twice counts once.
    pub(super) fn plan(&mut self, cells: &[CellInfo], skipped: &[SkippedCell]) {
        self.rows.reserve_exact(cells.len() + skipped.len());
        for cell in cells {
            self.add(&cell.id, &cell.file, Part::Selected);
        }
        for cell in skipped {
            self.add(&cell.id, &cell.file, Part::Skipped(cell.reason.clone()));
        }
    }

    fn add(&mut self, id: &CellId, file: &Arc<Path>, part: Part) {
        if !self.rows.contains_key(id) {
            self.boards.entry(id.board.clone()).or_default().push(self.rows.len());
            let row = RosterRow { file: file.clone(), part, kept: T::default() };
            self.rows.insert(id.clone(), row);
        }
    }
}

impl<T> Roster<T> {
    /// Returns boards in order, each with its cells in order.
    pub(super) fn boards(
        &self,
    ) -> impl Iterator<Item = (&Arc<str>, impl Iterator<Item = (&CellId, &RosterRow<T>)>)> {
        self.boards
            .iter()
            .map(|(board, places)| (board, places.iter().filter_map(|place| self.rows.get_index(*place))))
    }

    /// Returns the cell, if it was planned.
    pub(super) fn get(&self, id: &CellId) -> Option<&RosterRow<T>> {
        self.rows.get(id)
    }

    /// Returns the cell's row, if it was planned to be built.
    pub(super) fn selected_mut(&mut self, id: &CellId) -> Option<&mut RosterRow<T>> {
        self.rows.get_mut(id).filter(|row| row.part == Part::Selected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{cell_info, skipped_cell};

    #[test]
    fn boards_and_cells_keep_the_plans_order() {
        let mut roster = Roster::<u8>::default();
        roster.plan(
            &[cell_info("uno", "B"), cell_info("mega", "A"), cell_info("uno", "A"), cell_info("uno", "B")],
            &[
                skipped_cell("nano", "A", "no"),
                skipped_cell("mega", "Z", "big"),
                skipped_cell("uno", "A", "twice"),
            ],
        );
        let order: Vec<String> =
            roster.boards().flat_map(|(_, cells)| cells.map(|(id, _)| id.to_string())).collect();
        assert_eq!(order, ["uno/B", "uno/A", "mega/A", "mega/Z", "nano/A"]);
        assert!(roster.selected_mut(&cell_info("mega", "Z").id).is_none());
        assert_eq!(roster.get(&cell_info("uno", "A").id).map(|row| &row.part), Some(&Part::Selected));
    }
}
