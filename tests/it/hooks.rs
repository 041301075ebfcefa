//! Hooks that are programs: run again when what they read has changed, if the matrix says what that is, and else in every
//! run.

use std::fs;

use crate::failures_core::{core, script, workspace};
use crate::support::{Finished, Workspace};

/// A workspace whose core has two hooks: a shell that writes a file, and a script that removes it, makes a directory, and
/// puts words of the sketch, the core and another directory into a header. `inputs` is a key of the core's entry.
fn project(inputs: &str) -> Workspace {
    let hook = "mkdir -p \"$2/made/empty\"\nrm \"$2/first.txt\"\n\
                echo \"#define WORD \\\"$(cat \"$1/word.txt\" \"$3\" \"${3%/core/*}/extra/word.txt\" 2>/dev/null | tr -d '\\n')\\\"\" \
                > \"$2/made/word.h\"\n";
    let workspace = script(workspace(), "core/tools/hook", hook);
    let text = fs::read_to_string(workspace.path("core/platform.txt")).unwrap();
    let hooks = "recipe.hooks.prebuild.1.pattern=/bin/sh -c \"echo 1 > '{build.path}/first.txt'\"\n\
                 recipe.hooks.prebuild.2.pattern=\"{runtime.platform.path}/tools/hook\" \"{build.source.path}\" \"{build.path}\" \
                 \"{runtime.platform.path}/word.txt\"\n";
    let text = text.replace("build.extra_flags=\n", "build.extra_flags=\"-I{build.path}/made\"\n") + hooks;
    let cores = core().replace("path: core,", &format!("path: core, {inputs}"));
    workspace
        .file("core/platform.txt", text)
        .file("core/word.txt", "core")
        .file("extra/word.txt", "extra")
        .sketch(
            "A",
            "#include \"word.h\"\nconst char *volatile word = WORD;\nvoid setup() {}\nvoid loop() {}\n",
        )
        .file("A/word.txt", "sketch")
        .file("m.yml", format!("version: 1\ncores:\n{cores}boards: {{uno: mini:mcu:uno}}\nsketches: [A]\n"))
}

fn run(workspace: &Workspace) -> Finished {
    workspace.run(["run", "m.yml"]).assert_exit(0)
}

/// Whether the firmware has this word.
fn has(run: &Finished, word: &str) -> bool {
    let elf = fs::read(run.workspace.path(".fbuild-matrix/cells/uno/A/A.ino.elf")).unwrap();
    elf.windows(word.len()).any(|window| window == word.as_bytes())
}

#[test]
fn a_hook_whose_inputs_are_declared_runs_after_a_change_only() {
    let workspace = project("inputs: [extra],");
    let first = run(&workspace);
    assert!(has(&first, "sketchcoreextra"));
    assert!(!first.stdout.contains("uncacheable"), "{}", first.stdout);
    assert_eq!(run(&workspace).processes(), Vec::<String>::new());
    fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
    let gone = run(&workspace);
    assert_eq!(gone.processes(), Vec::<String>::new());
    assert!(workspace.path(".fbuild-matrix/cells/uno/A/made/word.h").is_file());
    assert!(!workspace.path(".fbuild-matrix/cells/uno/A/first.txt").exists());
    for (file, words) in [
        ("A/word.txt", "newcoreextra"),
        ("core/word.txt", "newnewextra"),
        ("extra/word.txt", "newnewnew"),
        ("extra/more.txt", "newnewnew"),
    ] {
        fs::write(workspace.path(file), "new").unwrap();
        let changed = run(&workspace);
        assert!(has(&changed, words), "{file}");
        assert!(changed.processes().iter().any(|step| step.contains("hook")), "{file}");
        assert_eq!(run(&workspace).processes(), Vec::<String>::new(), "{file}");
    }
}

#[test]
fn a_hook_whose_reads_are_unknown_runs_in_every_run_and_is_said() {
    let workspace = project("");
    run(&workspace);
    let again = run(&workspace)
        .assert_stdout("uncacheable hooks: repeated in every run")
        .assert_stdout("what recipe.hooks.prebuild reads is unknown; `inputs: []`")
        .assert_stdout("1 up-to-date");
    assert!(again.processes().iter().any(|step| step.contains("hook")));
    fs::write(workspace.path("extra/word.txt"), "new").unwrap();
    assert!(has(&run(&workspace), "sketchcorenew"));
}
