//! A run installs only what its cells need: two cores of an index on loopback, whose compilers only pretend.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::offline::stub;
use crate::support::{Reports, Vendor, Verdict, Workspace, packed_directory};

/// A vendor with the cores `one:sim` and `two:sim`, each with a tool of its own, and the library `Lib`.
fn vendor(workspace: &Workspace) -> Vendor {
    let mut vendor = Vendor::new();
    vendor.library("Lib", "1.0.0", &["Base"]);
    vendor.library("Base", "1.0.0", &[]);
    for (name, tool) in [("one", "tool-one"), ("two", "tool-two")] {
        let directory = workspace.path(format!("packed/{tool}"));
        fs::create_dir_all(directory.join("bin")).unwrap();
        fs::copy(stub::tool(), directory.join("bin/stub-gcc")).unwrap();
        vendor.tool(tool, "1.0.0", packed_directory(&directory));
        let platform = stub::PLATFORM.replace("runtime.tools.stub", &format!("runtime.tools.{tool}"));
        let entries = [
            ("platform.txt", platform.as_str()),
            ("boards.txt", stub::BOARDS),
            ("cores/stub/Arduino.h", "#pragma once\nvoid setup();\nvoid loop();\n"),
            ("cores/stub/main.cpp", "#include <Arduino.h>\nint main() { setup(); for (;;) loop(); }\n"),
            ("libraries/Own/library.properties", "name=Own\nversion=1.0.0\n"),
            ("libraries/Own/src/Own.h", ""),
            ("libraries/Own/examples/Ex/Ex.ino", "void setup() {}\nvoid loop() {}\n"),
        ];
        vendor.platform(&format!("{name}:sim"), "1.0.0", &entries, &[(tool, "1.0.0")]);
    }
    vendor
}

/// A project with a board of each core; `rest` follows the boards.
struct Project {
    vendor: Vendor,
    workspace: Workspace,
    caches: usize,
}

impl Project {
    fn new(rest: &str) -> Self {
        let workspace = Workspace::new();
        let vendor = vendor(&workspace);
        let core = |name: &str| format!("  {name}:sim: {{provider: index, url: \"{}\"}}\n", vendor.index());
        let matrix = format!(
            "version: 1\ncores:\n{}{}boards: {{a: \"one:sim:uno\", b: \"two:sim:mega\"}}\n{}{rest}",
            core("one"),
            core("two"),
            vendor.mirrors()
        );
        let workspace = workspace
            .file("m.yml", matrix)
            .sketch("s/Fine", &stub::sketch("fine"))
            .sketch("s/Other", &stub::sketch("fine"));
        Self { vendor, workspace, caches: 0 }
    }

    /// The archives that a command with an empty cache directory fetches, without version and extension.
    fn fetched(&mut self, arguments: &[&str], exit: i32) -> String {
        self.caches += 1;
        self.fetched_into(&format!("cache{}", self.caches), arguments, exit)
    }

    fn fetched_into(&self, cache: &str, arguments: &[&str], exit: i32) -> String {
        let before = self.vendor.server.requests().len();
        let cache = self.workspace.path(cache);
        let cache = cache.to_str().unwrap();
        let more = ["--cache-dir", cache];
        let finished = self.workspace.run(arguments.iter().chain(&more)).assert_exit(exit);
        assert!(!finished.stderr.contains("no longer"), "{}", finished.stderr);
        let requests = self.vendor.server.requests().split_off(before);
        let names = requests.iter().filter_map(|request| {
            let name = request.path.trim_start_matches('/').strip_suffix(".tar.gz")?;
            Some(name.trim_end_matches("-own").trim_end_matches("-1.0.0").to_owned())
        });
        names.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ")
    }

    /// The packages that the last run has reported, with their boards.
    fn reported(&self) -> String {
        let text = fs::read_to_string(self.workspace.path(".fbuild-matrix/reports/events.jsonl")).unwrap();
        let mut events = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let resolved = events.rfind(|event| event["event"] == "resolved").unwrap();
        let packages = resolved["packages"].as_array().unwrap().iter();
        let shown = packages.map(|it| format!("{}{}", it["name"].as_str().unwrap(), it["boards"]));
        shown.collect::<Vec<_>>().join(" ")
    }
}

const ONE: &str = "one-sim tool-one";
const TWO: &str = "tool-two two-sim";
const BOTH: &str = "one-sim tool-one tool-two two-sim";

#[test]
fn the_selected_boards_alone() {
    let mut project = Project::new(
        "sketches: ['s/*']\nlibraries: [{name: Lib, boards: b}]\nexclude: [{sketch: Other, board: b, reason: x}]\n",
    );
    assert_eq!(project.fetched(&["run", "m.yml", "-b", "a"], 0), ONE);
    assert_eq!(project.reported(), r#"one:sim["a"] mini:tool-one["a"]"#);
    assert_eq!(project.fetched(&["run", "m.yml", "-E", "core = 'one:sim'"], 0), ONE);
    assert_eq!(project.fetched(&["plan", "m.yml", "-s", "Other"], 0), "one-sim");
    assert_eq!(project.fetched(&["run", "m.yml", "-b", "b"], 0), format!("Base Lib {TWO}"));
    assert_eq!(project.fetched(&["core", "install", "m.yml"], 0), format!("Base Lib {BOTH}"));

    // What is not selected stays: firmware, and what was resolved.
    assert!(project.workspace.path(".fbuild-matrix/cells/a/s/Fine/Fine.ino.hex").is_file());
    project.fetched_into("one", &["run", "m.yml", "-b", "a"], 0);
    project.fetched_into("one", &["run", "m.yml", "-b", "b"], 0);
    assert_eq!(project.fetched_into("one", &["run", "m.yml", "--offline"], 0), "");

    // The lock file is that of the whole matrix.
    project.workspace.run(["core", "lock", "m.yml"]).assert_exit(0);
    assert_eq!(project.fetched(&["run", "m.yml", "--locked", "-b", "a"], 0), ONE);
    let lock = project.workspace.path("m.lock");
    let text = fs::read_to_string(&lock).unwrap();
    fs::write(&lock, text.replace("two:sim", "gone:sim")).unwrap();
    let locked = project.workspace.run(["run", "m.yml", "--locked", "-b", "a"]);
    let _ = locked.assert_exit(3).assert_stderr("core two:sim is not in the lock file");
    let run = project.workspace.run(["run", "m.yml", "-b", "a"]).assert_exit(0);
    assert!(!run.stderr.contains("without the lock file"), "{}", run.stderr);
}

#[test]
fn each_shard_its_own() {
    let mut project = Project::new("sketches: ['s/*']\n");
    assert_eq!(project.fetched(&["run", "m.yml", "--shard", "1/2", "--report-dir", "r/1"], 0), ONE);
    assert_eq!(project.fetched(&["run", "m.yml", "--shard", "2/2", "--report-dir", "r/2"], 0), TWO);
    let merged = project.workspace.run(["merge", "r"]).assert_exit(0);
    let _ = merged.assert_stdout("4 built");
    assert_eq!(
        project.fetched(&["plan", "m.yml", "--shards", "2", "--out", "plan.json"], 0),
        "one-sim two-sim"
    );
    // Recorded times decide which shard is which.
    let fetched =
        ["1", "2"].map(|shard| project.fetched(&["run", "--plan", "plan.json", "--shard", shard], 0));
    assert!(fetched.contains(&ONE.to_owned()) && fetched.contains(&TWO.to_owned()), "{fetched:?}");
}

#[test]
fn expressions_about_hardware_and_examples_of_cores() {
    let mut project = Project::new(
        "sketches:\n  - {path: s/Fine, boards: \"flash < 2K\"}\n  - {path: s/Other, boards: \"flash > 2K\"}\n  \
         - {from: \"two:sim\", path: 'libraries/**', boards: [b]}\n",
    );
    let cells = |project: &Project| {
        let cells = project.workspace.path(".fbuild-matrix/cells");
        let found = walkdir::WalkDir::new(&cells).into_iter().flatten();
        let found = found.filter(|entry| entry.path().extension().is_some_and(|it| it == "hex"));
        let mut names: Vec<String> =
            found.map(|entry| entry.file_name().to_str().unwrap().to_owned()).collect();
        names.sort();
        names.join(" ")
    };
    assert_eq!(project.fetched(&["run", "m.yml"], 0), BOTH);
    assert_eq!(cells(&project), "Ex.ino.hex Fine.ino.hex Other.ino.hex");
    // The cells of b, of which less is known now, stay.
    assert_eq!(project.fetched(&["run", "m.yml", "-b", "a"], 0), ONE);
    assert_eq!(cells(&project), "Ex.ino.hex Fine.ino.hex Other.ino.hex");
    assert_eq!(project.fetched(&["run", "m.yml"], 0), BOTH);
    assert_eq!(project.fetched(&["run", "m.yml", "-b", "b"], 0), TWO);
    // What may be selected is installed, and the error names what there is.
    project.workspace.run(["run", "m.yml", "-b", "c"]).assert_exit(2).assert_stderr("`c`");

    // All shards agree, whatever they install.
    assert_eq!(
        project.fetched(&["plan", "m.yml", "--shards", "2", "--out", "plan.json"], 0),
        "one-sim two-sim"
    );
    let shard = |index: &'static str| ["run", "--plan", "plan.json", "--shard", index, "--report-dir"];
    let with = |index, dir| [&shard(index)[..], &[dir]].concat();
    let fetched = [project.fetched(&with("1", "r/1"), 0), project.fetched(&with("2", "r/2"), 0)];
    assert!(fetched.contains(&ONE.to_owned()) && fetched.contains(&TWO.to_owned()), "{fetched:?}");
    let _ = project.workspace.run(["merge", "r"]).assert_exit(0).assert_stdout("3 built");
}

#[test]
fn a_shard_that_depends_on_hardware_needs_the_tools_of_its_own_boards() {
    let mut project = Project::new("sketches: ['s/*']\nexclude: [{when: flash > 100K, reason: no}]\n");
    let shard =
        |index: &'static str, dir: &'static str| ["run", "m.yml", "--shard", index, "--report-dir", dir];
    assert_eq!(project.fetched(&shard("1/2", "r/1"), 0), format!("{ONE} two-sim"));
    assert_eq!(project.fetched(&shard("2/2", "r/2"), 0), format!("one-sim {TWO}"));
    let _ = project.workspace.run(["merge", "r"]).assert_exit(0).assert_stdout("4 built");
}

#[test]
fn changes_need_the_tools_of_affected_boards() {
    let mut project = Project::new("sketches: [{path: s/Fine, boards: a}, {path: s/Other, boards: b}]\n");
    project.workspace = project.workspace.file(".gitignore", "*\n!s\n!s/**\n!m.yml\n");
    let git = |arguments: &[&str]| {
        let who = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
        let mut git = std::process::Command::new("git");
        let status = git.args(who).args(arguments).current_dir(project.workspace.path("")).status().unwrap();
        assert!(status.success(), "git {arguments:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "one"]);
    assert_eq!(project.fetched_into("all", &["run", "m.yml"], 0), BOTH);
    project.workspace = project.workspace.sketch("s/Fine", &stub::sketch("changed"));
    // The records travel, the packages do not.
    fs::create_dir_all(project.workspace.path("new")).unwrap();
    fs::copy(project.workspace.path("all/inputs"), project.workspace.path("new/inputs")).unwrap();
    let run = ["run", "m.yml", "--changed-since", "HEAD", "--work-dir", "w"];
    assert_eq!(project.fetched_into("new", &run, 0), format!("{ONE} two-sim"));
    let reports = Reports::new(project.workspace.path("w/reports")).junit();
    let built = reports.cases().filter(|case| !matches!(case.verdict, Verdict::Skipped { .. }));
    assert_eq!(built.map(|case| case.name.clone()).collect::<Vec<_>>(), ["s/Fine"]);
}

#[test]
fn excluded_boards_and_what_rerun_does_not_build() {
    let mut project = Project::new("sketches: ['s/*']\nexclude: [{board: b, reason: no}]\n");
    assert_eq!(project.fetched(&["run", "m.yml"], 0), ONE);

    let mut project = Project::new("sketches: [s/Fine, {path: s/Broken, boards: b}]\n");
    project.workspace = project.workspace.sketch("s/Broken", &stub::sketch("broken"));
    assert_eq!(project.fetched(&["run", "m.yml"], 1), BOTH);
    assert_eq!(project.fetched(&["rerun"], 1), TWO);
}
