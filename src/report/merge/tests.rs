//! A run that is cut into shards and merged again is the run that was cut.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{MergeError, MergedRun};
use crate::event::{CellId, CoreInfo, Event, EventKind, JobId, ShardCells, ShardInfo};
use crate::report::file::ReportFile;
use crate::report::jsonl::Jsonl;
use crate::report::junit::Junit;
use crate::report::options::JunitDialect;
use crate::report::report_dir::ReportDir;
use crate::report::reporter::Reporter;
use crate::report::summary::Summary;
use crate::report::testing::Script;
use crate::report::timing::Timing;

/// Returns the events of a shard of the run: those of the cells that it owns, and of their cores.
#[allow(clippy::cast_possible_truncation)] // a few cells
fn shard(events: &[Event], index: u32, count: u32, is_own: impl Fn(&CellId) -> bool) -> Vec<Event> {
    let mut used = BTreeSet::new();
    let mut shard = Vec::new();
    for event in events {
        let mut event = event.clone();
        match &mut event.kind {
            EventKind::RunStarted(info) => {
                info.shard = Some(ShardInfo { index, count, matrix: "m".to_owned() });
            }
            EventKind::Planned { cores, cells, skipped } => {
                let group = |core: &crate::event::CoreId| {
                    cores.iter().position(|it: &CoreInfo| it.id == *core).unwrap() as u32
                };
                let all = cells.iter().map(|cell| &cell.id).chain(skipped.iter().map(|cell| &cell.id));
                let places = ShardCells {
                    selection: "s".to_owned(),
                    total: (cells.len() + skipped.len()) as u32,
                    places: all.enumerate().filter(|(_, id)| is_own(id)).map(|(at, _)| at as u32).collect(),
                    groups: cells
                        .iter()
                        .filter(|cell| is_own(&cell.id))
                        .map(|cell| group(&cell.core))
                        .collect(),
                };
                shard.push(Event { at: event.at, kind: EventKind::ShardPlanned(places) });
                cells.retain(|cell| is_own(&cell.id));
                skipped.retain(|cell| is_own(&cell.id));
                used = cells.iter().map(|cell| cell.core.clone()).collect();
                cores.retain(|core| used.contains(&core.id));
            }
            _ => {}
        }
        let job = match &event.kind {
            EventKind::JobStarted { job } | EventKind::JobPhase { job, .. } => Some(job),
            EventKind::StepFinished(step) => Some(&step.job),
            EventKind::JobFinished(result) => Some(&result.job),
            _ => None,
        };
        let is_wanted = match job {
            Some(JobId::Cell(id)) => is_own(id),
            Some(JobId::Core(id)) => used.contains(id),
            None => true,
        };
        if is_wanted {
            shard.push(event);
        }
    }
    shard
}

fn write(directory: &Path, events: &[Event]) -> PathBuf {
    fs::create_dir_all(directory).unwrap();
    let lines: String = events.iter().map(|event| serde_json::to_string(event).unwrap() + "\n").collect();
    fs::write(directory.join(Jsonl::NAME), lines).unwrap();
    directory.to_owned()
}

/// Returns `junit.xml`, `timing.json` and `summary.md` of a run in `/here`.
fn reports(events: &[Event]) -> (String, Value, String) {
    let directory = tempfile::tempdir().unwrap();
    let place = ReportDir::new(directory.path().to_owned(), Vec::new());
    let file = |name| ReportFile::create(&place, name).unwrap();
    let mut all: [Box<dyn Reporter>; 3] = [
        Box::new(Junit::new(file("j"), "/here".into(), JunitDialect::Default)),
        Box::new(Timing::new(file("t"))),
        Box::new(Summary::new(file("s"), Path::new("/here"))),
    ];
    for reporter in &mut all {
        for event in events {
            reporter.report(event).unwrap();
        }
        reporter.finish().unwrap();
    }
    let read = |name| fs::read_to_string(directory.path().join(name)).unwrap();
    (read("j"), serde_json::from_str(&read("t")).unwrap(), read("s"))
}

fn merge(directories: &[PathBuf]) -> Result<MergedRun, MergeError> {
    MergedRun::read(directories, Path::new("/nowhere/reports"))
}

/// Cuts the mixed run by the numbers of its cells.
fn cut(root: &Path, count: u32, shard_of: impl Fn(&CellId) -> u32) -> Vec<PathBuf> {
    let events = Script::mixed().events();
    (1..=count)
        .map(|index| {
            let own = shard(&events, index, count, |id| shard_of(id) == index);
            write(&root.join(format!("s{index}")), &own)
        })
        .collect()
}

fn by_board(id: &CellId) -> u32 {
    if &*id.board == "mega" { 2 } else { 1 }
}

#[test]
fn shards_by_board_are_the_whole_run_to_the_byte() {
    let root = tempfile::tempdir().unwrap();
    let mut directories = cut(root.path(), 2, by_board);
    directories.reverse();
    let merged = merge(&directories).unwrap();
    assert_eq!((merged.exit, merged.warnings.len(), merged.directory.as_path()), (1, 0, Path::new("/here")));
    let (junit, timing, summary) = reports(&Script::mixed().events());
    let (merged_junit, merged_timing, merged_summary) = reports(&merged.events);
    assert_eq!(merged_junit, junit);
    assert_eq!(merged_timing["jobs"], timing["jobs"]);
    assert_eq!(merged_timing["run"]["phases"], timing["run"]["phases"]);
    assert_eq!(merged_summary, summary);
    // The slots of two machines.
    assert_eq!(merged_timing["slots"]["count"], 4);
    assert_eq!(merged_timing["run"]["jobs"], 4);
    assert!(merged.events.is_sorted_by_key(|event| event.at));
}

#[test]
fn a_core_that_two_shards_built_is_one_core() {
    let root = tempfile::tempdir().unwrap();
    let directories = cut(root.path(), 2, |id| if &*id.sketch == "Blink" { 1 } else { 2 });
    // On the second machine, the same core has another id.
    let path = directories[1].join(Jsonl::NAME);
    let text = fs::read_to_string(&path).unwrap().replace("uno-1f2e3d4c", "uno-ffffffff");
    fs::write(&path, text).unwrap();
    let merged = merge(&directories).unwrap();
    let (junit, timing, _) = reports(&Script::mixed().events());
    let (merged_junit, merged_timing, _) = reports(&merged.events);
    assert_eq!(merged_junit, junit);
    let ids = |timing: &Value| -> Vec<String> {
        timing["jobs"].as_array().unwrap().iter().map(|job| job["id"].to_string()).collect()
    };
    assert_eq!(ids(&merged_timing), ids(&timing));
}

#[test]
fn machines_that_began_later_or_elsewhere_fit_in() {
    let root = tempfile::tempdir().unwrap();
    let directories = cut(root.path(), 2, by_board);
    let path = directories[1].join(Jsonl::NAME);
    let text = fs::read_to_string(&path).unwrap();
    let text = text.replace("\"started_unix\":1700000000", "\"started_unix\":1700000007");
    fs::write(&path, text.replace("/here", "/elsewhere/deep")).unwrap();
    let merged = merge(&directories).unwrap();
    let (junit, _, _) = reports(&Script::mixed().events());
    let (merged_junit, timing, _) = reports(&merged.events);
    assert_eq!(merged_junit, junit, "times and paths are those of one run");
    assert_eq!(timing["run"]["wall_s"], 8.52);
    let mega = timing["jobs"].as_array().unwrap().iter().find(|job| job["id"] == "mega/Blink").unwrap();
    assert_eq!(mega["start_s"], 7.12);
}

#[test]
fn artifacts_in_directories_of_a_directory_are_found() {
    let root = tempfile::tempdir().unwrap();
    cut(&root.path().join("a"), 2, by_board);
    let output = write(&root.path().join("merged"), &Script::mixed().events());
    let all = [root.path().to_owned()];
    assert_eq!(MergedRun::read(&all, &output).unwrap().sources.len(), 2);
    let error = merge(&all).unwrap_err().to_string();
    assert!(error.contains("merged is the report of a whole run"), "{error}");
    let empty = tempfile::tempdir().unwrap();
    let error = merge(&[empty.path().to_owned()]).unwrap_err().to_string();
    assert!(error.contains("has no events.jsonl"), "{error}");
}

#[test]
fn what_is_missing_or_there_twice_or_of_another_matrix_is_named() {
    let root = tempfile::tempdir().unwrap();
    let three = |id: &CellId| match &*id.board {
        "uno" => 1,
        "mega" => 2,
        _ => 3,
    };
    let directories = cut(root.path(), 3, three);
    let message = |directories: &[PathBuf]| merge(directories).unwrap_err().to_string();
    let lost = message(&[directories[0].clone(), directories[2].clone()]);
    assert!(lost.contains("shard 2/3 is missing: 3 of 7 cells are in no report"), "{lost}");
    let lost = message(&directories[..1]);
    assert!(lost.contains("shards 2/3, 3/3 are missing: 4 of 7 cells"), "{lost}");

    let again =
        write(&root.path().join("again"), &shard(&Script::mixed().events(), 2, 3, |id| three(id) == 2));
    let twice = message(&[directories.clone(), vec![again]].concat());
    assert!(twice.contains("shard 2/3 is there 2 times") && twice.contains("again"), "{twice}");

    let more = write(&root.path().join("more"), &shard(&Script::mixed().events(), 2, 3, |id| three(id) < 3));
    let overlap = message(&[directories[0].clone(), more, directories[2].clone()]);
    assert!(overlap.contains("uno/Blink and 2 more cells are in shard 1/3"), "{overlap}");

    let altered = |from: &str, to: &str| {
        let path = directories[1].join(Jsonl::NAME);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let error = message(&directories);
        fs::write(&path, text).unwrap();
        error
    };
    let matrix = altered("\"matrix\":\"m\"", "\"matrix\":\"n\"");
    assert!(matrix.contains("s2) was built from another matrix than shard 1/3"), "{matrix}");
    let selection = altered("\"selection\":\"s\"", "\"selection\":\"t\"");
    assert!(selection.contains("has other cells to choose from"), "{selection}");
    let count = altered("\"count\":3", "\"count\":4");
    assert!(count.contains("not of one distribution"), "{count}");
    assert!(merge(&directories).is_ok());
}

#[test]
fn a_shard_that_was_killed_is_named_and_its_cells_are_reported() {
    let root = tempfile::tempdir().unwrap();
    let directories = cut(root.path(), 2, by_board);
    let path = directories[1].join(Jsonl::NAME);
    let text = fs::read_to_string(&path).unwrap();
    let planned = text.find("\"planned\"").unwrap();
    let end = planned + text[planned..].find('\n').unwrap() + 1;
    fs::write(&path, &text[..end]).unwrap();
    let merged = merge(&directories).unwrap();
    assert!(merged.warnings[0].contains("shard 2/2"), "{:?}", merged.warnings);
    assert_eq!(merged.exit, 1);
    let (junit, _, _) = reports(&merged.events);
    assert!(junit.contains("tests=\"7\"") && junit.contains("interrupted before it was built"), "{junit}");

    let before = text[..planned].rfind('\n').unwrap() + 1;
    fs::write(&path, &text[..before]).unwrap();
    let error = merge(&directories).unwrap_err().to_string();
    assert!(error.contains("ended before it had a plan (it was killed)"), "{error}");
}
