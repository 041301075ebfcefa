//! Runs programs that build one sketch at a time: once for each cell, as many in parallel as there are jobs, by a
//! makefile without other rules. This is the best that a script around such a program can do; make itself takes a few
//! milliseconds.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Result, Work};
use crate::floor::quoted;
use crate::meter::{Spent, attempt};
use crate::table::{Kind, Table};
use crate::tools::Tools;

/// Commands, each for one or several cells.
pub(super) struct Each {
    directory: PathBuf,
    log: PathBuf,
    at_once: usize,
}

impl Each {
    /// Writes the makefile into `directory`.
    pub(super) fn new(directory: &Path, at_once: usize, commands: &[Vec<String>]) -> Result<Self> {
        std::fs::create_dir_all(directory)?;
        let mut text = "all:\n.PHONY: all\n.SUFFIXES:\n".to_owned();
        for (number, command) in commands.iter().enumerate() {
            let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
            // `+` lets a command that is itself make use the same job server.
            writeln!(text, "all: {number}\n.PHONY: {number}\n{number}:\n\t+@{}", words.join(" "))?;
        }
        std::fs::write(directory.join("Makefile"), text)?;
        Ok(Self { directory: directory.to_owned(), log: directory.join("log"), at_once })
    }

    /// Returns the command that runs all of them, in the environment that it is given.
    pub(super) fn command(&self, tools: &Tools) -> Command {
        let mut command = tools.make();
        command
            .arg("-k")
            .arg(format!("-j{}", self.at_once))
            .arg("-C")
            .arg(&self.directory)
            .arg("--no-print-directory");
        command.env("HOME", &self.directory);
        command
    }

    /// Runs a command and adds the result to the table. `out` has a `.hex` for each cell that was built.
    pub(super) fn measure(
        &self,
        way: &str,
        command: &mut Command,
        out: &Path,
        work: Work<'_>,
        table: &mut Table,
    ) -> Result<()> {
        let (spent, _) = attempt(command, &self.log)?;
        let files = walkdir::WalkDir::new(out).into_iter().filter_map(std::result::Result::ok);
        let files = files.map(walkdir::DirEntry::into_path);
        let firmware = files.filter(|path| path.extension().is_some_and(|it| it == "hex"));
        let built = firmware.filter(|path| !path.to_string_lossy().contains("with_bootloader")).count();
        if built == 0 {
            return Err(format!("{way} built nothing; see {}", self.log.display()).into());
        }
        if built < work.set.cells() {
            table.remark(Kind::Peer, way, format!("{built} of {} cells built", work.set.cells()));
        }
        // The peak is that of the outer make, which has no meaning.
        table.add(Kind::Peer, way, Spent { peak: 0, ..spent });
        Ok(())
    }
}
