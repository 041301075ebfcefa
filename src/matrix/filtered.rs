//! Cells that the filters of an entry leave out: descriptions for other tools beside the sketches.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::cell::{SketchRef, SkippedCell};
use super::expression::BoardFacts;
use super::model::{Board, Matrix, SketchEntry};
use crate::import::{FilteredBoard, SketchRules};

/// A board and a sketch, by index.
type Key = (usize, usize);

/// The cells that filters leave out, and what the filters know of the boards.
pub(super) struct Filtered {
    /// The boards by index; empty where no entry has filters.
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
        Self { boards, cells: HashMap::new(), remarks: Vec::new() }
    }

    /// Returns the rules of an entry's filters about a sketch. Paths are shown relative to `base`.
    pub(super) fn rules(&mut self, entry: &SketchEntry, sketch: &SketchRef, base: &Path) -> SketchRules {
        if entry.choice.filters.is_empty() {
            return SketchRules::default();
        }
        let rules = SketchRules::read(&entry.choice.filters, &sketch.dir, &sketch.main_file, base);
        for remark in rules.warnings() {
            if !self.remarks.contains(remark) {
                self.remarks.push(remark.clone());
            }
        }
        rules
    }

    /// Returns whether the rules leave out a cell, and records it then.
    pub(super) fn skips(
        &mut self,
        key: Key,
        rules: &SketchRules,
        sketch: &Arc<SketchRef>,
        entry: &SketchEntry,
    ) -> bool {
        let Some(board) = self.boards.get(key.0) else { return false };
        let Some(reason) = rules.skip(board) else { return false };
        self.cells.entry(key).or_insert_with(|| SkippedCell {
            board: board.name.as_str().into(),
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
        name: facts.name.to_string(),
        fqbn: board.fqbn.value.clone(),
        tags: board.tags.clone(),
        mcu: hardware.mcu,
        ram: hardware.ram,
        sdk: hardware.sdk,
    }
}
