//! What goes first, and what does not go at once: by what steps took in earlier runs. Firmware is the same
//! whatever the order; that is the subject of `identity`.

use std::fs;
use std::time::Duration;

use fbuild_matrix::budget::{Costs, Subject};
use fbuild_matrix::pipeline::Ahead;
use fbuild_matrix::plan::Family;

use crate::failures_core::{EMPTY, core, script, tools, workspace};
use crate::support::{Finished, Workspace};

/// A workspace with these sketches, whose links run this before the linker.
fn linking(sketches: &[&str], before: &str) -> Workspace {
    let linker = tools().join("bin/avr-gcc");
    let text = format!("case \"$*\" in *.elf*)\n{before}\n;; esac\nexec \"{}\" \"$@\"\n", linker.display());
    let mut workspace = script(workspace(), "link", &text);
    for sketch in sketches {
        workspace = workspace.sketch(sketch, EMPTY);
    }
    let link = workspace.path("link").display().to_string();
    let boards =
        format!("boards:\n  uno: {{fqbn: \"mini:mcu:uno\", properties: {{compiler.link: \"{link}\"}}}}\n");
    let matrix = format!("version: 1\ncores:\n{}{boards}sketches: [{}]\n", core(), sketches.join(", "));
    workspace.file("m.yml", matrix)
}

/// Builds all of it anew, with nothing but what is remembered of earlier runs.
#[track_caller]
fn build(workspace: &Workspace, more: &[&str]) -> Finished {
    for part in ["cells", "cores", "units"] {
        let _ = fs::remove_dir_all(workspace.path(".fbuild-matrix").join(part));
    }
    let _ = fs::remove_dir_all(workspace.cache().join("artifacts"));
    workspace.run(["run", "m.yml"].iter().chain(more)).assert_exit(0)
}

/// The sketches in the order in which their cells began.
fn began(run: &Finished) -> Vec<String> {
    let events = run.reports().events();
    let started = events.iter().filter(|event| event["event"] == "job_started");
    started.filter_map(|event| event["job"]["cell"]["sketch"].as_str().map(str::to_owned)).collect()
}

/// What is remembered of the end of a cell.
fn end_of(sketch: &str) -> Subject {
    Ahead::cell("uno", sketch, &Family::of("mcu")).end
}

#[test]
fn what_took_longest_begins_first_and_what_is_not_known_before_it() {
    let workspace = linking(&["A", "B", "C"], "case \"$*\" in *B.ino.elf*) sleep 1;; esac");
    let one = ["--sketch-jobs", "1", "--no-cache"];
    assert_eq!(began(&build(&workspace, &one)), ["A", "B", "C"]);
    assert_eq!(began(&build(&workspace, &one))[0], "B");
    // Who stops at a failure wants to meet the same one again.
    assert_eq!(began(&build(&workspace, &[one.as_slice(), &["--fail-fast"]].concat())), ["A", "B", "C"]);

    let matrix = fs::read_to_string(workspace.path("m.yml")).unwrap().replace("A, B, C", "A, B, C, E, D");
    let workspace = workspace.sketch("D", EMPTY).sketch("E", EMPTY).file("m.yml", matrix);
    assert_eq!(began(&build(&workspace, &one))[..3], ["E", "D", "B"]);

    // Without the cache its directory is left alone; with it, nothing is known there yet.
    assert!(!workspace.cache().join("costs").exists());
    assert_eq!(began(&build(&workspace, &one[..2])), ["A", "B", "C", "E", "D"]);
    assert!(workspace.cache().join("costs").exists());
    workspace.run(["cache", "clear"]).assert_exit(0);
    assert!(!workspace.cache().join("costs").exists());
}

#[test]
fn memory_of_what_takes_its_time_is_remembered() {
    // `tail` keeps what might be the end.
    let hold = "{ head -c 80M /dev/zero; sleep 1; } | tail -c 80M > /dev/null";
    let workspace = linking(&["Large", "Small"], &format!("case \"$*\" in *Large*) {hold};; esac"));
    build(&workspace, &[]);
    let costs = Costs::load(&workspace.cache().join("costs"));
    let (large, small) = (costs.known(&end_of("Large")), costs.known(&end_of("Small")));
    assert!(large.memory > Some(80 << 20), "{large:?}");
    assert!(large.time > Some(Duration::from_secs(1)), "{large:?}");
    assert!(small.time.is_some() && small.memory < Some(40 << 20), "{small:?}");
}

/// Both links wait for each other for as long as `patience` says, in tenths of a second.
const MEET: &str = "mkdir \"$0.busy\" || touch \"$0.met\"
n=0
while [ ! -e \"$0.met\" ] && [ $n -lt $(cat \"$0.patience\") ]; do n=$((n + 1)); sleep 0.1; done
rmdir \"$0.busy\" 2> /dev/null";

#[test]
fn links_that_take_more_memory_than_there_is_run_one_after_the_other() {
    let workspace = linking(&["A", "B"], MEET).file("link.patience", "300");
    let two = ["-j", "2"];
    build(&workspace, &two);
    let met = workspace.path("link.met");
    assert!(met.exists(), "nothing keeps them apart");

    // As measured on another machine: each takes a terabyte.
    let path = workspace.cache().join("costs");
    let costs = Costs::load(&path);
    for sketch in ["A", "B"] {
        let mut ahead = Ahead::cell("uno", sketch, &Family::of("mcu"));
        ahead.spent(Duration::from_secs(1), Some(1 << 40));
        ahead.learn_end(&costs, true);
    }
    costs.save(&path).unwrap();
    fs::remove_file(&met).unwrap();
    let workspace = workspace.file("link.patience", "10");
    build(&workspace, &two);
    assert!(!met.exists(), "they ran at once");
}
