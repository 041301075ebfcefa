//! The command `report`: writes the reports of a finished run again, from its events.

use super::args::{DirectoryArguments, Report as Typed};
use super::merge::replayed;
use super::options::{colours_on_stderr, directories, reports};
use super::output::fail;
use crate::exit::Exit;
use crate::report::{MergedRun, Reports};
use crate::session::SessionError;

/// Runs the command.
pub(super) fn run(typed: Typed) -> Exit {
    let colours = colours_on_stderr(&typed.console);
    written(typed).unwrap_or_else(|error| fail(&error, colours))
}

fn written(typed: Typed) -> Result<Exit, SessionError> {
    let usage = |error: &dyn std::error::Error| SessionError::Usage(error.to_string());
    let run = MergedRun::whole(&typed.source).map_err(|error| usage(&error))?;
    let directories = directories(DirectoryArguments {
        cache: typed.cache,
        work_dir: typed.source.clone(),
        report_dir: Some(typed.report_dir.unwrap_or_else(|| typed.source.clone())),
    });
    let directories = directories.map_err(|error| usage(&error))?;
    let is_same =
        std::fs::canonicalize(&directories.reports).ok() == std::fs::canonicalize(&typed.source).ok();
    let options = replayed(reports(&directories, &typed.console, &typed.reports), &typed.reports, &run);
    let reports = if is_same { Reports::open_again(options) } else { Reports::open(options) };
    let reports = reports.map_err(|error| SessionError::Unwritable(error.to_string()))?;
    let outcome = reports.replay(run.events);
    Ok(if outcome.errors.is_empty() { Exit::Success } else { Exit::Setup })
}
