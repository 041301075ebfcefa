//! A cell in which more than one thing is wrong says the same in each run, whatever comes first in time.

use crate::failures_core::{EMPTY, core, script, tools, workspace};
use crate::support::{Finished, Verdict, Workspace};

/// Message and body of each case that is no success.
fn told(run: &Finished) -> Vec<(String, String, String)> {
    let junit = run.reports().junit();
    let told = junit.cases().filter_map(|case| match case.verdict.clone() {
        Verdict::Failure { message, body } | Verdict::Error { message, body } => {
            Some((case.name.clone(), message, body))
        }
        Verdict::Passed | Verdict::Skipped { .. } => None,
    });
    told.collect()
}

/// Runs `m.yml` with other numbers of jobs, cold and warm, and with and without the cache; all must say the same.
#[track_caller]
fn always_the_same(workspace: &Workspace) -> Vec<(String, String, String)> {
    let mut first = None;
    for arguments in ["-j 1", "-j 8", "-j 2", "-j 3 --no-cache", "-j 1 --no-cache", "-j 5"] {
        let arguments = ["run", "m.yml"].into_iter().chain(arguments.split(' '));
        let told = told(&workspace.run(arguments).assert_exit(1));
        assert_eq!(*first.get_or_insert_with(|| told.clone()), told);
    }
    first.unwrap()
}

/// A compiler that takes its time for what comes first in the order of sources, so that it ends last.
fn slow_for_the_first(pattern: &str) -> Workspace {
    let text = format!(
        "case \"$*\" in *' -E '*) ;; *{pattern}*) sleep 0.4;; esac\nexec \"{}\" \"$@\"\n",
        tools().join("bin/avr-g++").display()
    );
    script(workspace(), "slow", &text)
}

fn with_slow(workspace: Workspace, rest: &str) -> Workspace {
    let slow = workspace.path("slow").display().to_string();
    let boards =
        format!("boards:\n  uno: {{fqbn: \"mini:mcu:uno\", properties: {{compiler.cpp: \"{slow}\"}}}}\n");
    let matrix = format!("version: 1\ncores:\n{}{boards}{rest}", core());
    workspace.file("m.yml", matrix)
}

#[test]
fn two_units_of_a_sketch_that_fail() {
    let workspace = slow_for_the_first("Two.ino.cpp")
        .sketch("Two", "void setup() { first(); }\nvoid loop() {}\n")
        .file("Two/b.cpp", "int b = second;\n")
        .file("Two/c.cpp", "int c = third;\n");
    let workspace = with_slow(workspace, "sketches: [Two]\n");
    let told = always_the_same(&workspace);
    let (_, message, body) = &told[0];
    assert!(message.contains("'first' was not declared"), "{message}");
    let at = |text: &str| body.find(text).unwrap_or_else(|| panic!("`{text}` is not in\n{body}"));
    assert!(at("'first' was not declared") < at("further errors:"));
    assert!(at("further errors:") < at("b.cpp:1:9: 'second' was not declared"));
    assert!(at("'second' was not declared") < at("c.cpp:1:9: 'third' was not declared"));
}

#[test]
fn a_sketch_and_its_library_that_fail() {
    let workspace = slow_for_the_first("Both.ino.cpp")
        .sketch("Both", "#include <Lib.h>\nvoid setup() { first(); }\nvoid loop() {}\n")
        .file("libs/Lib/library.properties", "name=Lib\nversion=1.0.0\nauthor=a\nmaintainer=a\nsentence=a\nparagraph=a\ncategory=Other\nurl=a\narchitectures=*\n")
        .file("libs/Lib/src/Lib.h", "#pragma once\n")
        .file("libs/Lib/src/Lib.cpp", "int lib = second;\n");
    let workspace = with_slow(workspace, "libraries: [libs]\nsketches: [Both]\n");
    let told = always_the_same(&workspace);
    assert!(told[0].1.contains("'first' was not declared"), "{}", told[0].1);
    assert!(told[0].2.contains("Lib.cpp:1:11: 'second' was not declared"), "{}", told[0].2);
}

#[test]
fn one_header_that_breaks_many_units_is_one_error() {
    let workspace = slow_for_the_first("One.ino.cpp")
        .sketch("One", "#include \"bad.h\"\nvoid setup() {}\nvoid loop() {}\n")
        .file("One/bad.h", "#pragma once\ninline int bad() { return missing; }\n")
        .file("One/b.cpp", "#include \"bad.h\"\n")
        .file("One/c.cpp", "#include \"bad.h\"\n");
    let workspace = with_slow(workspace, "sketches: [One]\n");
    let told = always_the_same(&workspace);
    assert!(told[0].1.contains("'missing' was not declared"), "{}", told[0].1);
    assert!(!told[0].2.contains("further errors"), "{}", told[0].2);
}

#[test]
fn a_core_whose_sources_fail() {
    let workspace = slow_for_the_first("mini/a.cpp")
        .sketch("A", EMPTY)
        .file("core/cores/mini/a.cpp", "int a = first;\n")
        .file("core/cores/mini/b.cpp", "int b = second;\n");
    let workspace = with_slow(workspace, "sketches: [A]\n");
    let told = always_the_same(&workspace);
    assert!(told[0].1.contains("'first' was not declared"), "{}", told[0].1);
}

/// What the assembler and the linker say of temporary files has other names in each run.
#[test]
fn names_of_temporary_files_are_always_the_same() {
    let workspace = workspace()
        .sketch("Asm", "void setup() { asm(\"nonsense r1\"); }\nvoid loop() {}\n")
        .sketch("Lto", "int elsewhere();\nvoid setup() { elsewhere(); }\nvoid loop() {}\n");
    let flags = "properties: {build.extra_flags: \"-flto\"}";
    let matrix = format!(
        "version: 1\ncores:\n{}boards: {{uno: {{fqbn: \"mini:mcu:uno\", {flags}}}}}\nsketches: [Asm, Lto]\n",
        core()
    );
    let told = always_the_same(&workspace.file("m.yml", matrix));
    assert_eq!(told.len(), 2);
    assert!(told.iter().any(|(_, message, _)| message.contains("undefined reference to")), "{told:#?}");
}
