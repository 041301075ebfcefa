//! Selects cells by the globs and expressions of the command line (`-b`, `-s`, `-E`). Knows no matrix file.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::cell::{Cell, Expansion, SkippedCell};
use super::expression::{BoardFacts, Facts, Filter, Predicate, SketchFacts, TextField, TextTest};
use super::name_glob::{NameGlob, last_component};
use crate::nearest::{quoted, suggestion};

/// A pattern of the command line that selects nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no {what} of the matrix matches {}{}", quoted(.pattern), hint(.help.as_deref()))]
pub struct SelectError {
    /// `board`, `sketch` or `tag`.
    pub what: &'static str,
    /// The pattern.
    pub pattern: String,
    /// The nearest name, or all of them.
    pub help: Option<String>,
}

fn hint(help: Option<&str>) -> String {
    help.map(|help| format!("; {help}")).unwrap_or_default()
}

/// The criteria of a selection. An empty list selects everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Selection<'s> {
    /// Globs over boards.
    pub boards: &'s [NameGlob],
    /// Globs over sketches.
    pub sketches: &'s [NameGlob],
    /// Expressions, all of which must select a cell.
    pub filters: &'s [Filter],
}

/// A condition of the command line, and how it was typed.
pub(super) struct Criterion {
    pub(super) predicate: Predicate,
    typed: String,
}

impl Selection<'_> {
    /// Returns the conditions, all of which a cell must meet.
    pub(super) fn criteria(&self) -> Vec<Criterion> {
        let mut criteria = Vec::new();
        let lists = [("-b", TextField::Board, self.boards), ("-s", TextField::Sketch, self.sketches)];
        for (option, field, globs) in lists {
            if !globs.is_empty() {
                let typed: Vec<String> =
                    globs.iter().map(|glob| format!("{option} {}", glob.as_str())).collect();
                criteria
                    .push(Criterion { predicate: Predicate::names(field, globs), typed: typed.join(" ") });
            }
        }
        for filter in self.filters {
            let typed = format!("--filter {filter}");
            criteria.push(Criterion { predicate: filter.predicate().clone(), typed });
        }
        criteria
    }
}

/// Returns the cells, and the skipped cells, that fit all criteria; the others with the reason in
/// [`Expansion::not_selected`]. A pattern without `/` is matched against the last component of a sketch's name
/// ([`NameGlob`]), so that `-s Blink` needs no path. `boards` are the facts about the boards.
///
/// The result is empty where each pattern matches a name, but no cell fits all.
///
/// # Errors
/// A pattern that matches no board, sketch or tag.
pub fn select(
    expansion: Expansion,
    selection: Selection<'_>,
    boards: &[BoardFacts],
) -> Result<Expansion, SelectError> {
    let criteria = selection.criteria();
    if criteria.is_empty() {
        return Ok(expansion);
    }
    check_names(&expansion, &criteria, boards)?;
    let by_name: HashMap<&str, &BoardFacts> = boards.iter().map(|board| (&*board.name, board)).collect();
    let first_unmet = |board: &Arc<str>, sketch: &str, tags: &[String]| {
        let board = *by_name.get(&**board)?;
        let facts = Facts { board, sketch: Some(SketchFacts { name: sketch, tags }) };
        // Of a board that is not needed, nothing is known but what rules it out.
        let is_false = |criterion: &&Criterion| criterion.predicate.holds(&facts) == Some(false);
        let is_unknown = |criterion: &&Criterion| criterion.predicate.holds(&facts).is_none();
        let unmet = criteria.iter().find(is_false).or_else(|| criteria.iter().find(is_unknown))?;
        let unknown = unmet.predicate.holds(&facts).is_none().then(|| unmet.predicate.unknown(&facts));
        Some(match unknown.flatten() {
            Some(name) => {
                format!("not selected by {}: the core does not say the board's {name}", unmet.typed)
            }
            None => format!("not selected by {}", unmet.typed),
        })
    };
    let mut not_selected = expansion.not_selected;
    let mut cells = Vec::new();
    for cell in expansion.cells {
        match first_unmet(&cell.board, &cell.sketch.name, &cell.tags) {
            None => cells.push(cell),
            Some(reason) => not_selected.push(unselected(&cell, &reason)),
        }
    }
    let mut skipped = Vec::new();
    for cell in expansion.skipped {
        match first_unmet(&cell.board, &cell.sketch.name, &cell.tags) {
            None => skipped.push(cell),
            Some(reason) => not_selected.push(SkippedCell { reason: reason.into(), ..cell }),
        }
    }
    let sketches = selection.sketches;
    let is_wanted = |name: &str| sketches.is_empty() || sketches.iter().any(|glob| glob.matches(name));
    let not_sketches = expansion.not_sketches.into_iter().filter(|it| is_wanted(&it.name)).collect();
    let Expansion { remarks, unknown, .. } = expansion;
    Ok(Expansion { cells, skipped, not_selected, remarks, not_sketches, unknown })
}

fn unselected(cell: &Cell, reason: &str) -> SkippedCell {
    SkippedCell {
        board: Arc::clone(&cell.board),
        sketch: Arc::clone(&cell.sketch),
        tags: Arc::clone(&cell.tags),
        reason: reason.into(),
        span: cell.span,
    }
}

/// Returns an error for a pattern over names that no board, sketch or tag of the cells matches.
fn check_names(
    expansion: &Expansion,
    criteria: &[Criterion],
    boards: &[BoardFacts],
) -> Result<(), SelectError> {
    let of_cells = expansion.cells.iter().map(|cell| (&cell.board, &cell.sketch.name, &cell.tags));
    let of_skipped = expansion.skipped.iter().map(|cell| (&cell.board, &cell.sketch.name, &cell.tags));
    let (mut used, mut sketches, mut tags) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (board, sketch, of_cell) in of_cells.chain(of_skipped) {
        used.insert(&**board);
        sketches.insert(&**sketch);
        tags.extend(of_cell.iter().map(String::as_str));
    }
    let of_variants =
        boards.iter().filter(|board| used.contains(&*board.name)).flat_map(|board| &board.bases);
    let bases: Vec<&str> = of_variants.map(|base| &**base).collect();
    let of_boards = boards.iter().filter(|board| used.contains(&*board.name));
    tags.extend(of_boards.flat_map(|board| board.tags.iter().map(String::as_str)));
    used.extend(bases);
    let tests = criteria.iter().flat_map(|criterion| criterion.predicate.text_tests());
    for TextTest { field, pattern, text, .. } in tests.filter(|test| test.is_about_names()) {
        let names = match field {
            TextField::Board => &used,
            // Sketches of directories that are not installed are not known.
            TextField::Sketch | TextField::Tag if expansion.unknown.has_roots => continue,
            TextField::Sketch => &sketches,
            TextField::Tag => &tags,
            TextField::Core | TextField::Arch | TextField::Mcu | TextField::Fqbn => continue,
        };
        if !names.iter().any(|name| pattern.matches(name)) {
            let known = names.iter().map(|name| if text.contains('/') { name } else { last_component(name) });
            let help = suggestion(text, known);
            return Err(SelectError { what: field.word(), pattern: text.clone(), help });
        }
    }
    Ok(())
}
