//! The command `merge`: writes the reports of one run from those of its shards.

use super::args::{Merge as Typed, ReportArguments};
use super::options::{colours_on_stderr, directories, reports};
use super::output::{fail, warn};
use crate::exit::Exit;
use crate::fs::make_own_directory;
use crate::report::{Annotations, MergedRun, Progress, ReportOptions, Reports, SymbolReport, Verbosity};
use crate::session::SessionError;

/// Runs the command.
pub(super) fn run(typed: Typed) -> Exit {
    let colours = colours_on_stderr(&typed.console);
    merged(typed).unwrap_or_else(|error| fail(&error, colours))
}

fn merged(typed: Typed) -> Result<Exit, SessionError> {
    let usage = |error: &dyn std::error::Error| SessionError::Usage(error.to_string());
    let directories = directories(typed.directories).map_err(|error| usage(&error))?;
    let output = &directories.reports;
    let mut run = MergedRun::read(&typed.sources, output).map_err(|error| usage(&error))?;
    if !typed.console.quiet {
        for warning in &run.warnings {
            warn(warning);
        }
    }
    if output.starts_with(&directories.work) {
        make_own_directory(&directories.work)
            .map_err(|error| SessionError::unwritable(&directories.work, &error))?;
    }
    // Read before the first report is written: the output may be one of the inputs.
    let symbols = SymbolReport::united(&run.sources).map_err(|error| usage(&error))?;
    run.set_report_dir(output);
    let options = replayed(reports(&directories, &typed.console, &typed.reports), &typed.reports, &run);
    let reports = Reports::open(options).map_err(|error| SessionError::Unwritable(error.to_string()))?;
    let exit = Exit::ALL.into_iter().find(|exit| exit.code() == run.exit).unwrap_or(Exit::CellsFailed);
    let outcome = reports.replay(run.events);
    if let Some(symbols) = symbols {
        symbols.write(output).map_err(|error| SessionError::unwritable(output, &error))?;
    }
    Ok(if outcome.errors.is_empty() || exit != Exit::Success { exit } else { Exit::Setup })
}

/// Returns the options for the reports of a finished run: paths are those of its machine, and the terminal has failures
/// and the closing table. The jobs that built the cells have annotated them, so nothing is annotated again unless
/// `--annotations` asks for it.
pub(super) fn replayed(
    mut options: ReportOptions,
    typed: &ReportArguments,
    run: &MergedRun,
) -> ReportOptions {
    let is_known = !run.directory.as_os_str().is_empty();
    // GitLab's form also has a file for merge requests.
    if typed.annotations.is_none() && options.ci.annotations != Annotations::Gitlab {
        options.ci.annotations = Annotations::None;
    }
    ReportOptions {
        current_dir: if is_known { run.directory.clone() } else { options.current_dir },
        progress: Progress::None,
        verbosity: if options.verbosity == Verbosity::Verbose {
            Verbosity::Verbose
        } else {
            Verbosity::Quiet
        },
        ..options
    }
}
