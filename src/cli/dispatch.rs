//! Parses the arguments and runs the command that they name.

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use super::args::{Args, Command};
use super::output::{complain, print};
use super::runtime::on_runtime;
use super::{
    boards, budgets, cache, compare, core, doctor, init, log, merge, options, plan, report, rerun, run,
    symbols,
};
use crate::exit::Exit;

/// Parses the process's arguments and runs the command.
pub fn main() -> ExitCode {
    crate::process::settle();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let help = error.exit_code() == 0;
            // If standard error can't be written, there is no place to report it.
            let _ = error.print();
            return if help { Exit::Success.into() } else { Exit::Usage.into() };
        }
    };
    log::log(args.console().is_some_and(options::colours_on_stderr));
    let exit = std::panic::catch_unwind(|| execute(args)).unwrap_or_else(|_| {
        complain("this is a defect of fbuild-matrix; please report it with the lines above");
        Exit::Defect
    });
    exit.into()
}

fn execute(args: Args) -> Exit {
    match args.command {
        Command::Run(typed) => on_runtime(run::run(typed)),
        Command::Plan(typed) => on_runtime(plan::run(typed)),
        Command::Rerun(typed) => on_runtime(rerun::run(typed)),
        Command::Symbols(typed) => symbols::run(typed),
        Command::Compare(typed) => compare::run(typed),
        Command::Merge(typed) => merge::run(typed),
        Command::Report(typed) => report::run(typed),
        Command::Budgets(typed) => on_runtime(budgets::run(typed)),
        Command::Boards(typed) => on_runtime(boards::run(typed)),
        Command::Core(typed) => on_runtime(core::run(typed)),
        Command::Cache(typed) => on_runtime(cache::run(typed)),
        Command::Init(typed) => init::run(&typed),
        Command::Doctor(typed) => on_runtime(doctor::run(typed)),
        Command::Schema => {
            let schema = serde_json::to_string_pretty(&crate::matrix::json_schema());
            print(&schema.unwrap_or_default())
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "fbuild-matrix", &mut script);
            print(String::from_utf8_lossy(&script).trim_end())
        }
    }
}
