//! Headers that no library offers: where was looked, what is near, and the entry of the matrix that brings them.

use crate::failures_core::{core, matrix, workspace};
use crate::library_use::{library, using};
use crate::support::{Finished, Verdict, Workspace};

/// The sketch `repo/examples/A` of the library Mine with these includes, two boards, and libraries as the matrix names
/// them.
fn project(sketch: &str, libraries: &str) -> Workspace {
    let boards = "boards: {one: \"mini:mcu:uno\", two: \"mini:mcu:uno\"}";
    let text = format!(
        "version: 1\ncores:\n{}{boards}\nlibraries: [{libraries}]\nsketches: [\"../repo/examples/*\"]\n",
        core().replace("path: core", "path: ../core")
    );
    library(workspace(), "repo/Mine", "1.0").sketch("repo/examples/A", sketch).file("ci/m.yml", text)
}

fn run(workspace: &Workspace) -> Finished {
    workspace.run(["run", "ci/m.yml"])
}

/// Asserts that both cells fail for one reason, with a message that ends like this; returns the diagnostic.
#[track_caller]
fn fails(workspace: &Workspace, end: &str) -> String {
    let run = run(workspace).assert_exit(1);
    let junit = run.reports().junit();
    let mut bodies =
        ["one", "two"].map(|board| match junit.case(board, "../repo/examples/A").verdict.clone() {
            Verdict::Failure { message, body } => {
                assert!(message.ends_with(end), "`{end}` does not end\n{message}");
                body
            }
            other => panic!("{other:?}"),
        });
    let summary = run.reports().text("summary.md");
    assert_eq!(summary.matches("<details><summary>diagnostic").count(), 1, "one entry: {summary}");
    std::mem::take(&mut bodies[0])
}

#[test]
fn a_library_beside_the_library_under_test_is_found_and_its_entry_brings_it() {
    let sketch = using(&["Mine", "Other"]);
    let workspace = library(project(&sketch, "../repo/Mine"), "repo/Other", "1.0");
    let end = "Other.h: No such file or directory; no library offers it: add `- ../repo/Other` to `libraries` of the matrix";
    let body = fails(&workspace, end);
    for part in [
        "looked in the sketch, the core, `libraries` of the matrix (repo/Mine) and the platform's libraries (none)\n",
        "repo/Other offers it\n",
        "add to the matrix:\n  libraries:\n    - ../repo/Other",
    ] {
        assert!(body.contains(part), "`{part}` is not in\n{body}");
    }
    let named = library(project(&sketch, "../repo/Mine, ../repo/Other"), "repo/Other", "1.0");
    run(&named).assert_exit(0);
}

#[test]
fn a_library_of_arduinos_ide_is_found() {
    let workspace = project(&using(&["Mine", "Far"]), "../repo/Mine");
    let root = workspace.home().join("Arduino/libraries/Far");
    std::fs::create_dir_all(&root).unwrap();
    std::fs::write(root.join("Far.h"), "").unwrap();
    fails(&workspace, "add `- ../../home/Arduino/libraries/Far` to `libraries` of the matrix");
}

#[test]
fn a_library_that_needs_another_names_it_too() {
    let workspace = library(project(&using(&["Mine"]), "../repo/Mine"), "repo/Dep", "1.0")
        .file("repo/Mine/src/Mine.cpp", "#include <Dep.h>\nint mine() { return dep(); }\n");
    fails(
        &workspace,
        "Dep.h: No such file or directory; no library offers it: add `- ../repo/Dep` to `libraries` of the matrix",
    );
}

#[test]
fn another_spelling_is_named() {
    let text = |name: &str| format!("#include <{name}>\nvoid setup() {{}}\nvoid loop() {{}}\n");
    fails(&project(&text("mine.h"), "../repo/Mine"), "did you mean `Mine.h`?");
    fails(&project(&text("Mime.h"), "../repo/Mine"), "did you mean `Mine.h`?");
    fails(&project(&text("arduino.h"), "../repo/Mine"), "did you mean `Arduino.h`?");
    let own = project("#include \"config.h\"\nvoid setup() {}\nvoid loop() {}\n", "../repo/Mine");
    fails(&own.file("repo/examples/A/Config.h", ""), "did you mean `Config.h`?");
}

#[test]
fn files_of_libraries_that_no_include_reaches_are_named() {
    let text = |name: &str| format!("#include <{name}>\nvoid setup() {{}}\nvoid loop() {{}}\n");
    let with = |name: &str| {
        project(&text(name), "../repo/Mine")
            .file("repo/Mine/src/sub/deep.h", "")
            .file("repo/Mine/src/utility/helper.h", "")
            .file("repo/Mine/src/Zed.h", "")
    };
    fails(
        &with("sub/deep.h"),
        "include `Mine.h` before it: then Arduino searches the library Mine, which has it",
    );
    let body = fails(&with("helper.h"), "the library Mine has it where no sketch can include it");
    assert!(body.contains("src/utility/helper.h exists; no include of this name reaches it"), "{body}");
}

#[test]
fn what_nothing_is_near_says_where_was_looked() {
    let text = |name: &str| format!("#include <{name}>\nvoid setup() {{}}\nvoid loop() {{}}\n");
    let body = fails(
        &project(&text("Nothing.h"), "../repo/Mine"),
        "Nothing.h: No such file or directory; no library offers it",
    );
    assert!(body.contains("looked in") && !body.contains("add to the matrix"), "{body}");
    fails(&project(&text("driver/gpio.h"), ""), "headers without a directory in their names");
    fails(&project(&text("vector"), ""), "headers that end in .h, .hpp or .hh");
}

#[test]
fn an_ignored_library_is_named_with_its_reason() {
    let text = matrix("libraries: [libs]\nsketches: [A]\n");
    let workspace = library(workspace().sketch("A", &using(&["Bad"])).file("m.yml", text), "libs/Bad", "1.0")
        .file("libs/Bad/library.properties", "name=Bad\na line\n");
    let run = workspace.run(["run", "m.yml"]).assert_exit(1);
    assert!(
        matches!(&run.reports().junit().case("uno", "A").verdict,
            Verdict::Failure { message, body } if message.ends_with("libs/Bad offers it, but is ignored")
                && body.contains("line 2 of library.properties")),
        "{}",
        run.stderr
    );
}

#[test]
fn a_library_of_another_platform_is_named() {
    let workspace = project("#include <Radio.h>\nvoid setup() {}\nvoid loop() {}\n", "")
        .file("core/libraries/readme.txt", "");
    let avr = std::fs::read_to_string(workspace.path("core/platform.txt")).unwrap();
    let boards = std::fs::read_to_string(workspace.path("core/boards.txt")).unwrap();
    let tools = crate::failures_core::tools();
    let workspace = workspace
        .file("radio/platform.txt", avr)
        .file("radio/boards.txt", boards)
        .file("radio/cores/mini/Arduino.h", "#pragma once\nvoid setup();\nvoid loop();\n")
        .file("radio/cores/mini/main.cpp", "#include <Arduino.h>\nint main() { setup(); for (;;) loop(); }\n")
        .file("radio/libraries/Radio/Radio.h", "")
        .file(
            "m.yml",
            format!(
                "version: 1\ncores:\n{}  radio:mcu: {{provider: path, path: radio, tools: {{avr-gcc: \"{}\"}}}}\n\
                 boards: {{uno: \"mini:mcu:uno\", radio: \"radio:mcu:uno\"}}\nsketches: [repo/examples/A]\n",
                core(),
                tools.display()
            ),
        );
    let run = workspace.run(["run", "m.yml"]).assert_exit(1);
    let junit = run.reports().junit();
    assert_eq!(junit.case("radio", "repo/examples/A").verdict, Verdict::Passed, "{}", run.stderr);
    assert!(
        matches!(&junit.case("uno", "repo/examples/A").verdict,
            Verdict::Failure { message, .. } if message.contains("the library Radio is another platform's")),
        "{}",
        run.stderr
    );
}
