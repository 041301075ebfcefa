//! Which library was used, from where, and which others offered the header: in the log, in timing.json, and as a warning
//! where it is another copy of the library under test. The same in runs that find everything done.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::failures_core::{matrix, workspace};
use crate::support::{Finished, Workspace};

/// A library in `root` whose function has its directory's name, lower case.
pub(crate) fn library(workspace: Workspace, root: &str, version: &str) -> Workspace {
    let name = root.rsplit('/').next().unwrap().to_owned();
    let function = name.to_lowercase();
    workspace
        .file(&format!("{root}/library.properties"), format!("name={name}\nversion={version}\n"))
        .file(&format!("{root}/src/{name}.h"), format!("#pragma once\nint {function}();\n"))
        .file(
            &format!("{root}/src/{name}.cpp"),
            format!("#include \"{name}.h\"\nint {function}() {{ return 1; }}\n"),
        )
}

/// A sketch that uses the libraries of these names.
pub(crate) fn using(names: &[&str]) -> String {
    let includes = names.iter().map(|name| format!("#include <{name}.h>\n")).collect::<Vec<_>>().concat();
    let calls =
        names.iter().map(|name| format!(" x += {}();", name.to_lowercase())).collect::<Vec<_>>().concat();
    format!("{includes}volatile int x;\nvoid setup() {{{calls} }}\nvoid loop() {{}}\n")
}

/// The libraries of a cell in timing.json, paths relative to the project.
fn libraries(run: &Finished, job: &str) -> Value {
    let timing = run.reports().timing();
    let jobs = timing["jobs"].as_array().unwrap().clone();
    let cell = jobs.into_iter().find(|cell| cell["id"] == job).unwrap_or_else(|| panic!("no {job}"));
    let text = cell["libraries"].to_string();
    serde_json::from_str(&text.replace(&run.workspace.path("").display().to_string(), "")).unwrap()
}

fn log(workspace: &Workspace, cell: &str) -> String {
    fs::read_to_string(workspace.path(format!(".fbuild-matrix/cells/{cell}/build.log"))).unwrap()
}

/// Whether libraries were looked for.
fn discovers(run: &Finished) -> bool {
    run.reports().events().iter().any(|event| event["event"] == "job_phase" && event["phase"] == "preprocess")
}

/// Asserts what the cell `uno/s/A` says of its libraries.
#[track_caller]
fn assert_told(run: &Finished) {
    let expected = json!([
        {"name": "Foo", "version": "2.0", "path": "one/Foo", "header": "Foo.h",
         "not_used": [{"name": "Foo", "version": "1.0", "path": "two/Foo"}]},
        {"name": "Bar", "version": "1.1", "path": "two/Bar", "header": "Bar.h"},
    ]);
    assert_eq!(libraries(run, "uno/s/A"), expected);
    let log = log(&run.workspace, "uno/s/A").replace(&run.workspace.path("").display().to_string(), "");
    let paragraph = "libraries of this build:\n  Foo 2.0 in one/Foo, for Foo.h\n    not used: Foo 1.0 in two/Foo\n  \
                     Bar 1.1 in two/Bar, for Bar.h\n\n";
    assert!(log.starts_with(paragraph), "{log}");
    assert!(log.contains("avr-gcc"), "the commands stand behind it: {log}");
}

#[test]
fn every_run_tells_which_libraries_a_cell_is_built_with() {
    let text = matrix("libraries: [one, two]\nsketches: [s/A]\n");
    let workspace = workspace().sketch("s/A", &using(&["Foo", "Bar"])).file("m.yml", text);
    let workspace = library(workspace, "one/Foo", "2.0");
    let workspace = library(library(workspace, "two/Foo", "1.0"), "two/Bar", "1.1");
    // What changed less than two seconds before a run is looked at again.
    std::thread::sleep(Duration::from_millis(2100));
    let run = |arguments: &[&str]| {
        let run = workspace.run(["run", "m.yml"].iter().chain(arguments)).assert_exit(0);
        assert_told(&run);
        run
    };
    assert!(discovers(&run(&[])), "fresh");
    let again = run(&["-v"]);
    assert!(!discovers(&again), "up to date");
    let told = again.stderr.matches("Foo.h is of Foo 2.0 in one/Foo; not used: Foo 1.0 in two/Foo").count();
    assert_eq!(told, 1, "{}", again.stderr);
    fs::remove_dir_all(workspace.path(".fbuild-matrix/cells")).unwrap();
    assert!(!discovers(&run(&[])), "restored by a known key");
    fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
    let restored = run(&[]);
    assert!(discovers(&restored), "restored");
    assert!(log(&workspace, "uno/s/A").contains("taken from the artifact store"));
}

#[test]
fn another_copy_that_appears_is_told_although_the_firmware_stays() {
    let text = matrix("libraries: [one, two]\nsketches: [s/A]\n");
    let workspace =
        workspace().sketch("s/A", &using(&["Foo"])).file("two/readme.txt", "").file("m.yml", text);
    let workspace = library(workspace, "one/Foo", "2.0");
    workspace.run(["run", "m.yml"]).assert_exit(0);
    assert!(!log(&workspace, "uno/s/A").contains("not used"));
    let run = library(workspace, "two/Foo", "1.0").run(["run", "m.yml"]).assert_exit(0);
    assert!(run.stdout.contains("1 up-to-date"), "{}", run.stdout);
    assert_eq!(libraries(&run, "uno/s/A")[0]["not_used"][0]["path"], "two/Foo");
    let log = log(&run.workspace, "uno/s/A");
    assert!(log.contains("not used: Foo 1.0 in") && log.contains("avr-gcc"), "{log}");
    assert_eq!(log.matches("libraries of this build").count(), 1, "{log}");
}

#[test]
fn a_library_for_other_boards_is_noted() {
    let text = matrix("libraries: [libs]\nsketches: [s/A]\n");
    let workspace =
        library(workspace().sketch("s/A", &using(&["Foo"])).file("m.yml", text), "libs/Foo", "1.0")
            .file("libs/Foo/library.properties", "name=Foo\narchitectures=sam, esp32\n");
    let run = workspace.run(["run", "m.yml"]).assert_exit(0);
    assert_eq!(libraries(&run, "uno/s/A")[0]["made_for"], "sam, esp32");
    assert!(log(&workspace, "uno/s/A").contains("made for sam, esp32, not for this board"));
}

/// A repository `repo` of the library Foo with two examples, and another copy of Foo in `libs`.
fn repository(libraries: &str) -> Workspace {
    let workspace = workspace()
        .sketch("repo/examples/A", &using(&["Foo"]))
        .sketch("repo/examples/B", &format!("{}int more;\n", using(&["Foo"])))
        .file("repo/library.properties", "name=Foo\nversion=2.0\n")
        .file("repo/src/Foo.h", "#pragma once\nint foo();\n")
        .file("repo/src/Foo.cpp", "int foo() { return 2; }\n")
        .file("m.yml", matrix(&format!("libraries: [{libraries}]\nsketches: [\"repo/examples/*\"]\n")));
    library(workspace, "libs/Foo", "1.0")
}

const TOLD: &str = "Foo.h is of Foo 1.0 in libs/Foo, not of the library under test, Foo 2.0 in repo: ";

#[test]
fn examples_that_build_with_another_copy_are_warned_of_once() {
    let workspace = repository("libs");
    std::thread::sleep(Duration::from_millis(2100));
    for (arguments, is_fresh) in [(&["run", "m.yml"][..], true), (&["run", "m.yml", "-q"], false)] {
        let run = workspace.run(arguments).assert_exit(0);
        assert_eq!(discovers(&run), is_fresh);
        let told = format!("warning {TOLD}add `- repo` to `libraries` of the matrix");
        assert_eq!(run.stderr.matches(&told).count(), 1, "{}", run.stderr);
        let summary = run.reports().text("summary.md");
        assert_eq!(summary.matches("not of the library under test").count(), 1, "{summary}");
        assert!(summary.contains("(2 cells, the first is uno/repo/examples/A)"), "{summary}");
        assert_eq!(libraries(&run, "uno/repo/examples/A")[0]["instead_of"]["path"], "repo");
    }
    let run = workspace.file("m.yml", matrix("libraries: [libs, repo]\nsketches: [\"repo/examples/*\"]\n"));
    let run = run.run(["run", "m.yml"]).assert_exit(0);
    assert!(!run.stderr.contains("under test"), "{}", run.stderr);
    let used = libraries(&run, "uno/repo/examples/A");
    assert_eq!((&used[0]["path"], &used[0]["under_test"]), (&json!("repo"), &json!(true)));
}

#[test]
fn the_advice_follows_how_the_matrix_names_the_library() {
    // Both are named themselves: Arduino's rules choose by the name.
    let run = repository("repo, libs/Foo").file("repo/library.properties", "name=Foo two\nversion=2.0\n");
    let run = run.run(["run", "m.yml"]).assert_exit(0);
    assert!(run.stderr.contains("names both themselves"), "{}", run.stderr);
    // It is found in a directory of libraries, where another fits better.
    let run = repository("., libs").run(["run", "m.yml"]).assert_exit(0);
    assert!(run.stderr.contains("name it itself in `libraries` of the matrix: `- repo`"), "{}", run.stderr);
}

#[test]
fn a_copy_that_comes_with_another_library_is_found() {
    // Kit brings the include of Kit.h, and its own Foo.h is found before any library is looked for.
    let workspace = library(repository("libs, kits"), "kits/Kit", "3.0")
        .file("kits/Kit/src/Foo.h", "#pragma once\nint foo();\n")
        .file("kits/Kit/src/Foo.cpp", "int foo() { return 3; }\n")
        .sketch("repo/examples/A", &using(&["Kit", "Foo"]));
    let run = workspace.run(["run", "m.yml", "-s", "**/A"]).assert_exit(0);
    assert!(
        run.stderr.contains("Foo.h is of Kit 3.0 in kits/Kit, not of the library under test"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_sketch_of_no_library_is_not_warned_of() {
    let workspace = repository("libs").sketch("s/C", &using(&["Foo"]));
    let workspace = workspace.file("m.yml", matrix("libraries: [libs]\nsketches: [s/C]\n"));
    let run = workspace.run(["run", "m.yml"]).assert_exit(0);
    assert!(!run.stderr.contains("under test"), "{}", run.stderr);
}

#[test]
fn the_platforms_copy_in_place_of_the_library_under_test_is_told() {
    let text = "version: 1\ncores: {\"arduino:avr\": {provider: apt}}\nboards: {uno: \"arduino:avr:uno\"}\n\
                sketches: [\"EEPROM/examples/*\"]\n";
    let sketch = "#include <EEPROM.h>\nvoid setup() { EEPROM.read(0); }\nvoid loop() {}\n";
    let workspace = Workspace::new()
        .sketch("EEPROM/examples/A", sketch)
        .file("EEPROM/library.properties", "name=EEPROM\nversion=9.0\n")
        .file("EEPROM/src/EEPROM.h", "#error the library under test\n")
        .file("m.yml", text);
    let run = workspace.run(["run", "m.yml"]).assert_exit(0);
    assert!(run.stderr.contains("not of the library under test, EEPROM 9.0 in EEPROM"), "{}", run.stderr);
    let workspace = workspace.file("m.yml", format!("{text}libraries: [EEPROM]\n"));
    workspace.run(["run", "m.yml"]).assert_exit(1).assert_stderr("the library under test");
}

#[test]
fn a_cell_that_fails_names_the_libraries_that_may_be_others() {
    let workspace = repository("libs").file("libs/Foo/src/Foo.h", "#pragma once\n");
    let run = workspace.run(["run", "m.yml"]).assert_exit(1);
    let part = "libraries that may be others than you expect:\n";
    assert!(run.reports().text("junit.xml").contains(part), "{}", run.stderr);
    let libraries = libraries(&run, "uno/repo/examples/A");
    assert_eq!(libraries[0]["path"], "libs/Foo", "of a cell that fails too");
}
