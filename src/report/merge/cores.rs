//! The cores of all shards. A core that several shards have built is one core of the combined run.

use std::collections::HashMap;
use std::sync::Arc;

use super::shard_run::ShardRun;
use crate::event::{CoreId, CoreInfo, EventKind, JobId, Outcome};

/// The cores of the combined run.
#[derive(Debug, Default)]
pub(super) struct Cores {
    /// For each run, its core ids and those of the combined run.
    names: Vec<HashMap<CoreId, CoreId>>,
    /// The run whose build of a core is reported.
    chosen: HashMap<CoreId, usize>,
}

impl Cores {
    /// Unites the cores. Two are one if they have an id in common, or a group of cells ([`ShardCells::groups`]): the id
    /// contains paths, which differ between machines.
    ///
    /// [`ShardCells::groups`]: crate::event::ShardCells::groups
    pub(super) fn of(runs: &[ShardRun]) -> Self {
        let mut united: HashMap<Label, CoreId> = HashMap::new();
        let mut cores = Self { names: vec![HashMap::new(); runs.len()], chosen: HashMap::new() };
        for run in runs {
            for (core, groups) in groups(run) {
                let labels: Vec<Label> =
                    groups.into_iter().map(Label::Group).chain([Label::Id(core.clone())]).collect();
                let known: Vec<CoreId> =
                    labels.iter().filter_map(|label| united.get(label).cloned()).collect();
                let name = known.first().cloned().unwrap_or_else(|| core.clone());
                for other in united.values_mut().filter(|other| known.contains(other)) {
                    *other = name.clone();
                }
                united.extend(labels.into_iter().map(|label| (label, name.clone())));
            }
        }
        for (at, run) in runs.iter().enumerate() {
            for (core, _) in groups(run) {
                let name = united.get(&Label::Id(core.clone())).cloned().unwrap_or_else(|| core.clone());
                cores.names[at].insert(core, name);
            }
        }
        cores.choose(runs);
        cores
    }

    /// Chooses for each core the run that tells most: one in which it failed, else one that built it, else the first.
    fn choose(&mut self, runs: &[ShardRun]) {
        let mut ranks: HashMap<CoreId, u8> = HashMap::new();
        for (at, run) in runs.iter().enumerate() {
            for event in &run.events {
                let EventKind::JobFinished(result) = &event.kind else { continue };
                let JobId::Core(core) = &result.job else { continue };
                let rank = match result.outcome {
                    Outcome::Built => 2,
                    Outcome::UpToDate => 1,
                    Outcome::Cancelled { .. } => 0,
                    _ => 3,
                };
                let name = self.name(at, core);
                if ranks.get(&name).is_none_or(|best| rank > *best) {
                    ranks.insert(name.clone(), rank);
                    self.chosen.insert(name, at);
                }
            }
        }
    }

    /// Returns the id of a run's core in the combined run.
    pub(super) fn name(&self, run: usize, core: &CoreId) -> CoreId {
        self.names.get(run).and_then(|names| names.get(core)).unwrap_or(core).clone()
    }

    /// Returns the id of a run's job in the combined run; `None` for a core whose build in another run is reported.
    pub(super) fn job(&self, run: usize, job: JobId) -> Option<JobId> {
        match job {
            JobId::Core(core) => {
                let name = self.name(run, &core);
                let is_chosen = self.chosen.get(&name).is_none_or(|chosen| *chosen == run);
                is_chosen.then_some(JobId::Core(name))
            }
            cell @ JobId::Cell(_) => Some(cell),
        }
    }

    /// Returns the cores, in the order of their first cells in `cells`: board, id of the core.
    pub(super) fn infos(&self, runs: &[ShardRun], cells: &[(Arc<str>, CoreId)]) -> Vec<CoreInfo> {
        let mut infos: HashMap<CoreId, CoreInfo> = HashMap::new();
        for (at, run) in runs.iter().enumerate() {
            for core in run.plan.iter().flat_map(|plan| &plan.cores) {
                let id = self.name(at, &core.id);
                infos.entry(id.clone()).or_insert_with(|| CoreInfo {
                    id,
                    boards: Vec::new(),
                    ..core.clone()
                });
            }
        }
        let mut order: Vec<CoreId> = Vec::new();
        for (board, core) in cells {
            let Some(info) = infos.get_mut(core) else { continue };
            if !info.boards.contains(board) {
                info.boards.push(board.clone());
            }
            if info.boards.len() == 1 && !order.contains(core) {
                order.push(core.clone());
            }
        }
        order.into_iter().filter_map(|core| infos.remove(&core)).collect()
    }
}

/// What cores have in common.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Label {
    Group(u32),
    Id(CoreId),
}

/// Returns the cores of a run with the groups of their cells, in the order of the plan.
fn groups(run: &ShardRun) -> Vec<(CoreId, Vec<u32>)> {
    let Some(plan) = &run.plan else { return Vec::new() };
    let mut groups: HashMap<&CoreId, Vec<u32>> = HashMap::new();
    let of_cells = plan.places.iter().flat_map(|places| &places.groups);
    for (cell, group) in plan.cells.iter().zip(of_cells) {
        let known = groups.entry(&cell.core).or_default();
        if !known.contains(group) {
            known.push(*group);
        }
    }
    plan.cores.iter().map(|core| (core.id.clone(), groups.remove(&core.id).unwrap_or_default())).collect()
}
