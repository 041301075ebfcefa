//! What looks like a sketch and is none is said, not dropped; a sketch that arduino-cli does not open fails alone.

use serde_json::Value;

use crate::support::Workspace;

const SKETCH: &str = "void setup() {}\nvoid loop() {}\n";
const MATRIX: &str = "version: 1\ncores: {\"arduino:avr\": {provider: apt}}\nboards: {uno: arduino:avr:uno}\nsketches: [\"s/**\"]\n";

fn workspace(files: &[(&str, &str)]) -> Workspace {
    let workspace = Workspace::new().file("m.yml", MATRIX);
    files.iter().fold(workspace, |workspace, (path, text)| workspace.file(path, text))
}

#[test]
fn run_and_plan_say_what_is_no_sketch() {
    let workspace = workspace(&[("s/Blink/blink.ino", SKETCH), ("s/Good/Good.ino", SKETCH)]);
    let reason = "it has `blink.ino`, which differs in case from `Blink.ino`";
    let plan = workspace.run(["plan", "m.yml"]).assert_exit(0);
    let plan = plan.assert_stdout("not a sketch").assert_stdout(reason).assert_stdout("1 cell (");
    plan.assert_stderr("warning: s/Blink is not a sketch");
    let json = workspace.run(["plan", "m.yml", "--format", "json"]).assert_exit(0);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["not_sketches"], serde_json::json!([{"path": "s/Blink", "reason": reason}]));
    let run = workspace.run(["run", "m.yml"]).assert_exit(0);
    run.assert_stderr("s/Blink is not a sketch").assert_stderr(reason);
}

#[test]
fn a_sketch_that_is_not_opened_fails_alone() {
    let files = [
        ("s/Both/Both.ino", SKETCH),
        ("s/Both/Both.pde", SKETCH),
        ("s/Good/Good.ino", SKETCH),
        ("s/Project/Project.ino", SKETCH),
        ("s/Project/sketch.yaml", "profiles:\n  a: 3\n"),
    ];
    let workspace = workspace(&files);
    for _ in 0..2 {
        let run = workspace.run(["run", "m.yml"]).assert_exit(1);
        let run = run
            .assert_stdout("s/Both")
            .assert_stdout("it has more than one main file: `Both.ino` and `Both.pde`");
        let run =
            run.assert_stdout("s/Project").assert_stdout("its project file `sketch.yaml` can't be read");
        assert!(run.stdout.contains("3 cells: 1 ") && run.stdout.contains("2 failed"), "{}", run.stdout);
    }
    let json = workspace.run(["plan", "m.yml", "--format", "json"]).assert_exit(0);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert!(json["cells"][0]["problem"].as_str().unwrap().contains("more than one main file"));
    assert_eq!(json["cells"][1]["problem"], Value::Null);
    // What was wrong is right in the next run.
    std::fs::remove_file(workspace.path("s/Both/Both.pde")).unwrap();
    let workspace = workspace.file("s/Project/sketch.yaml", "profiles:\n  a: {fqbn: x}\n");
    workspace.run(["run", "m.yml"]).assert_exit(0);
}
