//! Selects cells by the globs and filters of the command line (`-b`, `-s`, `-E`). Knows no matrix file.

use std::collections::BTreeSet;

use super::cell::Expansion;
use super::filter::Filter;
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
    /// Filters, all of which must select a cell.
    pub filters: &'s [Filter],
}

/// Returns the cells, and the skipped cells, whose board matches one of `boards` and whose sketch matches one of
/// `sketches`. A pattern without `/` is matched against the last component of a sketch's name ([`NameGlob`]), so that
/// `-s Blink` needs no path. `tags` returns the tags of a board.
///
/// The result is empty where each pattern matches a name, but no cell matches both kinds.
///
/// # Errors
/// A pattern that matches no name.
pub fn select<'t>(
    expansion: &Expansion,
    Selection { boards, sketches, filters }: Selection<'_>,
    tags: impl Fn(&str) -> &'t [String],
) -> Result<Expansion, SelectError> {
    let skipped = &expansion.skipped;
    let board_names: BTreeSet<&str> = expansion
        .cells
        .iter()
        .map(|cell| &*cell.board)
        .chain(skipped.iter().map(|cell| &*cell.board))
        .collect();
    let sketch_names: BTreeSet<&str> = expansion
        .cells
        .iter()
        .map(|cell| &*cell.sketch.name)
        .chain(skipped.iter().map(|cell| &*cell.sketch.name))
        .collect();
    let mut wanted_boards = matching("board", boards, &board_names)?;
    for filter in filters {
        known_tag(filter, board_names.iter().flat_map(|board| tags(board)))?;
        wanted_boards.retain(|board| filter.selects(tags(board)));
    }
    let wanted_sketches = matching("sketch", sketches, &sketch_names)?;
    let wanted =
        |board: &str, sketch: &str| wanted_boards.contains(board) && wanted_sketches.contains(sketch);
    let cells = expansion.cells.iter().filter(|cell| wanted(&cell.board, &cell.sketch.name));
    let skipped = skipped.iter().filter(|cell| wanted(&cell.board, &cell.sketch.name));
    let is_wanted = |name: &str| sketches.is_empty() || sketches.iter().any(|glob| glob.matches(name));
    let not_sketches = expansion.not_sketches.iter().filter(|it| is_wanted(&it.name)).cloned().collect();
    Ok(Expansion { cells: cells.cloned().collect(), skipped: skipped.cloned().collect(), not_sketches })
}

/// Returns an error for a tag that no board has.
fn known_tag<'t>(filter: &Filter, tags: impl Iterator<Item = &'t String>) -> Result<(), SelectError> {
    let known: BTreeSet<&str> = tags.map(String::as_str).collect();
    if known.contains(filter.tag()) {
        return Ok(());
    }
    let (pattern, help) = (filter.tag().to_owned(), suggestion(filter.tag(), known.iter().copied()));
    Err(SelectError { what: "tag", pattern, help })
}

fn matching<'n>(
    what: &'static str,
    globs: &[NameGlob],
    names: &BTreeSet<&'n str>,
) -> Result<BTreeSet<&'n str>, SelectError> {
    if globs.is_empty() {
        return Ok(names.clone());
    }
    let mut wanted = BTreeSet::new();
    for glob in globs {
        let before = names.iter().filter(|name| glob.matches(name));
        let mut any = false;
        for name in before {
            any = true;
            wanted.insert(*name);
        }
        if !any {
            let pattern = glob.as_str();
            let known =
                names.iter().map(|name| if pattern.contains('/') { name } else { last_component(name) });
            return Err(SelectError { what, pattern: pattern.to_owned(), help: suggestion(pattern, known) });
        }
    }
    Ok(wanted)
}
