//! The run of a shard, read from its report directory.

use std::path::{Path, PathBuf};

use super::rebase::rebased;
use crate::event::{
    CellInfo, CoreInfo, Event, EventKind, RunInfo, ShardCells, ShardInfo, SkippedCell, UsedPackage,
};
use crate::report::jsonl::{self, Jsonl};
use crate::report::past::PastError;

/// The run of a shard, or a whole run.
#[derive(Debug)]
pub(super) struct ShardRun {
    /// Its report directory.
    pub(super) dir: PathBuf,
    pub(super) info: RunInfo,
    /// Its plan; `None` if the run ended before it had one.
    pub(super) plan: Option<ShardPlan>,
    pub(super) packages: Vec<UsedPackage>,
    /// Its exit code; `None` if the run was killed.
    pub(super) exit: Option<u8>,
    /// All its events.
    pub(super) events: Vec<Event>,
}

/// The plan of a shard.
#[derive(Debug)]
pub(super) struct ShardPlan {
    pub(super) cores: Vec<CoreInfo>,
    pub(super) cells: Vec<CellInfo>,
    pub(super) skipped: Vec<SkippedCell>,
    /// The places of its cells; `None` for a whole run.
    pub(super) places: Option<ShardCells>,
}

impl ShardRun {
    /// Reads a report directory. Paths in the run's current directory become paths in `directory`, if it is given.
    ///
    /// # Errors
    /// The file is missing, has a line that is no event, or has no start of a run.
    pub(super) fn read(dir: &Path, directory: Option<&Path>) -> Result<Self, PastError> {
        let path = dir.join(Jsonl::NAME);
        let content =
            std::fs::read(&path).map_err(|source| PastError::Unreadable { path: path.clone(), source })?;
        let malformed = |message: String| PastError::Malformed { path: path.clone(), message };
        let first = jsonl::events(&content).map_while(Result::ok).find_map(|event| match event.kind {
            EventKind::RunStarted(info) => Some(info),
            _ => None,
        });
        let no_start = || malformed("it has no start of a run".to_owned());
        let content = match (directory, &first) {
            (Some(to), Some(info)) => rebased(content, &info.directory, to),
            _ => content,
        };
        let events: Vec<Event> = jsonl::events(&content)
            .collect::<Result<_, _>>()
            .map_err(|error| malformed(error.to_string()))?;
        let mut info = None;
        let mut run = Self {
            dir: dir.to_owned(),
            info: first.ok_or_else(no_start)?,
            plan: None,
            packages: Vec::new(),
            exit: None,
            events: Vec::new(),
        };
        let mut places = None;
        for event in &events {
            match &event.kind {
                EventKind::RunStarted(started) => info = Some(started.clone()),
                EventKind::Resolved { packages } => run.packages.clone_from(packages),
                EventKind::ShardPlanned(cells) => places = Some(cells.clone()),
                EventKind::Planned { cores, cells, skipped } => {
                    let (cores, cells, skipped) = (cores.clone(), cells.clone(), skipped.clone());
                    run.plan = Some(ShardPlan { cores, cells, skipped, places: places.take() });
                }
                EventKind::RunFinished { exit } => run.exit = Some(*exit),
                _ => {}
            }
        }
        run.info = info.ok_or_else(no_start)?;
        if let Some(ShardPlan { cells, skipped, places: Some(places), .. }) = &run.plan
            && (places.places.len() != cells.len() + skipped.len() || places.groups.len() != cells.len())
        {
            return Err(malformed(
                "its shard_planned and planned have different numbers of cells".to_owned(),
            ));
        }
        Ok(Self { events, ..run })
    }

    /// Returns the shard.
    pub(super) fn shard(&self) -> Option<&ShardInfo> {
        self.info.shard.as_ref()
    }

    /// Returns `shard 2/5 (DIR)`, or `DIR` for a whole run.
    pub(super) fn name(&self) -> String {
        let dir = self.dir.display();
        self.shard().map_or_else(|| dir.to_string(), |shard| format!("shard {shard} ({dir})"))
    }

    /// Returns its selected and then its skipped cells, each with its place among those of all shards.
    pub(super) fn placed(&self) -> impl Iterator<Item = (u32, &crate::event::CellId)> {
        self.plan.iter().flat_map(|plan| {
            let ids = plan.cells.iter().map(|cell| &cell.id).chain(plan.skipped.iter().map(|cell| &cell.id));
            ids.enumerate().map(|(at, id)| (plan.place(at), id))
        })
    }
}

impl ShardPlan {
    /// Returns the place of a cell, which is given by its place in the shard.
    pub(super) fn place(&self, at: usize) -> u32 {
        let place = self.places.as_ref().map(|places| places.places.get(at).copied());
        place.flatten().unwrap_or_else(|| u32::try_from(at).unwrap_or(u32::MAX))
    }
}
