//! Warnings are counted by place and text, and by whose code they are in; the same in runs that find everything done.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::failures_core::{core, workspace};
use crate::support::{Finished, Workspace};

/// A function that nothing uses, which is a warning from `more` on.
fn unused(name: &str) -> String {
    format!("static int {name}() {{ return 1; }}\n")
}

fn matrix(level: &str) -> String {
    format!(
        "version: 1\ncores:\n{}boards: {{uno: \"mini:mcu:uno\"}}\nlibraries: [repo, libs]\n\
         sketches: [\"repo/examples/*\"]\ndefaults: {{warnings: {level}}}\n",
        core()
    )
}

/// A library under test, whose header warns in each of three examples and in its own two sources, another library with a
/// warning, and a core with one. The example `A` has one of its own.
fn project(level: &str) -> Workspace {
    let example = |rest: &str| {
        format!("#include <Mine.h>\n#include <Other.h>\nvoid setup() {{}}\nvoid loop() {{}}\n{rest}")
    };
    workspace()
        .file("repo/library.properties", "name=Mine\n")
        .file("repo/src/Mine.h", format!("#pragma once\n{}", unused("in_header")))
        .file("repo/src/one.cpp", "#include \"Mine.h\"\n")
        .file("repo/src/two.cpp", "#include \"Mine.h\"\n")
        .file("libs/Other/Other.h", "#pragma once\n")
        .file("libs/Other/Other.cpp", unused("in_other"))
        .file("core/cores/mini/more.cpp", unused("in_core"))
        .sketch("repo/examples/A", &example(&unused("in_sketch")))
        .sketch("repo/examples/B", &example("int b;\n"))
        .sketch("repo/examples/C", &example("int c;\n"))
        .file("m.yml", matrix(level))
}

fn job(run: &Finished, id: &str) -> Value {
    let timing = run.reports().timing();
    let jobs = timing["jobs"].as_array().unwrap().clone();
    jobs.into_iter()
        .find(|job| job["id"].as_str().unwrap().starts_with(id))
        .unwrap_or_else(|| panic!("no {id}"))
}

/// Asserts the counts of a run of [`project`] with warnings.
#[track_caller]
fn assert_counted(run: &Finished) {
    let counts = |own, libraries, core| json!({"own": own, "libraries": libraries, "core": core});
    assert_eq!(job(run, "uno/repo/examples/A")["warnings"], counts(2, 1, 0));
    assert_eq!(job(run, "uno/repo/examples/B")["warnings"], counts(1, 1, 0));
    assert_eq!(job(run, "core uno")["warnings"], counts(0, 0, 1));
    assert_eq!(run.reports().timing()["run"]["warnings"], counts(2, 1, 1));
    assert!(run.stdout.contains("); 4 warnings (2 yours)\n"), "{}", run.stdout);
    let summary = run.reports().text("summary.md");
    for part in [
        "### Warnings\n\n4 warnings (2 yours)\n",
        "<details><summary>2 in your code</summary>",
        "- repo/src/Mine.h:2:12: ",
        "(uno/repo/examples/A and 2 more)",
        "<details><summary>1 in libraries</summary>",
        "<details><summary>1 in the core and its tools</summary>",
    ] {
        assert!(summary.contains(part), "`{part}` is not in\n{summary}");
    }
}

#[test]
fn counts_are_the_same_fresh_up_to_date_and_restored() {
    let workspace = project("more");
    std::thread::sleep(Duration::from_millis(2100));
    let run = |arguments: &[&str]| {
        let run = workspace.run(["run", "m.yml"].iter().chain(arguments)).assert_exit(0);
        assert_counted(&run);
        run
    };
    let fresh = run(&[]);
    assert!(!fresh.stderr.contains("in_header"), "only with -v: {}", fresh.stderr);
    let again = run(&["-v"]);
    assert!(again.stdout.contains("3 up-to-date"), "{}", again.stdout);
    let part = "warnings in your code:\n  repo/examples/A/A.ino:5:12: ";
    assert!(again.stderr.contains(part), "{}", again.stderr);
    fs::remove_dir_all(workspace.path(".fbuild-matrix/cells")).unwrap();
    run(&[]);
    fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
    run(&[]);
    fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
    // Objects from the cache, or from nowhere.
    run(&["--no-cache"]);
}

#[test]
fn flags_that_change_no_object_change_the_warnings() {
    let workspace = project("none");
    let none = workspace.run(["run", "m.yml"]).assert_exit(0);
    assert!(!none.stdout.contains("warning"), "{}", none.stdout);
    assert!(!none.reports().text("summary.md").contains("Warnings"));
    for _ in 0..2 {
        workspace.clone().file("m.yml", matrix("more"));
        assert_counted(&workspace.run(["run", "m.yml"]).assert_exit(0));
        workspace.clone().file("m.yml", matrix("none"));
        let none = workspace.run(["run", "m.yml"]).assert_exit(0);
        assert!(!none.stdout.contains("warning"), "{}", none.stdout);
    }
}

#[test]
fn another_checkout_with_the_same_work_directory_has_its_own_places() {
    // Each is a repository: what is below its root has one name for the cache, wherever it lies.
    let workspace = project("more").file(".git/HEAD", "");
    let arguments = ["run", "m.yml", "--work-dir", "../work", "--report-dir", ".fbuild-matrix/reports"];
    assert_counted(&workspace.run(arguments).assert_exit(0));
    let other = workspace.path("../other");
    let copied =
        std::process::Command::new("cp").arg("-r").arg(workspace.path("")).arg(&other).status().unwrap();
    assert!(copied.success());
    let mut command = workspace.command(arguments);
    let output = command.current_dir(&other).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains("); 4 warnings (2 yours)\n"), "{out}");
    let summary = fs::read_to_string(other.join(".fbuild-matrix/reports/summary.md")).unwrap();
    assert!(summary.contains("- repo/src/Mine.h:2:12: "), "{summary}");
}

#[test]
fn a_cell_that_fails_has_no_count() {
    let workspace = project("more").sketch("repo/examples/B", "#include <Mine.h>\nvoid setup() { no; }\n");
    let run = workspace.run(["run", "m.yml"]).assert_exit(1);
    assert_eq!(job(&run, "uno/repo/examples/B")["warnings"], Value::Null);
    assert_eq!(job(&run, "uno/repo/examples/A")["warnings"]["own"], 2);
}
