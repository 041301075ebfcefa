//! `run:` in a matrix: firmware in an emulator, what it must print, and what is not run again.

use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::failures_core::{EMPTY, core, workspace};
use crate::processes::{at_work_in, finish, pid, start, wait_for};
use crate::support::{Finished, Verdict, Workspace, packages};

/// A sketch that prints something as often as it can.
fn prints(text: &str) -> String {
    format!("void setup() {{ Serial.begin(115200); }}\nvoid loop() {{ Serial.println(F(\"{text}\")); }}\n")
}

/// A sketch that prints something once, and ends.
fn ends(text: &str) -> String {
    format!(
        "#include <avr/sleep.h>\nvoid setup() {{\n  Serial.begin(115200);\n  Serial.println(F(\"{text}\"));\n  Serial.flush();\n  \
         cli();\n  sleep_mode();\n}}\nvoid loop() {{}}\n"
    )
}

/// A matrix of sketches with what each is to print on the Uno in simavr, for longer than that ever takes unless
/// `run` says otherwise.
fn matrix(board: &str, sketches: &[(&str, &str)]) -> String {
    let sketch = |(path, run): &(&str, &str)| format!("  - {{path: {path}, run: {{{run}}}}}\n");
    let sketches = sketches.iter().map(sketch).collect::<Vec<_>>().concat();
    format!(
        "version: 1\ncores: {{\"arduino:avr\": {{provider: apt}}}}\nboards:\n  uno: {{fqbn: \"arduino:avr:uno\", run: \
         {{{board}}}}}\nsketches:\n{sketches}"
    )
}

const SIMAVR: &str = "emulator: simavr";

/// The sketches whose firmware was run.
fn ran(run: &Finished) -> Vec<String> {
    let events = run.reports().events();
    let runs = events.iter().filter(|event| event["event"] == "step_finished" && event["step"] == "run");
    let mut ran: Vec<String> =
        runs.map(|event| event["job"]["cell"]["sketch"].as_str().unwrap().to_owned()).collect();
    ran.sort();
    ran
}

fn linked(run: &Finished) -> usize {
    run.reports().events().iter().filter(|event| event["step"] == "link").count()
}

/// Message and body of a failed cell.
#[track_caller]
fn failure(run: &Finished, sketch: &str) -> (String, String) {
    match run.reports().junit().case("uno", sketch).verdict.clone() {
        Verdict::Failure { message, body } => (message, body),
        other => panic!("{sketch}: {other:?}"),
    }
}

/// Brings in an emulator before a test needs it, so that it lies where all tests find it.
fn have(package: &str) {
    packages(&[package]);
}

#[test]
fn a_firmware_does_what_is_expected_or_its_cell_fails() {
    have("simavr");
    let matrix = matrix(
        SIMAVR,
        &[
            ("Right", "expect: \"value: 42\\nvalue\", timeout: 5m"),
            ("Wrong", "expect: \"value: 43\", timeout: 2s"),
            ("Ends", "expect: \"value: 43\", timeout: 5m"),
        ],
    );
    let workspace = Workspace::new()
        .sketch("Right", &prints("value: 42"))
        .sketch("Wrong", &prints("value: 42"))
        .sketch("Ends", &ends("value: 42"))
        .file("m.yml", matrix);
    let run = workspace.run(["run", "m.yml"]).assert_exit(1);
    assert_eq!(run.reports().junit().case("uno", "Right").verdict, Verdict::Passed);
    assert_eq!(ran(&run), ["Ends", "Right", "Wrong"]);
    assert_eq!(linked(&run), 3);

    let (message, body) = failure(&run, "Wrong");
    assert!(message.contains("did not print \"value: 43\" within 2 s"), "{message}");
    assert!(body.contains("--- expected\nvalue: 43\n") && body.contains("value: 42\nvalue: 42\n"), "{body}");
    let (message, body) = failure(&run, "Ends");
    assert!(message.contains("simavr ended with exit code 0 before"), "{message}");
    assert!(body.contains("--- printed\nvalue: 42\n"), "{body}");
    assert!(run.reports().text("junit.xml").contains("<failure type=\"run\""));
    // It was built all the same.
    let events = run.reports().events();
    let is_end =
        |event: &&Value| event["event"] == "job_finished" && event["job"]["cell"]["sketch"] == "Wrong";
    let end = events.iter().find(is_end).unwrap();
    assert!(end["sizes"]["flash"]["used"].as_u64().unwrap() > 1000, "{end}");
    assert!(end["artifacts"].as_array().unwrap().len() > 1, "{end}");
    let log = fs::read_to_string(workspace.path(".fbuild-matrix/cells/uno/Wrong/build.log")).unwrap();
    assert!(log.contains("simavr -m atmega328p -f 16000000") && log.contains("value: 42"), "{log}");

    // Their firmware is there and right; what failed is run again, until it passes.
    let again = workspace.run(["run", "m.yml"]).assert_exit(1);
    assert_eq!((ran(&again), linked(&again)), (vec!["Ends".to_owned(), "Wrong".to_owned()], 0));
    assert_eq!(again.firmware().len(), 3);
    let better = fs::read_to_string(workspace.path("m.yml")).unwrap().replace("43", "42");
    let workspace = workspace.file("m.yml", better);
    let better = workspace.run(["run", "m.yml"]).assert_exit(0);
    assert_eq!((ran(&better), linked(&better)), (vec!["Ends".to_owned(), "Wrong".to_owned()], 0));
    let all = workspace.run(["run", "m.yml"]).assert_exit(0);
    assert_eq!(ran(&all), Vec::<String>::new());
    all.assert_stdout("3 up-to-date");
}

#[test]
fn what_passed_is_run_again_when_anything_is_different() {
    have("simavr");
    let right = |run| matrix(SIMAVR, &[("Right", run)]);
    let workspace =
        Workspace::new().sketch("Right", &prints("one two")).file("m.yml", right("expect: one, timeout: 5m"));
    let runs = |workspace: &Workspace| ran(&workspace.run(["run", "m.yml"]).assert_exit(0)).len();
    assert_eq!([runs(&workspace), runs(&workspace)], [1, 0]);
    // A new checkout with the same cache.
    fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
    assert_eq!([runs(&workspace), runs(&workspace)], [0, 0]);

    let workspace = workspace.file("m.yml", right("expect: two, timeout: 5m"));
    assert_eq!([runs(&workspace), runs(&workspace)], [1, 0], "another expectation");
    let workspace = workspace.file("m.yml", right("expect: two, timeout: 6m"));
    assert_eq!([runs(&workspace), runs(&workspace)], [1, 0], "another limit");
    let workspace = workspace.file("m.yml", right("expect: two, timeout: 6m, machine: atmega328"));
    assert_eq!([runs(&workspace), runs(&workspace)], [1, 0], "another machine");
    let workspace = workspace.sketch("Right", &ends("three"));
    let failed = workspace.run(["run", "m.yml"]).assert_exit(1);
    assert_eq!(ran(&failed), ["Right"], "another firmware");
    assert!(failure(&failed, "Right").1.contains("three"));
    // What it was before has passed before.
    let workspace = workspace.sketch("Right", &prints("one two"));
    assert_eq!(runs(&workspace), 0);
    // Without what is kept in the cache directory, nobody remembers.
    fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
    assert_eq!(ran(&workspace.run(["run", "m.yml", "--no-cache"]).assert_exit(0)), ["Right"]);
}

#[test]
fn qemu_runs_what_it_has_a_machine_for() {
    have("qemu-system-misc");
    let board = "emulator: qemu, machine: uno";
    let workspace = Workspace::new()
        .sketch("Right", &prints("value: 42"))
        .sketch("Wrong", &prints("value: 42"))
        .sketch("Nowhere", &prints("value: 42"))
        .file(
            "m.yml",
            matrix(
                board,
                &[
                    ("Right", "expect: \"value: 42\\n\", timeout: 5m"),
                    ("Wrong", "expect: \"value: 43\", timeout: 2s"),
                    ("Nowhere", "expect: \"value: 42\", timeout: 5m, machine: no-such-board"),
                ],
            ),
        );
    let run = workspace.run(["run", "m.yml"]).assert_exit(1);
    assert_eq!(run.reports().junit().case("uno", "Right").verdict, Verdict::Passed);
    assert!(failure(&run, "Wrong").1.contains("value: 42\nvalue: 42\n"));
    let (message, _) = failure(&run, "Nowhere");
    assert!(
        message.contains("qemu-system-avr ended with exit code 1")
            && message.contains("unsupported machine type"),
        "{message}"
    );
}

#[test]
fn an_emulator_ends_with_the_run() {
    have("simavr");
    let run = "expect: never, timeout: 10m";
    let workspace =
        Workspace::new().sketch("Wrong", &prints("always")).file("m.yml", matrix(SIMAVR, &[("Wrong", run)]));
    let mut child = start(&workspace, &["run", "m.yml"]);
    let is_at_work = || at_work_in(&workspace).iter().any(|process| process.contains("simavr"));
    wait_for("simavr", &mut child, is_at_work);
    // It has begun to print.
    std::thread::sleep(Duration::from_millis(200));
    kill_process(Pid::from_raw(pid(&child)).unwrap(), Signal::INT).unwrap();
    let run = finish(child, &workspace).assert_exit(130);
    assert_eq!(at_work_in(&workspace), Vec::<String>::new(), "no process is left");
    let verdict = run.reports().junit().case("uno", "Wrong").verdict.clone();
    assert!(
        matches!(&verdict, Verdict::Error { message, .. } if message.contains("interrupted")),
        "{verdict:?}"
    );
}

#[test]
fn an_emulator_that_is_not_to_be_had_is_a_failed_set_up() {
    let matrix = format!(
        "version: 1\ncores:\n{}boards: {{uno: \"mini:avr:uno\"}}\nsketches:\n  - {{path: A, run: {{expect: x, \
         emulator: simavr}}, timeout: 1m}}\n  - B\n",
        core()
    );
    let boards = "uno.build.f_cpu=16000000L\n";
    let workspace = workspace().sketch("A", EMPTY).sketch("B", EMPTY).file("m.yml", matrix);
    let known = fs::read_to_string(workspace.path("core/boards.txt")).unwrap();
    let workspace = workspace.file("core/boards.txt", known + boards).env("PATH", "/nowhere");
    let nowhere = ["--offline", "--cache-dir", "empty"];
    workspace
        .run(["run", "m.yml"].iter().chain(&nowhere))
        .assert_exit(3)
        .assert_stderr("`simavr` is not on this machine")
        .assert_stderr("take `run` out of the matrix");
    // What is not selected needs no emulator, and a plan starts none.
    workspace.run(["run", "m.yml", "--sketch", "B"].iter().chain(&nowhere)).assert_exit(0);
    let plan = workspace.run(["plan", "m.yml", "--format", "json"].iter().chain(&nowhere)).assert_exit(0);
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    assert_eq!((&plan["cells"][0]["run"], &plan["cells"][1]["run"]), (&"simavr".into(), &Value::Null));
}

#[test]
fn an_emulator_for_another_processor_is_refused_with_its_place() {
    let matrix = format!(
        "version: 1\ncores:\n{}boards: {{uno: \"mini:avr:uno\"}}\nsketches:\n  - path: A\n    run: {{expect: x, \
         emulator: simavr}}\n",
        core()
    );
    let workspace = workspace().sketch("A", EMPTY).file("m.yml", matrix);
    workspace
        .run(["plan", "m.yml"])
        .assert_exit(2)
        .assert_stderr("the board has no property build.f_cpu")
        .assert_stderr("m.yml:");
    let platform = fs::read_to_string(workspace.path("core/platform.txt")).unwrap();
    let platform =
        platform.replace("compiler.link={compiler.path}avr-gcc", "compiler.link=/opt/arm-none-eabi-gcc");
    workspace
        .file("core/platform.txt", platform)
        .run(["plan", "m.yml"])
        .assert_exit(2)
        .assert_stderr("simavr runs 8-bit AVR only, and the board's firmware is linked by arm-none-eabi-gcc");
}
