//! Cells that the filters of an entry leave out: descriptions for other tools beside the sketches.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::cell::{SketchRef, SkippedCell};
use super::expression::BoardFacts;
use super::model::{Board, Matrix, SketchEntry};
use crate::import::{Esp32Builds, FilteredBoard, SketchFilter, SketchRules};

/// A board and a sketch, by index.
type Key = (usize, usize);

/// The cells that filters leave out, and what the filters know of the boards.
pub(super) struct Filtered {
    /// The boards by index, each with its name; empty where no entry has filters.
    names: Vec<Arc<str>>,
    boards: Vec<FilteredBoard>,
    cells: HashMap<Key, SkippedCell>,
    /// What the filters did not understand.
    pub(super) remarks: Vec<String>,
}

impl Filtered {
    /// Returns a set without cells. `facts` are those of the boards, in their order.
    pub(super) fn new(matrix: &Matrix, facts: &[BoardFacts]) -> Self {
        let mut entries = matrix.sketches.iter().chain(&matrix.include);
        let boards = if entries.any(|entry| !entry.choice.filters.is_empty()) {
            matrix.boards.iter().zip(facts).map(|((_, board), facts)| filtered(board, facts)).collect()
        } else {
            Vec::new()
        };
        let names = facts.iter().map(|facts| Arc::clone(&facts.name)).collect();
        Self { names, boards, cells: HashMap::new(), remarks: Vec::new() }
    }

    /// Returns the rules of an entry's filters about a sketch. Paths are shown relative to the matrix.
    pub(super) fn rules(&mut self, entry: &SketchEntry, sketch: &SketchRef, matrix: &Matrix) -> SketchRules {
        let filters = &entry.choice.filters;
        if filters.is_empty() {
            return SketchRules::default();
        }
        let rules = SketchRules::read(filters, &sketch.dir, &sketch.main_file, &matrix.dir);
        let of_boards = rules.remarks(&self.boards);
        rules.warnings().iter().cloned().chain(of_boards).for_each(|remark| self.remark(remark));
        // The boards of the matrix are made before cores are installed.
        if filters.contains(&SketchFilter::Esp32Ci)
            && matrix.early_root(&entry.from).is_none()
            && let Some(builds) = Esp32Builds::read(&sketch.dir)
        {
            let message =
                "is for sketches of the matrix's own directories, or of a core with `provider: path`";
            self.remark(format!("{}: {} {message}", builds.path.display(), builds.keys()));
        }
        rules
    }

    /// Returns the errors of rules, each with a way to fix it.
    pub(super) fn errors(&self, rules: &SketchRules) -> Vec<(String, Option<String>)> {
        rules.errors(&self.boards)
    }

    fn remark(&mut self, remark: String) {
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    /// Returns whether the rules leave out a cell, and records it then.
    pub(super) fn skips(
        &mut self,
        key: Key,
        rules: &SketchRules,
        sketch: &Arc<SketchRef>,
        entry: &SketchEntry,
    ) -> bool {
        let (Some(board), Some(name)) = (self.boards.get(key.0), self.names.get(key.0)) else { return false };
        let Some(reason) = rules.skip(board) else { return false };
        self.cells.entry(key).or_insert_with(|| SkippedCell {
            board: Arc::clone(name),
            sketch: Arc::clone(sketch),
            tags: Arc::clone(&entry.marks.tags),
            reason: reason.into(),
            span: entry.span,
        });
        true
    }

    /// Removes cells that an entry leaves out altogether.
    pub(super) fn remove(&mut self, keys: &HashSet<Key>) {
        self.cells.retain(|key, _| !keys.contains(key));
    }

    /// Returns the cells, and forgets them.
    pub(super) fn take(&mut self) -> HashMap<Key, SkippedCell> {
        std::mem::take(&mut self.cells)
    }
}

fn filtered(board: &Board, facts: &BoardFacts) -> FilteredBoard {
    let hardware = facts.hardware.clone().unwrap_or_default();
    FilteredBoard {
        // Descriptions know the boards of the matrix.
        name: facts.bases.first().unwrap_or(&facts.name).to_string(),
        fqbn: board.fqbn.value.clone(),
        tags: board.tags.clone(),
        mcu: hardware.mcu,
        ram: hardware.ram,
        sdk: hardware.sdk,
    }
}
