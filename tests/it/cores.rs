//! How many cores a board has: one for all sketches that offer it nothing, and one for each that does.

use std::fs;

use crate::arduino::copy;
use crate::support::{Verdict, Workspace, avr_core, repository};

/// A project on the mini core of the platform cases, whose `platform.txt` has these lines more, and a core that takes a
/// `user_config.h` where it finds one.
fn workspace(more: &str) -> Workspace {
    let compiler = avr_core().tools["avr-gcc"].display().to_string();
    let workspace = Workspace::new().file(
        "m.yml",
        format!(
            "version: 1\ncores: {{\"mini:mcu\": {{provider: path, path: core, tools: {{avr-gcc: \"{compiler}\"}}}}}}\n\
             boards: {{uno: \"mini:mcu:uno\"}}\nsketches: [\"s/*\"]\n"
        ),
    );
    copy(&repository("tests/it/arduino/platform-cases/core"), &workspace.path("core"));
    let platform = workspace.path("core/platform.txt");
    fs::write(&platform, fs::read_to_string(&platform).unwrap() + more).unwrap();
    workspace.file(
        "core/cores/mini/user.cpp",
        "#if __has_include(\"user_config.h\")\n#include \"user_config.h\"\n#else\n#define USER 1\n#endif\nint user = USER;\n",
    )
}

/// A sketch whose firmware holds what the core found.
const SKETCH: &str = "extern int user;\nvolatile int seen;\nvoid setup() { seen = user; }\nvoid loop() {}\n";

#[test]
fn ten_sketches_have_one_core_and_nothing_is_compiled_twice() {
    let mut workspace = workspace("build.extra_flags=-I{build.source.path} \"-DPROJECT=\"{build.path}\"\"\n");
    for number in 0..10 {
        workspace = workspace.sketch(&format!("s/P{number}"), SKETCH);
    }
    let run = workspace.run(["run", "m.yml", "--no-cache"]).assert_exit(0);
    // The core has two sources.
    run.assert_stdout("10 built")
        .assert_stdout("(12 compiled")
        .workspace
        .run(["run", "m.yml"])
        .assert_stdout("10 up-to-date");
}

#[test]
fn a_sketch_with_what_the_core_looks_for_has_a_core_of_its_own() {
    let workspace = workspace("build.extra_flags=-I{build.source.path}\n")
        .sketch("s/Plain", SKETCH)
        .sketch("s/User", SKETCH)
        .file("s/User/user_config.h", "#define USER 2\n");
    let run = workspace.run(["run", "m.yml", "--no-cache"]).assert_exit(0);
    // Two sketches, two sources of the core, and one of them again.
    let run = run.assert_stdout("2 built").assert_stdout("(5 compiled");
    assert_ne!(run.firmware().values().next(), run.firmware().values().nth(1));
    let again = run.workspace.run(["run", "m.yml"]).assert_stdout("2 up-to-date");
    // What it looks for comes and goes.
    let before = again.firmware();
    let workspace = again.workspace.file("s/Plain/user_config.h", "#define USER 2\n");
    fs::remove_file(workspace.path("s/User/user_config.h")).unwrap();
    let after = workspace.run(["run", "m.yml"]).assert_exit(0).firmware();
    let of =
        |firmware: &std::collections::BTreeMap<_, Vec<u8>>| firmware.values().cloned().collect::<Vec<_>>();
    let (before, after) = (of(&before), of(&after));
    assert_eq!((&before[0], &before[1]), (&after[1], &after[0]));
}

#[test]
fn a_core_that_is_broken_for_one_sketch_is_not_for_others() {
    let workspace = workspace("build.extra_flags=-I{build.source.path}\n")
        .sketch("s/Plain", SKETCH)
        .sketch("s/User", SKETCH)
        .file("s/User/user_config.h", "#error not with me\n");
    let run = workspace.run(["run", "m.yml"]).assert_exit(1);
    let junit = run.reports().junit();
    assert_eq!(junit.case("uno", "s/Plain").verdict, Verdict::Passed);
    let Verdict::Failure { message, .. } = &junit.case("uno", "s/User").verdict else { panic!("no failure") };
    assert!(message.contains("not with me"), "{message}");
}

#[test]
fn hooks_may_name_the_build_directory_without_quotes() {
    let hooks = "recipe.hooks.prebuild.1.pattern=/bin/sh -c \"echo 1 > {build.path}/made.txt\"\n\
                 recipe.hooks.postbuild.1.pattern=/bin/sh -c \"cat {build.path}/made.txt > {build.path}/copy.txt\"\n";
    let run = workspace(hooks).sketch("s/A (new) sketch's", SKETCH).run(["run", "m.yml"]).assert_exit(0);
    let cell = run.workspace.path(".fbuild-matrix/cells/uno/s/A__new__sketch_s");
    assert_eq!(fs::read_to_string(cell.join("copy.txt")).unwrap(), "1\n");
    assert!(cell.join("A (new) sketch's.ino.hex").is_file());
}
