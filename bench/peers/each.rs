//! For programs that build one sketch at a time: starts them once for each cell, so many at once as there are
//! jobs, by a makefile whose rules have no other purpose. That is what a script around such a program does at
//! its best; make itself takes a few milliseconds.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Result, Work};
use crate::floor::quoted;
use crate::meter::{Spent, attempt};
use crate::table::{Kind, Table};
use crate::tools::Tools;

/// Commands, each for a cell or a few.
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
            // The plus gives a command that is a make itself its part of the jobs.
            writeln!(text, "all: {number}\n.PHONY: {number}\n{number}:\n\t+@{}", words.join(" "))?;
        }
        std::fs::write(directory.join("Makefile"), text)?;
        Ok(Self { directory: directory.to_owned(), log: directory.join("log"), at_once })
    }

    /// The command that runs them all; whatever environment it has, they have.
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

    /// Runs a command, and says in the table how it went: `out` has a `.hex` for each cell that it built.
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
        // The memory is that of the make around it, which says nothing.
        table.add(Kind::Peer, way, Spent { peak: 0, ..spent });
        Ok(())
    }
}
