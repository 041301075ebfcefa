//! `cache stats|gc|clear`, on a cache that real builds filled.

use std::fs;

use crate::failures_core::{EMPTY, matrix, workspace};
use crate::support::Workspace;

/// A workspace whose cache directory a run has filled.
fn filled() -> Workspace {
    let workspace =
        workspace().sketch("s/A", EMPTY).sketch("s/B", "int b;\nvoid setup() { b = 1; }\nvoid loop() {}\n");
    let workspace = workspace.file("m.yml", matrix("sketches: [\"s/*\"]\n"));
    workspace.run(["run", "m.yml"]).assert_exit(0);
    workspace
}

/// The number of files that `cache stats` counts in a part.
#[track_caller]
fn files(workspace: &Workspace, part: &str) -> u64 {
    let stats = workspace.run(["cache", "stats"]).assert_exit(0).stdout;
    let line = stats.lines().find(|line| line.trim_start().starts_with(part)).unwrap();
    let (before, _) = line.split_once(" files").unwrap();
    before.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn stats_count_what_is_there() {
    let workspace = filled();
    for part in ["objects", "artifacts", "memo", "packages"] {
        assert!(files(&workspace, part) > 0, "{part}");
    }
    let artifacts = walkdir::WalkDir::new(workspace.cache().join("artifacts")).into_iter();
    let there = artifacts.filter(|entry| entry.as_ref().unwrap().file_type().is_file()).count();
    assert_eq!(files(&workspace, "artifacts"), there as u64);
}

#[test]
fn gc_removes_what_does_not_fit_and_the_next_run_is_right() {
    let workspace = filled();
    let first = workspace.run(["run", "m.yml"]).assert_exit(0).firmware();
    workspace.run(["cache", "gc"]).assert_exit(0).assert_stdout("artifacts: 0 of");
    let before = files(&workspace, "artifacts");
    workspace.run(["cache", "gc", "--max-size", "1"]).assert_exit(0).assert_stdout("freed");
    assert!(before > 0 && files(&workspace, "artifacts") == 0);
    fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
    let again = workspace.run(["run", "m.yml"]).assert_exit(0);
    assert_eq!(again.firmware(), first);
    assert!(files(&workspace, "artifacts") > 0);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    workspace.run(["cache", "gc", "--max-age", "1s"]).assert_exit(0);
    assert_eq!(files(&workspace, "artifacts"), 0);
    for bad in [["--max-size", "much"], ["--max-age", "long"]] {
        let run = workspace.run(["cache", "gc"].into_iter().chain(bad)).assert_exit(2);
        assert!(run.stderr.contains(bad[0]), "{}", run.stderr);
    }
}

#[test]
fn clear_leaves_cores_and_tools() {
    let workspace = filled();
    workspace.run(["cache", "clear"]).assert_exit(0).assert_stdout("freed");
    for part in ["objects", "artifacts", "memo"] {
        assert_eq!(files(&workspace, part), 0, "{part}");
    }
    assert!(files(&workspace, "packages") > 0);
    workspace.run(["run", "m.yml"]).assert_exit(0);
}
