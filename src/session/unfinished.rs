//! What a rerun does not build: it stays known, so that the next rerun builds it.

use std::collections::{BTreeSet, HashSet};

use super::context::Session;
use crate::event::{CellId, EventKind, Level};
use crate::matrix::Expansion;
use crate::plan::Plan;

/// Number of cells that a message lists.
const NAMED: usize = 3;

impl Session<'_> {
    /// Sends the cells that the rerun continues with.
    pub(super) fn announce_unfinished(&self) {
        if let Some(only) = &self.options.selected.only {
            let cells: BTreeSet<CellId> = only.iter().cloned().collect();
            self.events.say(EventKind::Unfinished { cells: cells.into_iter().collect() });
        }
    }

    /// Sends the cells that the rerun does not build. `all` are those of the matrix.
    pub(super) fn announce_left(&self, all: &Expansion, plan: &Plan) {
        let Some(only) = &self.options.selected.only else { return };
        let cells = left(only, all, plan);
        if !cells.is_empty() {
            let are =
                if cells.len() == 1 { "1 cell is".to_owned() } else { format!("{} cells are", cells.len()) };
            let named: Vec<String> = cells.iter().take(NAMED).map(ToString::to_string).collect();
            let more = if cells.len() > NAMED { ", …" } else { "" };
            let message = format!(
                "{are} still to be built and not selected: {}{more}; the next `rerun` has them, too",
                named.join(", ")
            );
            self.events.say(EventKind::Log { level: Level::Info, message });
        }
        self.events.say(EventKind::Unfinished { cells });
    }
}

/// Returns the cells of `only` that the matrix has and the plan does not have, sorted.
fn left(only: &HashSet<CellId>, all: &Expansion, plan: &Plan) -> Vec<CellId> {
    let planned: HashSet<&CellId> = plan.cells.iter().map(|cell| &cell.id).collect();
    let cells = all.cells.iter();
    let known: HashSet<CellId> =
        cells.map(|cell| CellId { board: cell.board.clone(), sketch: cell.sketch.name.clone() }).collect();
    let is_left = |id: &&CellId| !planned.contains(id) && (all.unknown.has_roots || known.contains(id));
    let left: BTreeSet<CellId> = only.iter().filter(is_left).cloned().collect();
    left.into_iter().collect()
}
