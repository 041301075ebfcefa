//! The command `symbols`: shows the functions and data in the firmware of the last run. Writes `symbols.json` beside
//! its reports.

use super::args::Symbols as Typed;
use super::options::{colours_on_stderr, directories, globs};
use super::output::{complain, fail, print};
use crate::exit::Exit;
use crate::matrix::NameGlob;
use crate::report::{Past, SymbolReport};
use crate::session::SessionError;

/// Number of cells that are shown without a selection.
const SHOWN: usize = 20;

/// Runs the command.
pub(super) fn run(typed: Typed) -> Exit {
    let colours = colours_on_stderr(&typed.console);
    let options = directories(typed.directories).and_then(|directories| {
        Ok((directories, globs("board", &typed.names.boards)?, globs("sketch", &typed.names.sketches)?))
    });
    let (directories, boards, sketches) = match options {
        Ok(options) => options,
        Err(error) => return fail(&SessionError::Usage(error.to_string()), colours),
    };
    let past = match Past::read(&directories.reports) {
        Ok(past) => past,
        Err(error) => return fail(&SessionError::Usage(error.to_string()), colours),
    };
    let matches =
        |globs: &[NameGlob], name: &str| globs.is_empty() || globs.iter().any(|glob| glob.matches(name));
    let wanted = |board: &str, sketch: &str| matches(&boards, board) && matches(&sketches, sketch);
    // The file has all cells, also those that are not shown.
    let (report, missing) = SymbolReport::collect(&past, |_, _| true);
    if let Err(error) = report.write(&directories.reports) {
        let path = directories.reports.join(SymbolReport::FILE);
        return fail(
            &SessionError::Unwritable(format!("{} can't be written: {error}", path.display())),
            colours,
        );
    }
    for line in missing {
        complain(&format!("no symbols of {line}"));
    }
    let shown: Vec<String> = report
        .cells
        .iter()
        .filter(|cell| wanted(&cell.board, &cell.sketch))
        .map(|cell| cell.table(typed.top))
        .collect();
    if shown.is_empty() {
        return fail(&SessionError::NothingSelected, colours);
    }
    if shown.len() > SHOWN && boards.is_empty() && sketches.is_empty() {
        let path = directories.reports.join(SymbolReport::FILE);
        let count = shown.len();
        return print(&format!(
            "the symbols of {count} cells are in {}; --board and --sketch choose which are shown",
            path.display()
        ));
    }
    print(&shown.join("\n\n"))
}
