//! Whether runs are all shards of one run.

use std::collections::{BTreeMap, BTreeSet};

use super::shard_run::ShardRun;
use crate::event::{CellId, ShardInfo};

/// Number of shards or cells that a message lists.
const NAMED: usize = 20;

/// Returns every reason why the runs do not make one run. `runs` is not empty.
pub(super) fn problems(runs: &[ShardRun]) -> Vec<String> {
    let mut problems = Vec::new();
    let (shards, whole): (Vec<&ShardRun>, Vec<&ShardRun>) =
        runs.iter().partition(|run| run.shard().is_some());
    if runs.len() > 1 {
        for run in &whole {
            problems.push(format!(
                "{} is the report of a whole run, not of a shard (--shard)",
                run.dir.display()
            ));
        }
    }
    for run in runs.iter().filter(|run| run.plan.is_none()) {
        let exit = run.exit.map_or("it was killed".to_owned(), |exit| format!("exit code {exit}"));
        problems.push(format!("{} ended before it had a plan ({exit})", run.name()));
    }
    let Some((first, others)) = shards.split_first() else { return problems };
    let Some(of) = first.shard() else { return problems };
    let selection =
        |run: &ShardRun| run.plan.as_ref()?.places.as_ref().map(|places| places.selection.clone());
    let total = |run: &ShardRun| run.plan.as_ref()?.places.as_ref().map(|places| places.total);
    let before = problems.len();
    for run in others {
        let Some(shard) = run.shard() else { continue };
        if shard.matrix != of.matrix {
            problems.push(format!("{} was built from another matrix than {}", run.name(), first.name()));
        } else if shard.count != of.count {
            problems.push(format!("{} and {} are not of one distribution", first.name(), run.name()));
        } else if selection(run).is_some() && selection(first).is_some() && selection(run) != selection(first)
        {
            problems.push(format!("{} has other cells to choose from than {}", run.name(), first.name()));
        }
    }
    if problems.len() > before {
        // Places of different selections can't be compared.
        return problems;
    }
    let twice = twice(&shards);
    if twice.is_empty() {
        problems.extend(overlaps(&shards));
    }
    problems.extend(twice);
    if let Some(total) = shards.iter().find_map(|run| total(run)) {
        problems.extend(missing(&shards, of, total));
    }
    problems
}

/// Returns a line for each shard of which there are several reports.
fn twice(shards: &[&ShardRun]) -> Vec<String> {
    let mut seen: BTreeMap<u32, Vec<&ShardRun>> = BTreeMap::new();
    for run in shards {
        seen.entry(run.shard().map_or(0, |shard| shard.index)).or_default().push(run);
    }
    let several = seen.values().filter(|runs| runs.len() > 1);
    let line = |runs: &Vec<&ShardRun>| {
        let shard = runs[0].shard().map(ToString::to_string).unwrap_or_default();
        let dirs: Vec<String> = runs.iter().map(|run| run.dir.display().to_string()).collect();
        format!("shard {shard} is there {} times: {}", runs.len(), dirs.join(", "))
    };
    several.map(line).collect()
}

/// Returns a line for each pair of shards with a common cell.
fn overlaps(shards: &[&ShardRun]) -> Vec<String> {
    let mut owners: BTreeMap<u32, &ShardRun> = BTreeMap::new();
    let mut pairs: BTreeMap<(String, String), (usize, &CellId)> = BTreeMap::new();
    for run in shards {
        for (place, id) in run.placed() {
            if let Some(owner) = owners.insert(place, run) {
                pairs.entry((owner.name(), run.name())).or_insert((0, id)).0 += 1;
            }
        }
    }
    let line = |((one, other), (number, id)): ((String, String), (usize, &CellId))| {
        let more = if number > 1 { format!(" and {} more cells are", number - 1) } else { " is".to_owned() };
        format!("{id}{more} in {one} and in {other}")
    };
    pairs.into_iter().map(line).collect()
}

/// Returns a line about cells that no shard has. A shard without cells may be missing.
fn missing(shards: &[&ShardRun], of: &ShardInfo, total: u32) -> Option<String> {
    let places: BTreeSet<u32> = shards.iter().flat_map(|run| run.placed().map(|(place, _)| place)).collect();
    let missing = (total as usize).saturating_sub(places.len());
    if missing == 0 {
        return None;
    }
    let there: BTreeSet<u32> = shards.iter().filter_map(|run| Some(run.shard()?.index)).collect();
    let absent: Vec<String> = (1..=of.count)
        .filter(|index| !there.contains(index))
        .map(|index| format!("{index}/{}", of.count))
        .collect();
    let cells = format!("{missing} of {total} cells are in no report");
    Some(match absent.as_slice() {
        // Only a run that ended before its plan is missing then, which another line names.
        [] => cells,
        [one] => format!("shard {one} is missing: {cells}"),
        several if several.len() <= NAMED => format!("shards {} are missing: {cells}", several.join(", ")),
        several => {
            let shown = several[..NAMED].join(", ");
            format!("shards {shown} and {} more are missing: {cells}", several.len() - NAMED)
        }
    })
}
