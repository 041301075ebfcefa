//! Selects cells by the globs of the command line (`-b`, `-s`). Knows nothing of the matrix file.

use std::collections::BTreeSet;

use super::expand::Expansion;
use super::name_glob::{NameGlob, last_component};
use crate::nearest::{quoted, suggestion};

/// A pattern of the command line that selects nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no {what} of the matrix matches {}{}", quoted(.pattern), hint(.help.as_deref()))]
pub struct SelectError {
    /// `board` or `sketch`.
    pub what: &'static str,
    /// The pattern.
    pub pattern: String,
    /// The nearest name, or all of them.
    pub help: Option<String>,
}

fn hint(help: Option<&str>) -> String {
    help.map(|help| format!("; {help}")).unwrap_or_default()
}

/// The cells, and the skipped cells, whose board matches one of `boards` and whose sketch matches one
/// of `sketches`; an empty list of patterns matches all. A pattern without `/` is matched against the
/// last component of a sketch's name ([`NameGlob`]), so that `-s Blink` needs no path.
///
/// The result may be empty, where each pattern matches something but no cell matches both.
///
/// # Errors
/// A pattern matches no name at all.
pub fn select(
    expansion: &Expansion,
    boards: &[NameGlob],
    sketches: &[NameGlob],
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
    let wanted_boards = matching("board", boards, &board_names)?;
    let wanted_sketches = matching("sketch", sketches, &sketch_names)?;
    let wanted =
        |board: &str, sketch: &str| wanted_boards.contains(board) && wanted_sketches.contains(sketch);
    let cells = expansion.cells.iter().filter(|cell| wanted(&cell.board, &cell.sketch.name));
    let skipped = skipped.iter().filter(|cell| wanted(&cell.board, &cell.sketch.name));
    Ok(Expansion { cells: cells.cloned().collect(), skipped: skipped.cloned().collect() })
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
