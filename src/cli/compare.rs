//! The command `compare`: shows the differences between two runs, from their report directories.

use std::path::Path;

use super::args::{Compare as Typed, CompareFormat, FailOn};
use super::options::colours_on_stderr;
use super::output::{fail, print};
use crate::exit::Exit;
use crate::report::{Comparison, Past, PastError, SymbolReport};
use crate::session::SessionError;

/// Runs the command.
pub(super) fn run(typed: &Typed) -> Exit {
    match comparison(typed) {
        Ok((text, has_new_failures)) => {
            let exit = print(&text);
            if has_new_failures && matches!(typed.fail_on, Some(FailOn::NewFailures)) {
                Exit::CellsFailed
            } else {
                exit
            }
        }
        Err(error) => fail(&SessionError::Usage(error), colours_on_stderr(&typed.console)),
    }
}

/// Returns the comparison as text, and whether the head has new failures.
fn comparison(typed: &Typed) -> Result<(String, bool), String> {
    let read = |directory: &Path| Ok((Past::read(directory)?, SymbolReport::read(directory)?));
    let text = |error: PastError| error.to_string();
    let (base, base_symbols) = read(&typed.base).map_err(text)?;
    let (head, head_symbols) = read(&typed.head).map_err(text)?;
    let comparison = Comparison::new([&base, &head], [base_symbols.as_ref(), head_symbols.as_ref()]);
    let text = match typed.format {
        CompareFormat::Table => comparison.table(typed.top),
        CompareFormat::Json => comparison.json().map_err(|error| error.to_string())?,
    };
    Ok((text, comparison.has_new_failures()))
}
