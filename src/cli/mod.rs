//! The command line: arguments as typed (`args`), then validated options, then one file a command.

mod args;
mod boards;
mod cache;
mod cells;
mod compare;
mod doctor;
mod emulators;
mod gone;
mod leftovers;
mod log;
mod narrate;
mod options;
mod plan;
mod polls;
mod run;
mod setup;
mod signal;
mod space;
mod symbols;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::exit::Exit;
use args::{Args, Command};

/// Parses the process's arguments and runs the command.
pub fn main() -> ExitCode {
    crate::process::settle();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let help = error.exit_code() == 0;
            // Nobody is left to tell if even this can't be printed.
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
        Command::Symbols(typed) => symbols::run(typed),
        Command::Compare(typed) => compare::run(&typed),
        Command::Boards(typed) => on_runtime(boards::run(typed)),
        Command::Cache(typed) => on_runtime(cache::run(typed)),
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

/// How many threads read and write files at once. All units of a run want that in the same moment, and with a
/// thread for each of them (tokio's limit is 512) a fifth of this program's time goes into clearing pages for
/// their stacks and allocations (`docs/performance.md`). None of what runs there waits for another to be let in.
fn blocking_threads() -> usize {
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    (2 * cpus).max(8)
}

/// The one runtime of the process.
fn on_runtime(work: impl Future<Output = Exit>) -> Exit {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.enable_all().thread_name("fbuild-matrix").max_blocking_threads(blocking_threads());
    polls::watch(&mut builder);
    match builder.build() {
        Ok(runtime) => {
            let exit = runtime.block_on(polls::watched(work));
            // A blocking read that is still going on must not keep the program from ending.
            runtime.shutdown_background();
            exit
        }
        Err(error) => {
            complain(&format!("the runtime can't be started: {error}"));
            Exit::Setup
        }
    }
}

/// Prints a result. A reader who closed the pipe has seen enough.
fn print(text: &str) -> Exit {
    let mut out = anstream::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    Exit::Success
}

/// Warns on standard error.
fn warn(message: &str) {
    let mut err = anstream::stderr().lock();
    // Nobody is left to read it if even this can't be printed.
    let _ = writeln!(err, "warning: {message}");
}

/// Says what went wrong.
fn complain(message: &str) {
    let mut err = anstream::stderr().lock();
    // Nobody is left to tell if even this can't be printed.
    let _ = writeln!(err, "error: {message}");
}
