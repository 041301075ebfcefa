//! Generates a project with any number of cells, to measure the cost of the runner itself:
//!
//! ```text
//! cargo run --example scale -- DIRECTORY CELLS
//! fbuild-matrix run DIRECTORY/matrix.yml
//! ```

#![allow(clippy::print_stderr)] // an example may print

mod project;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let Some((directory, cells)) = args.get(1).zip(args.get(2).and_then(|cells| cells.parse::<usize>().ok()))
    else {
        eprintln!("usage: scale DIRECTORY CELLS");
        return ExitCode::FAILURE;
    };
    match project::write(Path::new(directory), cells.div_ceil(project::BOARDS.len())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
