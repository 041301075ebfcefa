//! Failures of earlier runs: the same verdict in the same words, without a compiler, until something has changed.

use std::fs;
use std::path::Path;

use crate::failures_core::{matrix, workspace};
use crate::support::{Finished, Verdict, Workspace};

/// Sketches that fail in all ways of wrong code, each with its main file.
const WRONG: [(&str, &str); 8] = [
    ("Syntax", "void setup() {}\nvoid loop() { int x = ; }\n"),
    ("Undefined", "int elsewhere(int);\nvoid setup() { elsewhere(1); }\nvoid loop() {}\n"),
    ("Missing", "#include <Nowhere.h>\nvoid setup() {}\nvoid loop() {}\n"),
    // Not plain: the preprocessor is needed for the prototypes.
    (
        "Stops",
        "#define MAKE(name) void name() {}\nMAKE(made)\n#error stop here\nvoid setup() {}\nvoid loop() {}\n",
    ),
    ("Broken", "#include <Broken.h>\nvoid setup() { broken(); }\nvoid loop() {}\n"),
    ("Asks", "#include <Asks.h>\nvoid setup() {}\nvoid loop() {}\n"),
    // Larger than the board's limit, and larger than the linker's region.
    ("Large", "volatile char data[3000];\nvoid setup() { data[1] = 1; }\nvoid loop() {}\n"),
    (
        "Huge",
        "const char a[32000] __attribute__((section(\".progmem\"), used)) = {1};\n\
         const char b[32000] __attribute__((section(\".progmem\"), used)) = {1};\n\
         const char c[32000] __attribute__((section(\".progmem\"), used)) = {1};\n\
         const char d[32000] __attribute__((section(\".progmem\"), used)) = {1};\n\
         const char e[32000] __attribute__((section(\".progmem\"), used)) = {1};\n\
         void setup() {}\nvoid loop() {}\n",
    ),
];

/// A workspace with them, for a board whose units go through the compiler cache and for one whose units are light.
fn project() -> Workspace {
    let text = matrix("libraries: [libs]\nsketches: [\"s/*\"]\n")
        .replace("{uno: mini:mcu:uno}", "{uno: mini:mcu:uno, light: mini:avr:uno}");
    let mut workspace = workspace()
        .file("libs/Broken/src/Broken.h", "#pragma once\nint broken();\n")
        .file("libs/Broken/src/Broken.cpp", "#include \"Broken.h\"\nint broken() { return nothing; }\n")
        .file(
            "libs/Asks/src/Asks.h",
            "#pragma once\n#if __has_include(<Unknown.h>) || 1\n#include <Wanted.h>\n#endif\n",
        )
        .file("m.yml", text);
    for name in ["Broken", "Asks"] {
        let properties = format!("name={name}\nversion=1.0.0\narchitectures=*\n");
        workspace = workspace.file(&format!("libs/{name}/library.properties"), properties);
    }
    for (name, text) in WRONG {
        workspace = workspace.sketch(&format!("s/{name}"), text);
    }
    workspace
}

/// A run in another work directory than the usual one writes its reports to the usual place.
fn run(workspace: &Workspace, work: &str, more: &[&str]) -> Finished {
    let options = ["run", "m.yml", "--work-dir", work, "--report-dir", ".fbuild-matrix/reports"];
    workspace.run(options.iter().chain(more))
}

/// The verdict on each cell, with the same name for each work directory.
fn verdicts(run: &Finished, work: &str) -> Vec<(String, Verdict)> {
    let plain = |text: String| text.replace(&format!("{work}/"), "WORK/");
    let verdict = |verdict: Verdict| match verdict {
        Verdict::Failure { message, body } => Verdict::Failure { message: plain(message), body: plain(body) },
        other => other,
    };
    let junit = run.reports().junit();
    let mut cases: Vec<_> = junit
        .cases()
        .map(|case| (format!("{}/{}", case.classname, case.name), verdict(case.verdict.clone())))
        .collect();
    cases.sort_by(|(one, _), (other, _)| one.cmp(other));
    cases
}

/// The number of cells that the reports mark as cached failures: in `timing.json`, `junit.xml` and on the terminal.
fn marked(run: &Finished) -> [usize; 3] {
    let timing = run.reports().timing();
    let jobs = timing["jobs"].as_array().unwrap().iter();
    let cached = jobs.filter(|job| job["cached_failure"] == true && job["outcome"] == "failed");
    let junit = run.reports().text("junit.xml");
    [cached.count(), junit.matches("cached failure").count(), run.stderr.matches("  cached failure").count()]
}

#[test]
fn what_failed_fails_again_in_the_same_words_without_a_compiler() {
    const ALL: usize = 2 * WRONG.len();
    let workspace = project();
    let first = run(&workspace, ".fbuild-matrix", &[]).assert_exit(1);
    let expected = verdicts(&first, ".fbuild-matrix");
    assert_eq!(expected.len(), ALL);
    for (name, verdict) in &expected {
        assert!(matches!(verdict, Verdict::Failure { .. }), "{name}: {verdict:?}");
    }
    assert_eq!(marked(&first), [0; 3]);

    let again = run(&workspace, ".fbuild-matrix", &[]).assert_exit(1);
    assert_eq!(again.steps(), Vec::<String>::new());
    assert_eq!(verdicts(&again, ".fbuild-matrix"), expected);
    assert_eq!(marked(&again), [ALL; 3]);
    assert!(again.stdout.contains(&format!("{ALL} cached failures")), "{}", again.stdout);

    fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
    let gone = run(&workspace, ".fbuild-matrix", &[]).assert_exit(1);
    assert_eq!(gone.steps(), Vec::<String>::new());
    assert_eq!(verdicts(&gone, ".fbuild-matrix"), expected);

    let elsewhere = run(&workspace, "other", &[]).assert_exit(1);
    assert_eq!(elsewhere.steps(), Vec::<String>::new());
    assert_eq!(verdicts(&elsewhere, "other"), expected);

    let retried = run(&workspace, ".fbuild-matrix", &["--retry-failures"]).assert_exit(1);
    assert!(retried.steps().len() >= ALL, "{:?}", retried.steps());
    assert_eq!(verdicts(&retried, ".fbuild-matrix"), expected);
    assert_eq!(marked(&retried), [0; 3]);
}

/// What a user does to mend a sketch, and what mends each.
const MENDED: [(&str, &str, &str); 8] = [
    ("Syntax", "s/Syntax/Syntax.ino", "void setup() {}\nvoid loop() { int x = 1; }\n"),
    ("Undefined", "s/Undefined/more.cpp", "int elsewhere(int x) { return x; }\n"),
    ("Missing", "libs/Nowhere/Nowhere.h", ""),
    (
        "Stops",
        "s/Stops/Stops.ino",
        "#define MAKE(name) void name() {}\nMAKE(made)\nvoid setup() {}\nvoid loop() {}\n",
    ),
    ("Broken", "libs/Broken/src/Broken.cpp", "#include \"Broken.h\"\nint broken() { return 1; }\n"),
    ("Asks", "s/Asks/Wanted.h", ""),
    (
        "Large",
        "s/Large/Large.ino",
        "volatile char data[30];\nvoid setup() { data[1] = 1; }\nvoid loop() {}\n",
    ),
    ("Huge", "s/Huge/Huge.ino", "void setup() {}\nvoid loop() {}\n"),
];

#[test]
fn what_is_mended_is_built() {
    let workspace = project();
    run(&workspace, ".fbuild-matrix", &[]).assert_exit(1);
    for (mended, (name, file, text)) in MENDED.iter().enumerate() {
        let path = workspace.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let before = fs::read(&path).ok();
        fs::write(&path, text).unwrap();
        let run_it = |code| run(&workspace, ".fbuild-matrix", &["-s", name]).assert_exit(code);
        if *name == "Asks" {
            // A header of the sketch is none of the library's.
            run_it(1);
            fs::create_dir_all(workspace.path("libs/Wanted")).unwrap();
            fs::write(workspace.path("libs/Wanted/Wanted.h"), "").unwrap();
        }
        run_it(0);
        // What was wrong is wrong again, and that is known.
        if let (Some(before), true) = (before, mended % 2 == 0) {
            fs::write(&path, before).unwrap();
            let back = run_it(1);
            assert_eq!(marked(&back)[0], 2, "{name}");
            fs::write(&path, text).unwrap();
            run_it(0);
        }
    }
    run(&workspace, ".fbuild-matrix", &[]).assert_exit(0);
}

/// An edit that changes no code changes the lines that an error names.
#[test]
fn lines_are_those_of_the_present_source() {
    let workspace = project();
    run(&workspace, ".fbuild-matrix", &[]).assert_exit(1);
    for (name, line) in [("Syntax", 3), ("Undefined", 3)] {
        let path = workspace.path(format!("s/{name}/{name}.ino"));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("// A comment.\n{text}")).unwrap();
        let moved = run(&workspace, ".fbuild-matrix", &["-s", name]).assert_exit(1);
        let case = moved.reports().junit().case("uno", &format!("s/{name}")).verdict.clone();
        let Verdict::Failure { message, .. } = case else { panic!("{case:?}") };
        assert!(message.starts_with(&format!("s/{name}/{name}.ino:{line}:")), "{message}");
    }
}

#[test]
fn without_a_cache_every_failure_is_made_anew() {
    let workspace = project();
    for _ in 0..2 {
        let run = run(&workspace, ".fbuild-matrix", &["--no-cache"]).assert_exit(1);
        assert!(run.steps().len() >= 2 * WRONG.len());
        assert_eq!(marked(&run), [0; 3]);
    }
    assert!(!Path::new(&workspace.cache().join("artifacts")).exists());
}
