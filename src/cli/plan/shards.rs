//! The option `--shards` of `plan`: distributes the cells of a plan by the times of earlier runs.

use std::collections::HashMap;
use std::time::Duration;

use comfy_table::{Table, presets};

use crate::budget::Costs;
use crate::cli::args::Shards;
use crate::event::{CellId, CoreId};
use crate::pipeline::Ahead;
use crate::plan::{CacheLayout, Layout, Plan};
use crate::report::RecordedTimes;
use crate::session::Options;
use crate::shard::{
    Loss, Packing, PlanFile, PlannedShard, ShardId, Workload, choose, loss, pack, shard_name,
};

/// The shards of a plan.
#[derive(Debug, Default)]
pub(super) struct PlanShards {
    /// The shards; none without `--shards`.
    pub(super) shards: Vec<PlannedShard>,
    /// The shard of each cell of the plan.
    pub(super) cells: Vec<ShardId>,
    /// The shard that reports each skipped cell of the plan.
    pub(super) skipped: Vec<ShardId>,
    /// What the user should know.
    pub(super) warnings: Vec<String>,
}

impl PlanShards {
    /// Distributes the cells of a plan.
    pub(super) fn new(plan: &Plan, options: &Options, wanted: Shards) -> Self {
        let cores: HashMap<&CoreId, usize> =
            plan.cores.iter().enumerate().map(|(place, core)| (&core.id, place)).collect();
        let work = workload(plan, options, &cores);
        let count = match wanted {
            Shards::Auto => choose(&work, options.limits.jobs),
            Shards::Number(count) => count,
        };
        let packing = pack(&work, count);
        let id = |place: usize| ShardId { index: number(place + 1), count: number(count) };
        let cells: Vec<ShardId> = packing.shard_of.iter().map(|place| id(*place)).collect();
        let mut of_board: HashMap<&str, ShardId> = HashMap::new();
        for (cell, shard) in plan.cells.iter().zip(&cells) {
            of_board.entry(&cell.id.board).or_insert(*shard);
        }
        let skipped = plan.skipped.iter();
        let skipped = skipped.map(|cell| of_board.get(&*cell.id.board).copied().unwrap_or(id(0))).collect();
        let shards = (0..count).map(|place| {
            let own = plan.cells.iter().zip(&packing.shard_of).filter(|(_, shard)| **shard == place);
            let mut boards: Vec<&str> = own.clone().map(|(cell, _)| &*cell.id.board).collect();
            boards.dedup();
            PlannedShard {
                shard: id(place),
                name: shard_name(id(place), &boards),
                cells: own.count(),
                cores: packing.cores[place].len(),
                time_s: (work.measured > 0).then(|| seconds(packing.loads[place])),
            }
        });
        let warnings = loss(&work, &packing).map(|loss| about_loss(loss, &work, &packing)).into_iter();
        Self { shards: shards.collect(), cells, skipped, warnings: warnings.collect() }
    }

    /// Returns the shards that a plan was read with.
    pub(super) fn of_file(plan: &Plan, file: &PlanFile) -> Self {
        let cells = file.cells.iter().map(|cell| ((&*cell.board, &*cell.sketch), cell.shard));
        let skipped = file.skipped.iter().map(|cell| ((&*cell.board, &*cell.sketch), cell.shard));
        let known: HashMap<(&str, &str), Option<ShardId>> = cells.chain(skipped).collect();
        let shard = |id: &CellId| known.get(&(&*id.board, &*id.sketch)).copied().flatten();
        Self {
            shards: file.shards.clone(),
            cells: plan.cells.iter().filter_map(|cell| shard(&cell.id)).collect(),
            skipped: plan.skipped.iter().filter_map(|cell| shard(&cell.id)).collect(),
            warnings: Vec::new(),
        }
    }

    /// Returns a table of the shards.
    pub(super) fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(["shard", "cells", "cores", "slot time", "boards"]);
        for shard in &self.shards {
            let time = shard.time_s.map_or("unknown".to_owned(), |time| format!("{time:.1} s"));
            let boards = shard.name.rsplit_once(" (").map_or("", |(boards, _)| boards);
            table.add_row([
                &shard.shard.to_string(),
                &shard.cells.to_string(),
                &shard.cores.to_string(),
                &time,
                boards,
            ]);
        }
        table.trim_fmt()
    }
}

/// Returns the cells with their times: those of the last run in the report directory; else those that the cache
/// directory, or without a cache the work directory, has of earlier runs.
fn workload(plan: &Plan, options: &Options, cores: &HashMap<&CoreId, usize>) -> Workload {
    let directories = &options.directories;
    let recorded = RecordedTimes::read(&directories.reports);
    let stored = [
        Costs::load(&CacheLayout::new(directories.cache.clone()).costs()),
        Costs::load(&Layout::new(directories.work.clone()).costs()),
    ];
    let known = |ahead: Ahead| {
        let time = stored.iter().find_map(|costs| ahead.known(costs))?;
        u64::try_from(time.as_micros()).ok()
    };
    let cells: Vec<(usize, Option<u64>)> = plan
        .cells
        .iter()
        .map(|cell| {
            let time = recorded.cell(&cell.id).or_else(|| known(Ahead::of_cell(cell)));
            (cores.get(&cell.core).copied().unwrap_or_default(), time)
        })
        .collect();
    let cores = plan.cores.iter();
    let cores =
        cores.map(|core| recorded.core(&core.id).or_else(|| known(Ahead::of_core(core, Duration::ZERO))));
    Workload::new(&cells, &cores.collect::<Vec<_>>())
}

fn about_loss(loss: Loss, work: &Workload, packing: &Packing) -> String {
    let count = packing.loads.len();
    let is_measured = work.measured > 0;
    let builds = format!("{} cores are built {} times", work.cores.len(), packing.core_builds());
    match loss {
        Loss::NotFaster { shards, longest } => {
            let times = format!(
                " (slot time of the longest: {:.1} s instead of {:.1} s)",
                seconds(packing.longest()),
                seconds(longest)
            );
            format!(
                "{count} shards are hardly faster than {shards}{}; {builds}, because each shard builds the cores of its \
                 cells. `--shards {shards}` needs fewer machines",
                if is_measured { &times } else { "" }
            )
        }
        Loss::MostlyCores { repeated, all } => format!(
            "more than half of the work of {count} shards is cores that another shard builds too{}: {builds}. Fewer \
             shards need less time in all",
            if is_measured {
                format!(" ({:.1} s of {:.1} s)", seconds(repeated), seconds(all))
            } else {
                String::new()
            }
        ),
    }
}

#[allow(clippy::cast_precision_loss)] // a time for people
fn seconds(microseconds: u64) -> f64 {
    (microseconds as f64 / 1e3).round() / 1e3
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
