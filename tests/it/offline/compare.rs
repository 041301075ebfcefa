//! `compare`: thresholds, and a base that is built from a Git revision.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::stub::{sketch, workspace};

fn git(directory: &Path, arguments: &[&str]) {
    let who = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
    let status = Command::new("git").args(who).args(arguments).current_dir(directory).status().unwrap();
    assert!(status.success(), "git {arguments:?}");
}

/// The names of all files below the repository's `.git`, and the content of its index.
fn state(directory: &Path) -> (Vec<String>, Vec<u8>) {
    let files = walkdir::WalkDir::new(directory.join(".git")).sort_by_file_name().into_iter();
    let names = files.map(|entry| entry.unwrap().path().display().to_string()).collect();
    (names, fs::read(directory.join(".git/index")).unwrap())
}

#[test]
fn a_git_revision_is_the_base_and_stays_as_it_is() {
    let workspace = workspace("sketches: [A, B]\nbudgets: {flash: {growth: 10}}\n")
        .sketch("A", &sketch("flash=500 ram=9"))
        .sketch("B", &sketch("flash=500 ram=9"))
        .file(".gitignore", ".fbuild-matrix\n");
    let root = workspace.path("");
    git(&root, &["init", "-q", "-b", "main"]);
    git(&root, &["add", "-A"]);
    git(&root, &["commit", "-q", "-m", "base"]);
    let workspace = workspace.sketch("A", &sketch("flash=520 ram=10"));
    let before = state(&root);
    let run = workspace.run(["run", "matrix.yml", "-b", "uno", "--base", "main"]).assert_exit(1);
    assert_eq!(state(&root), before, "the repository is not changed");
    assert!(
        run.stdout.contains("flash growth budget: +20 of +10 bytes (the base has 500), 10 too many"),
        "{}",
        run.stdout
    );
    let sizes: Value = serde_json::from_str(&run.reports().text("sizes.json")).unwrap();
    assert_eq!(sizes["boards"][0]["sketches"][0]["name"], "A");
    assert_eq!(sizes["boards"][0]["sketches"][0]["sizes"][0]["delta"]["absolute"], 20);
    assert_eq!(sizes["commit_hash"].as_str().unwrap().len(), 40);

    let compare = |more: &[&str]| workspace.run([&["compare", "--base", "HEAD"], more].concat());
    let told = compare(&["--fail-on", "flash+4%,ram+1"]).assert_exit(0).stdout;
    let sizes = told.lines().find(|line| line.contains("uno/A") && line.contains("520")).unwrap_or_default();
    assert_eq!(sizes.split_whitespace().collect::<Vec<_>>(), ["uno/A", "520", "+20", "10", "+1"], "{told}");
    compare(&["--fail-on", "flash+4%,ram"])
        .assert_exit(1)
        .assert_stdout("over ram: uno/A: RAM +1 bytes to 10");
    let json = compare(&["--format", "json", "--fail-on", "flash+19"]).assert_exit(1).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["sizes"][0]["flash"], serde_json::json!({"base": 500, "head": 520}));
    assert_eq!(json["exceeded"][0]["cell"], "uno/A");
    compare(&["--format", "markdown"]).assert_exit(0).assert_stdout("| uno/A | 520 | +20 🔺 | 10 | +1 🔺 |");

    workspace.run(["compare", "--base", "nowhere"]).assert_exit(2).assert_stderr("no such revision");
    workspace.run(["compare", ".fbuild-matrix/reports"]).assert_exit(2).assert_stderr("BASE and HEAD");
    workspace
        .run(["compare", ".fbuild-matrix", ".fbuild-matrix/reports", "--fail-on", "size"])
        .assert_exit(2)
        .assert_stderr("`size` is no threshold");
    // A work directory stands for its reports.
    workspace
        .run(["compare", ".fbuild-matrix", ".", "--fail-on", "results,warnings,flash,ram"])
        .assert_exit(0);
}

#[test]
fn the_base_of_a_shard_has_the_cells_of_the_shard() {
    let workspace = workspace("sketches: [A, B]\n")
        .sketch("A", &sketch("flash=500 ram=9"))
        .sketch("B", &sketch("flash=500 ram=9"))
        .file(".gitignore", "w?\nmerged\n.fbuild-matrix\n");
    let root = workspace.path("");
    git(&root, &["init", "-q", "-b", "main"]);
    git(&root, &["add", "-A"]);
    git(&root, &["commit", "-q", "-m", "base"]);
    let matrix = fs::read_to_string(workspace.path("matrix.yml")).unwrap().replace("[A, B]", "[A, B, New]");
    let workspace = workspace
        .file("matrix.yml", matrix)
        .sketch("A", &sketch("flash=520 ram=9"))
        .sketch("New", &sketch("flash=10 ram=9"));
    let cells = |directory: &str| {
        let junit = crate::support::Reports::new(workspace.path(directory)).junit();
        let mut names: Vec<String> =
            junit.cases().map(|case| format!("{}/{}", case.classname, case.name)).collect();
        names.sort();
        names
    };
    // Some shards have only cells that the base does not have.
    let count = 6;
    let (mut own, mut of_base) = (Vec::new(), Vec::new());
    for index in 1..=count {
        let (work, shard) = (format!("w{index}"), format!("{index}/{count}"));
        let run = ["run", "matrix.yml", "--base", "main", "--shard", &shard, "--work-dir", &work];
        workspace.run(run).assert_exit(0);
        let shard = cells(&format!("{work}/reports"));
        if workspace.path(format!("{work}/base/reports/junit.xml")).exists() {
            let base = cells(&format!("{work}/base/reports"));
            assert!(base.iter().all(|cell| shard.contains(cell)), "{base:?} of {shard:?}");
            of_base.extend(base);
        }
        own.extend(shard);
    }
    of_base.sort();
    assert_eq!((own.len(), of_base), (6, ["mega/A", "mega/B", "uno/A", "uno/B"].map(str::to_owned).into()));

    // The merged run is compared with the bases of all shards.
    let merge = ["merge", "w1", "w2", "w3", "w4", "w5", "w6", "--report-dir", "merged"];
    workspace.run(merge).assert_exit(0);
    let sizes = fs::read_to_string(workspace.path("merged/sizes.json")).unwrap();
    let sizes: Value = serde_json::from_str(&sizes).unwrap();
    let deltas = sizes["boards"].as_array().unwrap().iter().map(|board| {
        let of = |sketch: &Value| sketch["sizes"][0]["delta"]["absolute"].clone();
        board["sketches"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    });
    let deltas: Vec<Vec<Value>> = deltas.collect();
    assert_eq!(serde_json::json!(deltas), serde_json::json!([[20, 0, "N/A"], [20, 0, "N/A"]]));
}
