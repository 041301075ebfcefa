//! The command `compare`: shows the differences between two runs, from their report directories.

use std::path::{Path, PathBuf};

use super::args::{Compare as Typed, CompareFormat};
use super::base::BaseBuild;
use super::options::{colours_on_stderr, directories};
use super::output::{fail, print};
use crate::exit::Exit;
use crate::report::{Comparison, Past, PastError, SymbolReport, Threshold, reports_in};
use crate::session::{Directories, SessionError};

/// Runs the command.
pub(super) fn run(typed: Typed) -> Exit {
    let colours = colours_on_stderr(&typed.console);
    match comparison(typed) {
        Ok((text, has_exceeded)) => {
            let exit = print(&text);
            if has_exceeded { Exit::CellsFailed } else { exit }
        }
        Err(error) => fail(&SessionError::Usage(error), colours),
    }
}

/// Returns the comparison as text, and whether a threshold is exceeded.
fn comparison(typed: Typed) -> Result<(String, bool), String> {
    let directories = directories(typed.directories).map_err(|error| error.to_string())?;
    let thresholds: Result<Vec<Threshold>, _> = typed.fail_on.iter().map(|text| text.parse()).collect();
    let thresholds = thresholds.map_err(|error| format!("--fail-on: {error}"))?;
    let (base, head) = match (typed.revision, typed.base, typed.head) {
        (None, Some(base), Some(head)) => (base, head),
        (None, ..) => {
            return Err(
                "name two report directories, BASE and HEAD; or a Git revision with --base".to_owned()
            );
        }
        (Some(revision), head, None) => {
            let head = head.unwrap_or_else(|| directories.reports.clone());
            let base = built(&revision, &head, typed.matrix.as_deref(), &directories)?;
            (base, head)
        }
        (Some(_), _, Some(_)) => {
            return Err("with --base, name only the report directory HEAD".to_owned());
        }
    };
    let read = |directory: &Path| {
        let reports = reports_in(directory);
        Ok((Past::read(&reports)?, SymbolReport::read(&reports)?))
    };
    let text = |error: PastError| error.to_string();
    let (base, base_symbols) = read(&base).map_err(text)?;
    let (head, head_symbols) = read(&head).map_err(text)?;
    let symbols = [base_symbols.as_ref(), head_symbols.as_ref()];
    let comparison = Comparison::new([&base, &head], symbols, &thresholds);
    let text = match typed.format {
        CompareFormat::Table => comparison.table(typed.top),
        CompareFormat::Json => comparison.json().map_err(|error| error.to_string())?,
        CompareFormat::Markdown => comparison.markdown(typed.top),
    };
    Ok((text, comparison.has_exceeded()))
}

/// Returns the reports of the base, building a revision with the matrix of the head. Lists the symbols of both runs
/// where the firmware still exists.
fn built(
    revision: &Path,
    head: &Path,
    matrix: Option<&Path>,
    directories: &Directories,
) -> Result<PathBuf, String> {
    let head = reports_in(head);
    let past = Past::read(&head).map_err(|error| error.to_string())?;
    let matrix = matrix.unwrap_or(&past.matrix);
    let build = BaseBuild { matrix, directories, arguments: Vec::new(), cells: None };
    let base =
        build.resolve(revision)?.ok_or_else(|| format!("--base {}: it has no cells", revision.display()))?;
    let base = reports_in(&base.reports);
    for directory in [&base, &head] {
        let is_listed = directory.join(SymbolReport::FILE).exists();
        if let (false, Ok(past)) = (is_listed, Past::read(directory)) {
            let (symbols, _) = SymbolReport::collect(&past, |_, _| true);
            // Without the lists, the comparison has no symbols; nothing else changes.
            let _ = symbols.write(directory);
        }
    }
    Ok(base)
}
