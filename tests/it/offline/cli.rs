//! The command line, as far as nothing is built: help, plans, lists, and the exit code of what is refused.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::failures_core::{EMPTY, matrix_with, workspace};
use crate::support::{Workspace, repository};

/// A matrix of the small core. Its compiler is never started, so that any directory does as its place.
fn matrix(rest: &str) -> String {
    matrix_with(&repository("tests"), rest)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

/// Three sketches for two boards; one pair is excluded.
fn project() -> Workspace {
    let matrix =
        matrix("sketches: [\"s/*\"]\nexclude: [{sketch: \"**/Fade\", board: nano, reason: no LED}]\n")
            .replace("{uno: mini:mcu:uno}", "{uno: mini:mcu:uno, nano: mini:mcu:uno}");
    workspace().sketch("s/Blink", EMPTY).sketch("s/Fade", EMPTY).sketch("s/Tone", EMPTY).file("m.yml", matrix)
}

#[test]
fn help_names_every_command_and_every_exit_code() {
    let workspace = Workspace::new();
    let mut help = workspace.run(["--help"]).assert_exit(0);
    for command in ["run", "plan", "boards", "doctor", "schema", "completions"] {
        help = help.assert_stdout(&format!("\n  {command} "));
        workspace.run([command, "--help"]).assert_exit(0).assert_stdout("Usage: fbuild-matrix");
    }
    for code in [
        "  0  all",
        "  1  at least one cell",
        "  2  bad usage",
        "  3  set-up",
        "  4  nothing",
        " 70  ",
        "130  ",
        "143  ",
    ] {
        help = help.assert_stdout(code);
    }
}

#[test]
fn help_of_run_names_every_option_of_the_contract() {
    let mut help = Workspace::new().run(["run", "--help"]).assert_exit(0);
    for option in [
        "-j, --jobs",
        "--framework-jobs",
        "--sketch-jobs",
        "-b, --board",
        "-s, --sketch",
        "--max-failures",
        "--fail-fast",
        "--retries",
        "--timeout",
        "--offline",
        "--no-cache",
        "--retry-failures",
        "--cache-dir",
        "--work-dir",
        "--report-dir",
        "--color",
        "--progress",
        "-v, --verbose",
        "-q, --quiet",
        "--dry-run",
        "--junit-dialect",
        "--annotations",
    ] {
        help = help.assert_stdout(option);
    }
}

#[test]
fn the_version_is_that_of_the_crate() {
    let run = Workspace::new().run(["--version"]).assert_exit(0);
    assert_eq!(run.stdout, format!("fbuild-matrix {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_is_2() {
    let workspace = project();
    for arguments in [
        &["fly"][..],
        &[],
        &["run"],
        &["run", "m.yml", "--jobs", "0"],
        &["run", "m.yml", "--jobs", "many"],
        &["run", "m.yml", "--frobnicate"],
        &["run", "m.yml", "--timeout", "soon"],
        &["run", "m.yml", "-b", "[a"],
        &["run", "m.yml", "--verbose", "--quiet"],
        &["plan", "m.yml", "--format", "xml"],
        &["completions", "tcl"],
    ] {
        let run = workspace.run(arguments).assert_exit(2);
        assert!(!run.stderr.trim().is_empty() && run.stdout.is_empty(), "{arguments:?}");
    }
    assert!(!workspace.path(".fbuild-matrix").exists(), "wrong usage writes nothing");
}

#[test]
fn completions_know_the_commands_and_options() {
    let workspace = Workspace::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = workspace.run(["completions", shell]).assert_exit(0);
        let script =
            script.assert_stdout("fbuild-matrix").assert_stdout("max-failures").assert_stdout("completions");
        assert!(script.stderr.is_empty(), "{}", script.stderr);
    }
}

/// bash itself reads its script; it and Debian's base come together.
#[test]
fn bash_can_read_its_completions() {
    let script = Workspace::new().run(["completions", "bash"]).assert_exit(0);
    let workspace = script.workspace.clone().file("completion.bash", &script.stdout);
    let path = workspace.path("completion.bash");
    let check = std::process::Command::new("bash").arg("-n").arg(path).output().unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}

/// Names of all keys of objects that the schema knows at its root.
fn root_keys(schema: &Value) -> BTreeSet<String> {
    schema["properties"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn the_schema_is_json_and_knows_every_key_of_every_matrix() {
    let run = Workspace::new().run(["schema"]).assert_exit(0);
    let schema = json(&run.stdout);
    assert!(schema["$schema"].as_str().unwrap().contains("json-schema.org"));
    assert_eq!(schema["additionalProperties"], Value::Bool(false));
    let known = root_keys(&schema);
    let mut matrices = 0;
    for entry in fs::read_dir(repository("matrices")).unwrap() {
        let path = entry.unwrap().path();
        let keys: BTreeSet<String> = fs::read_to_string(&path)
            .unwrap()
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
            .map(|line| line.split(':').next().unwrap().to_owned())
            .collect();
        assert!(keys.len() > 2 && keys.is_subset(&known), "{}: {keys:?} of {known:?}", path.display());
        matrices += 1;
    }
    assert!(matrices >= 2);
}

#[test]
fn plan_says_what_run_would_do() {
    let workspace = project();
    let table = workspace.run(["plan", "m.yml"]).assert_exit(0);
    let rows: Vec<Vec<&str>> = table
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .filter(|words: &Vec<&str>| words.len() == 4 && words[2].starts_with("mini:"))
        .collect();
    let cells: Vec<(&str, &str)> = rows.iter().map(|row| (row[0], row[1])).collect();
    let expected =
        [("uno", "s/Blink"), ("uno", "s/Fade"), ("uno", "s/Tone"), ("nano", "s/Blink"), ("nano", "s/Tone")];
    assert_eq!(cells, expected);
    let table = table.assert_stdout("no LED").assert_stdout("1 core, 5 cells (1 skipped)");

    let plan = json(&table.workspace.run(["plan", "m.yml", "--format", "json"]).assert_exit(0).stdout);
    let pairs: Vec<(&str, &str)> = plan["cells"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| (cell["board"].as_str().unwrap(), cell["sketch"].as_str().unwrap()))
        .collect();
    assert_eq!(pairs, expected);
    assert_eq!(plan["skipped"][0]["reason"], "no LED");
    assert_eq!(plan["cores"].as_array().unwrap().len(), 1, "both boards share one core");
    assert_eq!(plan["cells"][0]["platform"], "mcu");
    assert_eq!(plan["cells"][0]["timeout_s"], 600.0);
    assert!(!workspace.path(".fbuild-matrix").exists(), "a plan builds nothing");
}

#[test]
fn dry_run_is_plan() {
    let workspace = project();
    let plan = workspace.run(["plan", "m.yml"]).assert_exit(0);
    let dry = workspace.run(["run", "m.yml", "--dry-run"]).assert_exit(0);
    assert_eq!(dry.stdout, plan.stdout);
    assert!(!workspace.path(".fbuild-matrix").exists());
}

#[test]
fn globs_select_boards_and_sketches() {
    let workspace = project();
    let cells = |arguments: &[&str]| -> Vec<String> {
        let arguments = ["plan", "m.yml", "--format", "json"].iter().chain(arguments);
        let plan = json(&workspace.run(arguments).assert_exit(0).stdout);
        let cells = plan["cells"].as_array().unwrap().iter();
        cells
            .map(|cell| format!("{}/{}", cell["board"].as_str().unwrap(), cell["sketch"].as_str().unwrap()))
            .collect()
    };
    assert_eq!(cells(&["-b", "n*"]), ["nano/s/Blink", "nano/s/Tone"]);
    assert_eq!(cells(&["-s", "Fade"]), ["uno/s/Fade"]);
    assert_eq!(cells(&["-s", "Fade", "-s", "s/T*", "-b", "uno"]), ["uno/s/Fade", "uno/s/Tone"]);
}

#[test]
fn nothing_selected_is_4_and_an_unknown_name_is_2_with_the_nearest() {
    let workspace = project();
    for command in ["run", "plan"] {
        // Both exist, but that pair is excluded.
        workspace
            .run([command, "m.yml", "-b", "nano", "-s", "Fade"])
            .assert_exit(4)
            .assert_stderr("nothing is selected");
        let unknown = workspace.run([command, "m.yml", "-b", "nani"]).assert_exit(2);
        let unknown = unknown.assert_stderr("no board of the matrix matches").assert_stderr("nani");
        assert!(unknown.assert_stderr("nano").stdout.is_empty());
        workspace.run([command, "m.yml", "-s", "Blonk"]).assert_exit(2).assert_stderr("Blink");
    }
    assert!(!workspace.path(".fbuild-matrix").exists(), "what selects nothing writes nothing");
    let excluded = matrix("sketches: [\"s/*\"]\nexclude: [{board: uno, reason: all of them}]\n");
    workspace.file("none.yml", excluded).run(["run", "none.yml"]).assert_exit(4);
}

#[test]
fn an_unknown_fqbn_is_2_with_its_place_and_the_nearest() {
    let text = matrix("sketches: [\"s/*\"]\n").replace("mini:mcu:uno}", "mini:mcu:umo}");
    let run = project().file("wrong.yml", text).run(["run", "wrong.yml"]).assert_exit(2);
    run.assert_stderr("has no board")
        .assert_stderr("umo")
        .assert_stderr("`uno`")
        .assert_stderr("wrong.yml:5:");
}

#[test]
fn a_core_that_is_installed_nowhere_is_3_and_says_what_to_do() {
    let text = "version: 1\nboards: {x: \"nobody:avr:x\"}\nsketches: [\"s/*\"]\n";
    let run = project().file("nobody.yml", text).run(["run", "nobody.yml"]).assert_exit(3);
    run.assert_stderr("nobody:avr is not installed").assert_stderr("provider: path");
}

#[test]
fn offline_with_an_empty_cache_is_3() {
    let text = "version: 1\ncores: {\"arduino:avr\": {provider: apt}}\nboards: {uno: \"arduino:avr:uno\"}\nsketches: [\"s/*\"]\n";
    let workspace = project().file("apt.yml", text);
    let empty = workspace.path("empty-cache").display().to_string();
    for command in ["run", "plan"] {
        let run = workspace.run([command, "apt.yml", "--offline", "--cache-dir", &empty]).assert_exit(3);
        run.assert_stderr("offline");
    }
}

#[test]
fn a_work_directory_that_cannot_be_written_is_3() {
    // A file where the directory should be: that stops root, too.
    let workspace = project().file("taken", "");
    workspace.run(["run", "m.yml", "--work-dir", "taken"]).assert_exit(3).assert_stderr("taken");
    workspace.run(["run", "m.yml", "--report-dir", "taken"]).assert_exit(3).assert_stderr("taken");
}

#[test]
fn boards_lists_fqbns() {
    let workspace = project();
    let run = workspace.run(["boards", "m.yml"]).assert_exit(0);
    run.assert_stdout("mini:mcu:uno  Mini Uno").assert_stdout("mini:mcu:broken  ");
    let one = workspace.run(["boards", "m.yml", "-b", "mini:mcu:u*"]).assert_exit(0);
    assert_eq!(one.stdout, "mini:mcu:uno  Mini Uno\n");
    workspace.run(["boards", "m.yml", "-b", "nothing*"]).assert_exit(4);
}

#[test]
fn boards_prints_the_properties_of_a_board() {
    let text = matrix("sketches: [\"s/*\"]\n")
        .replace("path: core,", "path: core, properties: {build.extra_flags: \"-DA={build.mcu} {none}\"},");
    let workspace = project().file("p.yml", text);
    let run = workspace.run(["boards", "p.yml", "mini:mcu:uno", "--properties"]).assert_exit(0);
    run.assert_stdout("\nbuild.extra_flags=-DA=atmega328p {none}\n")
        .assert_stdout("\nbuild.fqbn=mini:mcu:uno\n")
        .assert_stdout("\nrecipe.output.tmp_file={build.project_name}.hex\n");
    workspace.run(["boards", "p.yml", "--properties"]).assert_exit(2).assert_stderr("name its FQBN");
    workspace.run(["boards", "p.yml", "m.yml"]).assert_exit(2).assert_stderr("one matrix");
    workspace.run(["boards", "p.yml", "mini:mcu:umo", "--properties"]).assert_exit(3).assert_stderr("`uno`");
    let one = workspace.run(["boards", "p.yml", "mini:mcu:uno"]).assert_exit(0);
    assert_eq!(one.stdout, "mini:mcu:uno  Mini Uno\n");
}

#[test]
fn doctor_names_what_two_menu_options_set() {
    let menus = "menu.cpu=CPU\nmenu.opt=Optimize\nuno.menu.opt.a=A\nuno.menu.opt.a.build.x=1\n\
                 uno.menu.cpu.b=B\nuno.menu.cpu.b.build.x=2\nuno.menu.cpu.b.build.y=3\n";
    let workspace = project().file("core/boards.local.txt", menus);
    let run = workspace.run(["doctor", "m.yml", "--offline"]).assert_exit(0);
    assert!(!run.stdout.contains("build.y"), "{}", run.stdout);
    run.assert_stdout("warning")
        .assert_stdout("mini:mcu:uno: `build.x` is set by cpu=b and by opt=a; arduino-cli takes either");
}

#[test]
fn doctor_says_what_is_there_and_what_each_exit_code_means() {
    let run = Workspace::new().run(["doctor", "--offline"]).assert_exit(0);
    run.assert_stdout("apt-get")
        .assert_stdout("cache directory")
        .assert_stdout("arduino:avr")
        .assert_stdout("emulator simavr")
        .assert_stdout("emulator qemu-system-riscv32")
        .assert_stdout("130  interrupted");
}

#[test]
fn doctor_is_3_where_something_is_missing() {
    let run = Workspace::new().env("PATH", "/nowhere").run(["doctor", "--offline"]).assert_exit(3);
    run.assert_stdout("missing").assert_stdout("apt-get").assert_stdout("not in PATH=/nowhere");
}

#[test]
fn a_matrix_without_cells_says_why() {
    let workspace = project();
    for (sketches, why) in [
        ("sketches: []\n", "`sketches` is empty"),
        ("sketches: [\"s/*\"]\nexclude: [{sketch: \"*\"}]\n", "every sketch is excluded for every board"),
        ("sketches: [\"s/*\", \"!s\"]\n", "its entries with `!` leave out every sketch"),
        ("sketches: [{path: t, optional: true}]\n", "nothing is there of what its entries name"),
    ] {
        let workspace = workspace.clone().file("none.yml", matrix(sketches));
        workspace.run(["plan", "none.yml"]).assert_exit(4).assert_stderr(why);
    }
    let none = matrix("sketches: [\"s/*\"]\n").replace("{uno: mini:mcu:uno}", "{}");
    workspace
        .clone()
        .file("none.yml", none)
        .run(["plan", "none.yml"])
        .assert_exit(4)
        .assert_stderr("`boards` is empty");
}
