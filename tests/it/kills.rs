//! `kill -9` at any moment: the next run is right without cleaning, and no compiler outlives it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::failures_core::{alive, assert_gone, core, workspace};
use crate::processes::{at_work_in, hanging, start, temporary, wait_for};
use crate::support::Workspace;

/// Ten sketches for three boards of a small core, whose header `level.h` every source reads.
fn thirty_cells() -> Workspace {
    let board = |name: &str| {
        format!(
            "  {name}: {{fqbn: \"mini:mcu:uno\", properties: {{build.extra_flags: \"-DBOARD_{name}\"}}}}\n"
        )
    };
    let boards = ["a", "b", "c"].map(board).concat();
    let matrix = format!("version: 1\ncores:\n{}boards:\n{boards}sketches: [\"s/*\"]\n", core());
    let workspace = workspace()
        .file(
            "core/cores/mini/Arduino.h",
            "#pragma once\n#include <stdint.h>\n#include <level.h>\nvoid setup();\nvoid loop();\n",
        )
        .file("core/cores/mini/level.h", "")
        .file("m.yml", matrix);
    (0..10).fold(workspace, |workspace, number| {
        let text = format!("volatile int x;\nvoid setup() {{ x = LEVEL * {number}; }}\nvoid loop() {{}}\n");
        workspace.sketch(&format!("s/S{number}"), &text)
    })
}

fn set_level(workspace: &Workspace, level: usize) {
    let text = format!("#define LEVEL {}\n", level + 1);
    fs::write(workspace.path("core/cores/mini/level.h"), text).unwrap();
}

/// What is there when a run begins that will be killed.
#[derive(Debug, Clone, Copy)]
enum Before {
    /// Nothing.
    Cold,
    /// The compiler cache, as earlier kills have left it.
    Cache,
    /// The work directory too; but a header that every source reads has changed.
    All,
}

/// Numbers that are the same in every run (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

fn remove(path: &Path) {
    // It may not be there yet.
    let _ = fs::remove_dir_all(path);
}

/// Kills cold runs of 30 cells at `moments` moments; each is followed by a run that has to be right.
fn killed_at(moments: u64, seed: u64) {
    let workspace = thirty_cells();
    let (work, cache) = (workspace.path(".fbuild-matrix"), workspace.cache().join("zccache"));
    let clean = |level| -> (BTreeMap<PathBuf, Vec<u8>>, Duration) {
        set_level(&workspace, level);
        remove(&work);
        let began = Instant::now();
        let firmware = workspace.run(["run", "m.yml", "--no-cache"]).assert_exit(0).firmware();
        (firmware, began.elapsed())
    };
    let right = [clean(0), clean(1)];
    assert_ne!(right[0].0, right[1].0, "the header matters");
    assert_eq!(right[0].0.len(), 30);
    let length = u64::try_from(right[1].1.as_millis()).unwrap();
    remove(&work);

    let mut random = Random(seed);
    let (mut level, mut killed) = (0, 0);
    for moment in 0..moments {
        let before = [Before::Cold, Before::Cache, Before::All][usize::try_from(random.next() % 3).unwrap()];
        level = 1 - level;
        set_level(&workspace, level);
        if !matches!(before, Before::All) {
            remove(&work);
        }
        // What the run before has kept whole would leave this one nothing to do.
        remove(&workspace.cache().join("artifacts"));
        if matches!(before, Before::Cold) {
            remove(&cache);
            remove(&workspace.cache().join("staging"));
            let _ = ["memo", "scans"].map(|name| fs::remove_file(workspace.cache().join(name)));
        }
        let after = Duration::from_millis(random.next() % length);
        let mut child = start(&workspace, &["run", "m.yml"]);
        std::thread::sleep(after);
        killed += usize::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        let next = workspace.run(["run", "m.yml"]).assert_exit(0);
        let told = format!("moment {moment}: {before:?}, killed after {after:?} of {length} ms");
        assert_eq!(next.firmware(), right[level].0, "{told}");
        assert_eq!(next.reports().junit().cases().count(), 30, "{told}");
        assert_eq!(at_work_in(&workspace), Vec::<String>::new(), "{told}: no compiler lives");
        assert_eq!(temporary(&work.join("cells")), Vec::<String>::new(), "{told}");
    }
    assert!(killed * 4 > usize::try_from(moments).unwrap(), "only {killed} runs of {moments} were killed");
}

#[test]
fn a_run_that_is_killed_leaves_nothing_that_the_next_one_believes() {
    killed_at(8, 1);
}

#[test]
#[ignore = "minutes: `just kills`"]
fn fifty_kills() {
    killed_at(50, 2);
}

/// A process of somebody else with the directory and the bare environment of our own.
fn bystander(workspace: &Workspace) -> std::process::Child {
    let work = workspace.path(".fbuild-matrix");
    std::process::Command::new("/bin/sleep")
        .arg("600")
        .current_dir(&work)
        .env_clear()
        .env("TMPDIR", work.join("tmp"))
        .env("LC_ALL", "C")
        .spawn()
        .unwrap()
}

/// What hangs is not ended by the kill of the run that started it, at least not what the compiler itself
/// has started. It would write what the next run is writing.
fn left_behind(arguments: &[&str]) {
    let workspace = hanging();
    let mut child = start(&workspace, arguments);
    let (pid, grandchild) = (workspace.path("slow.pid"), workspace.path("slow.child"));
    wait_for("the compiler", &mut child, || pid.exists());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(alive(&grandchild), "this test shows nothing: all has ended with the run");
    let mut bystander = bystander(&workspace);
    let text = fs::read_to_string(workspace.path("m.yml")).unwrap();
    let rest = text.replace("sketches: [A, Slow, Z]", "sketches: [A, Z]");
    workspace.clone().file("rest.yml", rest);
    workspace.run(["run", "rest.yml", arguments.last().unwrap()]).assert_exit(0);
    assert_gone(&pid);
    assert_gone(&grandchild);
    assert!(bystander.try_wait().unwrap().is_none(), "a process that is not ours was ended");
    bystander.kill().unwrap();
    bystander.wait().unwrap();
}

#[test]
fn what_a_killed_run_left_behind_ends_with_the_next_one() {
    left_behind(&["run", "m.yml", "--no-cache"]);
}

#[test]
fn what_the_cache_of_a_killed_run_left_behind_ends_with_the_next_one() {
    left_behind(&["run", "m.yml", "--quiet"]);
}
