//! Budgets, warnings as errors, the limit of failures, flaky cells, and `budgets update`, with a tool chain that only
//! pretends.

use std::fs;

use serde_json::Value;

use super::stub::{sketch, workspace};
use crate::support::{Finished, Verdict, Workspace};

/// The message of a cell's failure.
#[track_caller]
fn failure(run: &Finished, board: &str, sketch: &str) -> String {
    match &run.reports().junit().case(board, sketch).verdict {
        Verdict::Failure { message, .. } => message.clone(),
        other => panic!("{board}/{sketch}: {other:?}\n{}", run.stderr),
    }
}

#[track_caller]
fn assert_passed(run: &Finished, board: &str, sketch: &str) {
    assert_eq!(run.reports().junit().case(board, sketch).verdict, Verdict::Passed, "{}", run.stderr);
}

fn run(workspace: &Workspace, more: &[&str]) -> Finished {
    workspace.run([&["run", "matrix.yml", "--no-cache"], more].concat())
}

/// The value of a job in `timing.json`.
fn job(run: &Finished, id: &str) -> Value {
    let timing = run.reports().timing();
    timing["jobs"].as_array().unwrap().iter().find(|job| job["id"] == id).unwrap().clone()
}

#[test]
fn a_cell_over_a_hard_budget_fails_and_one_over_a_soft_budget_warns() {
    let rest = "sketches: [A, {path: B, budgets: {flash: {max: 890, soft: true}}}]\nbudgets: {flash: 90%, ram: 20}\n";
    let workspace =
        workspace(rest).sketch("A", &sketch("flash=901 ram=21")).sketch("B", &sketch("flash=900 ram=20"));
    let built = run(&workspace, &[]).assert_exit(1);
    let message = failure(&built, "uno", "A");
    assert_eq!(
        message,
        "flash budget: 901 of 900 bytes (90% of 1,000), 1 too many; RAM budget: 21 of 20 bytes, 1 too many"
    );
    assert!(built.reports().text("junit.xml").contains("<failure type=\"budget\""));
    assert_eq!(failure(&built, "mega", "A"), "RAM budget: 21 of 20 bytes, 1 too many");
    assert_passed(&built, "uno", "B");
    let soft = "uno/B: flash budget: 900 of 890 bytes, 10 too many";
    assert!(built.stderr.contains(soft) && built.reports().text("summary.md").contains(&soft[6..]));
    assert!(built.stdout.contains("2 over a soft budget"), "{}", built.stdout);
    assert_eq!(job(&built, "uno/B")["over_budget"][0]["limit"], 890);
    assert_eq!(job(&built, "uno/A")["over_budget"][1]["budget"], "ram");

    // The same without a build, and without the budgets.
    let again = run(&workspace, &[]).assert_exit(1);
    assert_eq!((failure(&again, "uno", "A"), again.processes()), (message, Vec::new()));
    let text = fs::read_to_string(workspace.path("matrix.yml"))
        .unwrap()
        .replace("90%", "100%")
        .replace("20}", "21}");
    let workspace = workspace.file("matrix.yml", text);
    assert_eq!(run(&workspace, &[]).assert_exit(0).processes(), Vec::<String>::new());
}

#[test]
fn growth_is_checked_against_a_base_and_its_lack_is_told_once() {
    let workspace = workspace("sketches: [A, B]\nbudgets: {flash: {growth: 10}, warnings: {growth: 0}}\n")
        .sketch("A", &sketch("flash=500 ram=9"))
        .sketch("B", &sketch("flash=500 ram=9"));
    let first = run(&workspace, &["--report-dir", "base"]).assert_exit(0);
    assert_eq!(
        first.stderr.matches("growth budgets of 4 cells are not checked").count(),
        1,
        "{}",
        first.stderr
    );
    let workspace =
        workspace.sketch("A", &sketch("flash=510 ram=9")).sketch("B", &sketch("flash=511 ram=9 // warned"));
    let second = run(&workspace, &["--base", "base"]).assert_exit(1);
    assert!(!second.stderr.contains("not checked"), "{}", second.stderr);
    assert_passed(&second, "uno", "A");
    assert_eq!(
        failure(&second, "uno", "B"),
        "flash growth budget: +11 of +10 bytes (the base has 500), 1 too many; warnings growth budget: +1 of +0 warnings \
         (the base has 0), 1 too many"
    );
    let sizes: Value = serde_json::from_str(&second.reports().text("sizes/sizes.json")).unwrap();
    assert_eq!(sizes, serde_json::from_str::<Value>(&second.reports().text("sizes.json")).unwrap());
    let delta = &sizes["boards"][0]["sketches"][1]["sizes"][0]["delta"];
    assert_eq!(*delta, serde_json::json!({"absolute": 11, "relative": 1.1}));
    // A missing base ends the run before anything is built.
    run(&workspace, &["--base", "nowhere"]).assert_exit(2).assert_stderr("nowhere");
}

#[test]
fn warnings_in_own_code_are_errors_if_the_matrix_says_so() {
    let rest = "sketches: [A, B]\ndefaults: {warnings: error}\n";
    let workspace = workspace(rest).sketch("A", &sketch("warned")).sketch("B", &sketch("fine"));
    // A warning of the core is no error.
    let main = "// warned\n#include <Arduino.h>\nint main() { setup(); for (;;) loop(); }\n";
    let workspace = workspace.file("core/cores/stub/main.cpp", main);
    let built = run(&workspace, &["-b", "uno"]).assert_exit(1);
    assert_eq!(failure(&built, "uno", "A"), "A/A.ino:1:1: this sketch warns [-Wstub]");
    assert!(built.reports().text("junit.xml").contains("<failure type=\"warnings\""));
    assert_passed(&built, "uno", "B");
}

#[test]
fn no_more_cells_fail_than_the_limit_allows() {
    let mut workspace = workspace("sketches: [\"s/*\"]\n");
    for number in 0..8 {
        workspace = workspace.sketch(&format!("s/S{number}"), &sketch("broken"));
    }
    for (arguments, limit) in
        [(&["--max-failures", "3"][..], 3), (&["--fail-fast"], 1), (&["--max-failures", "99"], 16)]
    {
        let work = format!("work{limit}");
        let arguments = [&["-j", "6", "--sketch-jobs", "6", "--work-dir", &work], arguments].concat();
        let built = run(&workspace, &arguments).assert_exit(1);
        let reports = crate::support::Reports::new(workspace.path(&work).join("reports"));
        let junit = reports.junit();
        let verdicts: Vec<&Verdict> = junit.cases().map(|case| &case.verdict).collect();
        let failed = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Failure { .. })).count();
        let skipped = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Skipped { .. })).count();
        assert_eq!((failed, skipped), (limit, 16 - limit), "{}", built.stderr);
        assert!(limit == 16 || built.stderr.contains("failure"), "{}", built.stderr);
    }
}

#[test]
fn a_cell_that_a_retry_builds_is_flaky() {
    let workspace =
        workspace("sketches: [A]\n").sketch("A", &sketch("fine")).file("tools/bin/stub-gcc.kill", "");
    let built = run(&workspace, &["-b", "uno", "--retries", "1"]).assert_exit(0);
    let junit = built.reports().text("junit.xml");
    assert!(junit.contains("<flakyFailure type=\"infrastructure\" message="), "{junit}");
    assert!(!junit.contains("<failure") && !junit.contains("<error"), "{junit}");
    assert!(built.stdout.contains("1 flaky") && built.stderr.contains("uno/A: flaky: built by attempt 2"));
    let job = job(&built, "uno/A");
    assert_eq!((&job["flaky"], &job["retries"]), (&true.into(), &1.into()));
    // An error in the code is not retried.
    let workspace = workspace.sketch("A", &sketch("broken"));
    let built = run(&workspace, &["-b", "uno", "--retries", "5"]).assert_exit(1);
    assert!(!built.reports().text("junit.xml").contains("rerunFailure"));
}

#[test]
fn present_sizes_become_budgets() {
    let workspace = workspace("sketches: [A, B] # all\n")
        .sketch("A", &sketch("flash=500 ram=9"))
        .sketch("B", &sketch("flash=600 ram=8"));
    workspace.run(["budgets", "update", "matrix.yml"]).assert_exit(2).assert_stderr("events.jsonl");
    run(&workspace, &[]).assert_exit(0);
    let before = fs::read_to_string(workspace.path("matrix.yml")).unwrap();
    let update =
        |more: &[&str]| workspace.run([&["budgets", "update", "matrix.yml"], more].concat()).assert_exit(0);
    update(&["--dry-run"]).assert_stdout("flash of uno: 600");
    assert_eq!(fs::read_to_string(workspace.path("matrix.yml")).unwrap(), before);
    update(&[]).assert_stdout("ram of mega: 9");
    let text = fs::read_to_string(workspace.path("matrix.yml")).unwrap();
    assert!(text.contains("uno: {fqbn: \"stub:sim:uno\", budgets: {flash: 600, ram: 9}}"), "{text}");
    assert!(text.contains("sketches: [A, B] # all\n"), "{text}");
    run(&workspace, &[]).assert_exit(0);
    let workspace = workspace.clone().sketch("B", &sketch("flash=601 ram=8"));
    let grown = run(&workspace, &[]).assert_exit(1);
    assert_eq!(failure(&grown, "uno", "B"), "flash budget: 601 of 600 bytes, 1 too many");
    update(&[]).assert_stdout("no budget changes").assert_stderr("--raise raises it");
    update(&["--raise"]).assert_stdout("600 -> 601");
    run(&workspace, &[]).assert_exit(0);
}
