//! The choice of cells on the command line: expressions, tags, filters of other tools, and the plan's reasons.

use serde_json::Value;

use crate::failures_core::{EMPTY, matrix_with, workspace};
use crate::support::{Workspace, repository};

/// A small, a large and a board that does not say its flash; three sketches.
fn project(rest: &str) -> Workspace {
    let boards = "{uno: {fqbn: mini:mcu:uno, tags: [small]}, mega: mini:mcu:mega, odd: mini:avr:odd}";
    let matrix = matrix_with(&repository("tests"), rest).replace("{uno: mini:mcu:uno}", boards);
    let local = "mega.name=Mega\nmega.build.core=mini\nmega.build.mcu=atmega2560\nmega.upload.maximum_size=253952\n\
                 odd.name=Odd\nodd.build.core=mini\n";
    workspace()
        .file("core/boards.local.txt", local)
        .sketch("s/Blink", EMPTY)
        .sketch("s/Big", EMPTY)
        .sketch("s/Tone", &format!("// @filter (memory is large)\n{EMPTY}"))
        .file("m.yml", matrix)
}

fn plan(workspace: &Workspace, arguments: &[&str]) -> Value {
    let arguments = ["plan", "m.yml", "--format", "json"].iter().chain(arguments);
    serde_json::from_str(&workspace.run(arguments).assert_exit(0).stdout).unwrap()
}

/// Returns `board/Sketch` of a list of the plan.
fn names(plan: &Value, key: &str) -> String {
    let name = |cell: &Value| {
        let sketch = cell["sketch"].as_str().unwrap();
        format!("{}/{}", cell["board"].as_str().unwrap(), sketch.rsplit('/').next().unwrap())
    };
    plan[key].as_array().unwrap().iter().map(name).collect::<Vec<_>>().join(" ")
}

#[test]
fn filters_of_the_command_line_compare_everything() {
    let workspace = project("sketches: ['s/*', {path: s/Tone, tags: [slow]}]\n");
    let selected = |filter: &str| names(&plan(&workspace, &["--filter", filter]), "cells");
    for (filter, expected) in [
        ("board = 'uno'", "uno/Big uno/Blink uno/Tone"),
        ("flash >= 64K and sketch = 'B*'", "mega/Big mega/Blink"),
        ("tag = 'small' and not tag = 'slow'", "uno/Big uno/Blink"),
        ("arch = 'avr' and tag = 'slow'", "odd/Tone"),
        ("mcu ~ '2560$' and sketch != '**/Big'", "mega/Blink mega/Tone"),
        ("core = 'mini:avr' and fqbn = 'mini:*:odd' and sketch = 's/Big'", "odd/Big"),
        ("flash < 64K or sketch = 'Tone'", "uno/Big uno/Blink uno/Tone mega/Tone odd/Tone"),
    ] {
        assert_eq!(selected(filter), expected, "{filter}");
    }
    let both = plan(&workspace, &["-E", "flash < 64K", "-E", "sketch = 'Tone'"]);
    assert_eq!(names(&both, "cells"), "uno/Tone");
    let reasons: Vec<&str> = both["not_selected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| cell["reason"].as_str().unwrap())
        .collect();
    assert_eq!(reasons.len(), 8);
    assert!(
        reasons.contains(&"not selected by --filter flash < 64K: the core does not say the board's flash")
    );
    assert!(reasons.contains(&"not selected by --filter sketch = 'Tone'"));
    workspace.run(["plan", "m.yml", "-E", "flash > 1G"]).assert_exit(4);
    workspace.run(["run", "m.yml", "-E", "arch = 'esp32'"]).assert_exit(4);
}

#[test]
fn a_wrong_filter_is_2_with_its_place_and_the_nearest_name() {
    let workspace = project("sketches: ['s/*']\n");
    for (filter, place, help) in [
        ("bord = 'uno'", "\n  bord = 'uno'\n  ^^^^\n", "`board`"),
        ("board = uno", "          ^^^\n", "'uno'"),
        ("arch < 'avr'", "       ^\n", "`~`"),
        ("flash < 64X", "          ^^^\n", "64K"),
        ("board = 'uno' and", "                   ^\n", ""),
    ] {
        let run = workspace.run(["plan", "m.yml", "--filter", filter]).assert_exit(2);
        run.assert_stderr(place).assert_stderr(help);
    }
    for (filter, near) in
        [("board = 'unno'", "`uno`"), ("tag = 'smal'", "`small`"), ("sketch = 'Tune'", "`Tone`")]
    {
        workspace.run(["run", "m.yml", "--filter", filter]).assert_exit(2).assert_stderr(near);
    }
    assert!(!workspace.path(".fbuild-matrix").exists(), "wrong usage writes nothing");
}

#[test]
fn a_plan_says_why_each_cell_is_built_or_not() {
    let rest = "sketches:\n  - s/B*\n  - {path: s/Tone, filters: [fastled], expect: fail, until: 2999-01-31, reason: no \
                DAC}\nexclude: [{when: \"flash < 64K and sketch = '**/Big*'\", reason: does not fit}]\n";
    let workspace = project(rest);
    let table = workspace.run(["plan", "m.yml", "-b", "uno", "-b", "mega"]).assert_exit(0);
    table
        .assert_stdout("s/B* (line 7)")
        .assert_stdout("does not fit")
        .assert_stdout("not selected by -b uno -b mega");
    let all = workspace.run(["plan", "m.yml"]).assert_exit(0);
    all.assert_stdout("s/Tone/Tone.ino: @filter requires memory is large");
    let plan = plan(&workspace, &[]);
    assert_eq!(names(&plan, "skipped"), "uno/Big odd/Tone", "an AVR is small");
    let odd = plan["skipped"].as_array().unwrap().iter().find(|cell| cell["board"] == "odd").unwrap();
    assert!(odd["reason"].as_str().unwrap().starts_with("s/Tone/Tone.ino: @filter requires"), "{odd}");
    let tone = plan["cells"].as_array().unwrap().iter().find(|cell| cell["sketch"] == "s/Tone").unwrap();
    assert_eq!(tone["expect"], "expected failure until 2999-01-31: no DAC");
    assert_eq!(tone["reason"], "s/Tone (line 8)");
}

#[test]
fn wrong_keys_of_an_entry_are_2_with_their_place() {
    for (entry, message) in [
        ("{path: s/Big, expect: maybe}", "`maybe` is no result"),
        ("{path: s/Big, expect: known-falure}", "`known-failure`"),
        ("{path: s/Big, until: 2027-01-31}", "`until` says nothing without `expect`"),
        ("{path: s/Big, expect: fail, until: 2027-02-30}", "`2027-02-30` is no date"),
        ("{path: s/Big, expect: pass, reason: x}", "belong to an expected failure"),
        ("{path: s/Big, expect: {fail: {unti: x}}}", "`until`"),
        ("{path: s/Big, filters: [fastlet]}", "`fastled`"),
        ("{path: s/Big, boards: flash < 64Q}", "`64Q` is not a size"),
        ("{path: s/Big, boards: \"tag = 'smal'\"}", "`small`"),
        ("{path: s/Big, tgas: [x]}", "`tags`"),
    ] {
        let workspace = project(&format!("sketches:\n  - {entry}\n"));
        workspace.run(["plan", "m.yml"]).assert_exit(2).assert_stderr("m.yml:7:").assert_stderr(message);
    }
}
