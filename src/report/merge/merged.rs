//! The combined run of several report directories.

use std::path::{Path, PathBuf};

use super::check::problems;
use super::combine::combine;
use super::error::MergeError;
use super::find::report_directories;
use super::shard_run::ShardRun;
use crate::event::{Event, EventKind};
use crate::report::past::PastError;

/// The combined run of several shards, or a whole run.
#[derive(Debug)]
pub struct MergedRun {
    /// Its events.
    pub events: Vec<Event>,
    /// The current directory of the first shard; empty if an earlier version wrote the reports. Paths in the events are
    /// those of a run in this directory.
    pub directory: PathBuf,
    /// Its exit code.
    pub exit: u8,
    /// The report directories, in the order of the shards.
    pub sources: Vec<PathBuf>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

impl MergedRun {
    /// Combines the runs that wrote their reports into `directories`, or into directories below these. `output` is not
    /// read unless it is one of them.
    ///
    /// # Errors
    /// A report is missing or can't be read, or the reports are not all shards of one run, each once.
    pub fn read(directories: &[PathBuf], output: &Path) -> Result<Self, MergeError> {
        let mut sources: Vec<PathBuf> = Vec::new();
        for directory in directories {
            for found in report_directories(directory, output)? {
                if !sources.contains(&found) {
                    sources.push(found);
                }
            }
        }
        let mut runs: Vec<ShardRun> = Vec::new();
        for source in &sources {
            let base = runs.first().map(|run| run.info.directory.clone());
            runs.push(ShardRun::read(source, base.as_deref())?);
        }
        runs.sort_by_key(|run| run.shard().map_or(0, |shard| shard.index));
        let problems = problems(&runs);
        if !problems.is_empty() {
            return Err(MergeError::Incomplete(problems));
        }
        let unfinished = runs.iter().filter(|run| run.exit.is_none());
        let warnings = unfinished
            .map(|run| format!("{} did not finish: its other cells are reported as interrupted", run.name()));
        let exit = exit(runs.iter().map(|run| run.exit));
        Ok(Self {
            directory: runs.first().map(|run| run.info.directory.clone()).unwrap_or_default(),
            exit,
            sources: runs.iter().map(|run| run.dir.clone()).collect(),
            warnings: warnings.collect(),
            events: combine(runs, exit),
        })
    }

    /// Reads the run that wrote its reports into `directory`, unchanged.
    ///
    /// # Errors
    /// The reports can't be read.
    pub fn whole(directory: &Path) -> Result<Self, PastError> {
        let run = ShardRun::read(directory, None)?;
        Ok(Self {
            directory: run.info.directory.clone(),
            exit: run.exit.unwrap_or(1),
            sources: vec![directory.to_owned()],
            warnings: Vec::new(),
            events: run.events,
        })
    }

    /// Sets the report directory of the combined run.
    pub fn set_report_dir(&mut self, report_dir: &Path) {
        for event in &mut self.events {
            if let EventKind::RunStarted(info) = &mut event.kind {
                report_dir.clone_into(&mut info.report_dir);
            }
        }
    }
}

/// Returns the exit code of a combined run, from those of its shards: a defect, else an interrupt, else failed cells, else
/// a failed set-up. A run that was killed did not build its cells.
fn exit(exits: impl Iterator<Item = Option<u8>>) -> u8 {
    let rank = |exit: &u8| match exit {
        70 => 5,
        143 => 4,
        130 => 3,
        1 => 2,
        0 => 0,
        _ => 1,
    };
    exits.map(|exit| exit.unwrap_or(1)).max_by_key(rank).unwrap_or(0)
}
