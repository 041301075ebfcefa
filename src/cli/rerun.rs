//! The command `rerun`: builds again what failed, was blocked or did not finish in an earlier run.

use std::path::{Path, PathBuf};

use super::args::{Rerun as Typed, Run};
use super::base::BaseArguments;
use super::options::{colours_on_stderr, options, reports, shown};
use super::output::{fail, print};
use super::{ci, plan};
use crate::exit::Exit;
use crate::report::LastRun;
use crate::session::{self, SessionError};

/// Runs the command.
pub(super) async fn run(typed: Typed) -> Exit {
    let colours = colours_on_stderr(&typed.options.common.console);
    rerun(typed).await.unwrap_or_else(|error| fail(&error, colours))
}

async fn rerun(typed: Typed) -> Result<Exit, SessionError> {
    let Typed { of, options: typed } = typed;
    let (directories, matrices): (Vec<PathBuf>, Vec<PathBuf>) =
        of.into_iter().partition(|path| path.is_dir());
    if directories.len() > 1 || matrices.len() > 1 {
        let message = "rerun takes one report directory and one matrix at most";
        return Err(SessionError::Usage(message.to_owned()));
    }
    if let Some(missing) = matrices.iter().find(|path| !path.exists()) {
        return Err(SessionError::Usage(format!(
            "there is no report directory and no matrix {}",
            missing.display()
        )));
    }
    let is_dry = typed.dry_run;
    let form = typed.reports.clone();
    let arguments = BaseArguments::of(&typed);
    let typed = Run { matrix: Some(PathBuf::new()), options: typed };
    let (mut options, console) = options(typed).map_err(|error| SessionError::Usage(error.to_string()))?;
    let directory = directories.first().unwrap_or(&options.directories.reports);
    let last = LastRun::read(directory).map_err(|error| SessionError::Usage(error.to_string()))?;
    let current = &options.directories.current;
    options.matrix = matrices.into_iter().next().map_or_else(|| matrix(&last, current, directory), Ok)?;
    if last.is_planned && last.unfinished.is_empty() {
        let directory = shown(directory, current);
        return Ok(print(&format!("nothing to build again: every cell of the run in {directory} was built")));
    }
    // A run without a plan has built nothing: all of its cells are to be built.
    options.selected.only = last.is_planned.then(|| last.unfinished.into_iter().collect());
    options.retry_failures = true;
    if is_dry {
        return Ok(plan::show(&options, &console).await);
    }
    arguments.build(&mut options)?;
    let reports = reports(&options.directories, &console, &form);
    let announced = reports.ci.clone();
    Ok(session::run(&options, reports).await.unwrap_or_else(|error| {
        let exit = fail(&error, colours_on_stderr(&console));
        ci::announce(&error, &options.matrix, &announced, &options.directories.current);
        exit
    }))
}

/// Returns the matrix of the last run. A relative path is relative to the present directory, or to that of the run.
fn matrix(last: &LastRun, current: &Path, directory: &Path) -> Result<PathBuf, SessionError> {
    let before = last.work_dir.parent().map(|parent| parent.join(&last.matrix));
    if current.join(&last.matrix).is_file() {
        return Ok(last.matrix.clone());
    }
    before.filter(|path| path.is_file()).ok_or_else(|| {
        let (matrix, directory) = (last.matrix.display(), shown(directory, current));
        SessionError::Usage(format!(
            "the run in {directory} was one of {matrix}, which is not here; name the matrix: fbuild-matrix rerun {directory} \
             MATRIX.yml"
        ))
    })
}
