//! The command `run`: builds every selected cell, or prints the plan.

use super::base::BaseArguments;
use super::output::fail;
use super::{args, ci, options, plan};
use crate::exit::Exit;
use crate::session::{self, SessionError};

/// Runs the command.
pub(super) async fn run(typed: args::Run) -> Exit {
    let colours = options::colours_on_stderr(&typed.options.common.console);
    if typed.options.dry_run {
        return plan::run(args::Plan { run: typed, format: args::Format::Table, shards: None, out: None })
            .await;
    }
    let form = typed.options.reports.clone();
    let arguments = BaseArguments::of(&typed.options);
    let (mut options, console) = match options::options(typed) {
        Ok(options) => options,
        Err(error) => return fail(&SessionError::Usage(error.to_string()), colours),
    };
    if let Err(error) = arguments.build(&mut options) {
        return fail(&error, colours);
    }
    let reports = options::reports(&options.directories, &console, &form);
    let announced = reports.ci.clone();
    session::run(&options, reports).await.unwrap_or_else(|error| {
        let exit = fail(&error, colours);
        ci::announce(&error, &options.matrix, &announced, &options.directories.current);
        exit
    })
}
