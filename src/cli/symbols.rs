//! `symbols`: what the firmware of the last run is made of. Writes `symbols.json` beside its reports.

use super::args::Symbols as Typed;
use super::options::{Places, colours_on_stderr, globs};
use super::run::Early;
use super::{complain, print};
use crate::exit::Exit;
use crate::matrix::NameGlob;
use crate::report::{Past, SymbolReport};

/// So many cells are shown; of more, only those that are asked for.
const SHOWN: usize = 20;

/// Runs the command.
pub(super) fn run(typed: Typed) -> Exit {
    let colours = colours_on_stderr(&typed.console);
    let options = Places::new(typed.folders)
        .and_then(|places| Ok((places, globs("board", &typed.boards)?, globs("sketch", &typed.sketches)?)));
    let (places, boards, sketches) = match options {
        Ok(options) => options,
        Err(error) => return Early::Usage(error.to_string()).tell(colours),
    };
    let past = match Past::read(&places.reports) {
        Ok(past) => past,
        Err(error) => return Early::Usage(error.to_string()).tell(colours),
    };
    let matches =
        |globs: &[NameGlob], name: &str| globs.is_empty() || globs.iter().any(|glob| glob.matches(name));
    let wanted = |board: &str, sketch: &str| matches(&boards, board) && matches(&sketches, sketch);
    // The file has all cells, whichever are shown.
    let (report, missing) = SymbolReport::collect(&past, |_, _| true);
    if let Err(error) = report.write(&places.reports) {
        let path = places.reports.join(SymbolReport::FILE);
        return Early::Unwritable(format!("{} can't be written: {error}", path.display())).tell(colours);
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
        return Early::NothingSelected.tell(colours);
    }
    if shown.len() > SHOWN && boards.is_empty() && sketches.is_empty() {
        let path = places.reports.join(SymbolReport::FILE);
        let count = shown.len();
        return print(&format!(
            "the symbols of {count} cells are in {}; --board and --sketch choose which are shown",
            path.display()
        ));
    }
    print(&shown.join("\n\n"))
}
