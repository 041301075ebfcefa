//! The boards that may have a selected cell, before their cores are installed. Knows what the matrix and the command line say;
//! what only an installed core knows rules nothing out.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexSet;

use super::cell::Expansion;
use super::expression::{BoardFacts, Facts, SketchFacts};
use super::model::{Board, From, Matrix, SketchEntry};
use super::select::{Criterion, Selection};

/// What a selection can need of a matrix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Possible {
    /// The boards that may have a selected cell.
    pub boards: IndexSet<Arc<str>>,
    /// The roots ([`Matrix::needed_roots`]) whose sketches may have one.
    pub roots: IndexSet<String>,
}

/// Returns what a selection can need. `expansion` is that of [`expand`](super::expand::expand) without roots.
pub fn possible(matrix: &Matrix, expansion: &Expansion, selection: &Selection<'_>) -> Possible {
    let criteria = selection.criteria();
    let facts = matrix.board_facts();
    let by_name: HashMap<&str, &BoardFacts> = facts.iter().map(|board| (&*board.name, board)).collect();
    let mut boards: IndexSet<Arc<str>> = expansion
        .cells
        .iter()
        .filter(|cell| {
            let sketch = Some(SketchFacts { name: &cell.sketch.name, tags: &cell.tags });
            by_name.get(&*cell.board).is_some_and(|board| may_meet(&criteria, &Facts { board, sketch }))
        })
        .map(|cell| cell.board.clone())
        .collect();
    let mut roots = IndexSet::new();
    for (entry, is_include) in matrix.entries() {
        let (From::Root(root), false) = (&entry.from, entry.leaves_out) else { continue };
        for board in entry.choice.boards.iter().filter_map(|board| facts.get(*board)) {
            // Its sketches and their tags are not known yet.
            let of_board = Facts { board, sketch: None };
            if may_meet(&criteria, &of_board)
                && may_choose(matrix, entry, &of_board)
                && (is_include || !is_excluded(matrix, &of_board))
            {
                boards.insert(board.name.clone());
                roots.insert(root.clone());
            }
        }
    }
    Possible { boards, roots }
}

fn may_meet(criteria: &[Criterion], facts: &Facts<'_>) -> bool {
    criteria.iter().all(|criterion| criterion.predicate.holds(facts) != Some(false))
}

/// Returns whether an entry may be for a board.
fn may_choose(matrix: &Matrix, entry: &SketchEntry, facts: &Facts<'_>) -> bool {
    let is_derived = |board: &Board| board.profile.is_some() || board.variant.is_some();
    matrix.boards.get(&facts.board.name).is_some_and(is_derived)
        || entry.choice.predicate.holds(facts) != Some(false)
}

/// Returns whether a rule excludes every sketch for a board.
fn is_excluded(matrix: &Matrix, facts: &Facts<'_>) -> bool {
    matrix.exclude.iter().any(|rule| {
        rule.sketch.is_none()
            && rule.board.as_ref().is_none_or(|globs| facts.board.is_named(globs))
            && rule.when.as_ref().is_none_or(|when| when.predicate.is_true(facts))
    })
}
