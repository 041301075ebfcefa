//! The command line of runs that build, and of what is installed: what each command prints, and where. Commands that
//! build nothing are in `offline/cli.rs`.

use std::fs;

use serde_json::Value;

use crate::failures_core::{EMPTY, matrix, workspace};
use crate::support::{Workspace, avr_core, repository};

/// A sketch for a board.
fn project() -> Workspace {
    workspace().sketch("s/Blink", EMPTY).file("m.yml", matrix("sketches: [\"s/*\"]\n"))
}

#[test]
fn every_ready_matrix_is_accepted() {
    let workspace = Workspace::new();
    let mut planned = 0;
    for entry in fs::read_dir(repository("matrices")).unwrap() {
        let path = entry.unwrap().path();
        // Vendors' indexes can't be reached from every machine: `offline::matrices` reads these.
        if fs::read_to_string(&path).unwrap().contains("provider: index") {
            continue;
        }
        planned += 1;
        let plan = workspace.run(["plan".as_ref(), path.as_os_str(), "--format".as_ref(), "json".as_ref()]);
        let plan: Value = serde_json::from_str(&plan.assert_exit(0).stdout).unwrap();
        assert!(!plan["cells"].as_array().unwrap().is_empty(), "{}", path.display());
    }
    assert!(planned >= 3, "quickstart, avr-examples, platforms");
}

/// Without a matrix: those of installed cores.
#[test]
fn boards_lists_menus_of_installed_cores() {
    avr_core();
    let mega = Workspace::new().run(["boards", "-b", "arduino:avr:mega"]).assert_exit(0);
    mega.assert_stdout("arduino:avr:mega  ").assert_stdout("cpu=atmega2560").assert_stdout("(default)");
}

#[test]
fn results_go_to_standard_output_and_progress_to_standard_error() {
    let workspace = project();
    let run = workspace.run(["run", "m.yml"]).assert_exit(0);
    assert!(
        !run.stdout.contains("built [") && run.stderr.contains("built ["),
        "{}\n---\n{}",
        run.stdout,
        run.stderr
    );
    let quiet = workspace.run(["run", "m.yml", "-q"]).assert_exit(0);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn colours_come_when_asked_for_and_not_into_a_pipe() {
    let workspace = project();
    let escape = '\u{1b}';
    let plain = workspace.run(["run", "m.yml"]).assert_exit(0);
    assert!(!plain.stdout.contains(escape) && !plain.stderr.contains(escape));
    let coloured = workspace.run(["run", "m.yml", "--color", "always"]).assert_exit(0);
    assert!(coloured.stdout.contains(escape) || coloured.stderr.contains(escape));
}

#[test]
fn compare_can_fail_on_new_failures_and_counts_no_warnings_of_what_fails() {
    let sketch = |body: &str| format!("#warning old\n{EMPTY}{body}");
    let workspace = workspace().sketch("s/Blink", &sketch("")).file("m.yml", matrix("sketches: [\"s/*\"]\n"));
    workspace.run(["run", "m.yml", "--report-dir", "good"]).assert_exit(0);
    let workspace = workspace.sketch("s/Blink", &sketch("int x = y;\n"));
    workspace.run(["run", "m.yml", "--report-dir", "bad"]).assert_exit(1);
    let compare = |arguments: &[&str]| workspace.run(["compare"].iter().chain(arguments));
    let run = compare(&["good", "bad"]).assert_exit(0).assert_stdout("uno/s/Blink: built before, failed now");
    assert!(!run.stdout.contains("warning"), "{}", run.stdout);
    let fail_on = ["--fail-on", "new-failures"];
    compare(&[&["good", "bad"][..], &fail_on].concat()).assert_exit(1).assert_stdout("failed now");
    compare(&[&["bad", "bad"][..], &fail_on].concat()).assert_exit(0);
    compare(&[&["bad", "good"][..], &fail_on].concat()).assert_exit(0).assert_stdout("built now");
    compare(&["good", "bad", "--fail-on", "anything"]).assert_exit(2);
}

#[test]
fn developers_have_a_log_of_their_own_and_pipes_have_no_colours() {
    let workspace = project();
    let run = workspace.run(["run", "m.yml", "-v", "-s", "Blink"]).assert_exit(0);
    assert!(!run.stderr.contains("DEBUG") && !run.stderr.contains("fbuild_matrix::"), "{}", run.stderr);
    let workspace = workspace.env("FBUILD_MATRIX_LOG", "fbuild_matrix=debug");
    let run =
        workspace.run(["run", "m.yml", "-s", "Blink"]).assert_exit(0).assert_stderr("DEBUG fbuild_matrix::");
    assert!(!run.stderr.contains('\u{1b}'), "{}", run.stderr);
}
