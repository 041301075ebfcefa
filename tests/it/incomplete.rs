//! Cores that are not whole: what is missing is told by its name, and nothing is made of the rest.

use std::fs;
use std::os::unix::fs::symlink;

use crate::failures_core::{EMPTY, core, matrix, workspace};
use crate::support::{Finished, Verdict, Workspace};

/// Builds sketch `A` for `uno`, with `local` as the core's `platform.local.txt`; returns the message and the
/// text of the error that must come of it.
#[track_caller]
fn error_of(workspace: Workspace, local: &str) -> (String, String) {
    error(&failed(workspace, local), "uno")
}

/// Builds the sketch; no firmware must come of it.
#[track_caller]
fn failed(workspace: Workspace, local: &str) -> Finished {
    let run = workspace
        .sketch("A", EMPTY)
        .file("core/platform.local.txt", local)
        .file("matrix.yml", matrix("sketches: [A]\n"))
        .run(["run", "matrix.yml"])
        .assert_exit(1);
    assert!(run.firmware().is_empty(), "{:?}", run.firmware().keys());
    run
}

#[track_caller]
fn error(run: &Finished, board: &str) -> (String, String) {
    match run.reports().junit().case(board, "A").verdict.clone() {
        Verdict::Error { message, body } => (message, body),
        other => panic!("no error but {other:?}"),
    }
}

#[track_caller]
fn assert_has(text: &str, part: &str) {
    assert!(text.contains(part), "`{part}` is not in\n{text}");
}

/// The recipe for the link, with more of what is linked.
fn link_with(more: &str) -> String {
    format!(
        "recipe.c.combine.pattern=\"{{compiler.link}}\" -mmcu={{build.mcu}} -o \
         \"{{build.path}}/{{build.project_name}}.elf\" {{object_files}} \"{{build.path}}/{{archive_file}}\" {more}\n"
    )
}

#[test]
fn a_pointer_of_git_lfs_in_place_of_an_archive_is_told() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:2a20\nsize 103642236\n";
    for more in ["\"{runtime.platform.path}/libvendor.a\"", "\"-L{runtime.platform.path}\" -lvendor"] {
        let workspace = workspace().file("core/libvendor.a", pointer);
        let (message, _) = error_of(workspace, &link_with(more));
        assert_has(&message, "core/libvendor.a is a pointer of Git LFS, not the file itself");
        assert_has(&message, "git lfs pull");
    }
}

#[test]
fn a_linked_directory_that_was_not_fetched_is_told() {
    let main = "#include <Arduino.h>\n#include \"api/Api.h\"\nint main() { setup(); }\n";
    for (link, to, how) in
        [("api", "../../extra/api", "which is missing"), ("api", "../empty", "which is empty")]
    {
        let workspace = workspace().file("core/cores/mini/main.cpp", main);
        fs::create_dir(workspace.path("core/cores/empty")).unwrap();
        symlink(to, workspace.path("core/cores/mini").join(link)).unwrap();
        let (_, body) = error_of(workspace, "");
        assert_has(&body, "api/Api.h: No such file or directory");
        assert_has(&body, &format!("core/cores/mini/api is a link to {to}, {how}"));
    }
}

#[test]
fn a_linked_source_that_was_not_fetched_is_told() {
    let workspace = workspace();
    symlink("../../extra/stack.c", workspace.path("core/cores/mini/stack.c")).unwrap();
    let (_, body) = error_of(workspace, "");
    assert_has(&body, "core/cores/mini/stack.c is a link to ../../extra/stack.c, which is missing");
}

#[test]
fn a_submodule_that_was_not_fetched_is_told() {
    let main = "#include <Arduino.h>\n#include \"api/Api.h\"\nint main() { setup(); }\n";
    let workspace = workspace().file("core/cores/mini/main.cpp", main).file(
        "core/.gitmodules",
        "[submodule \"api\"]\n\tpath = cores/mini/api\n\turl = https://example.com/api\n",
    );
    fs::create_dir(workspace.path("core/cores/mini/api")).unwrap();
    let (_, body) = error_of(workspace, "");
    assert_has(&body, "core/cores/mini/api was not fetched");
}

fn symbolic(workspace: &Workspace, link: &str) {
    symlink("../nothing/here", workspace.path(link)).unwrap();
}

/// No core has such an excuse for a missing header that it never had.
#[test]
fn a_header_that_is_nowhere_is_the_codes_fault() {
    let main = "#include <Arduino.h>\n#include \"Nowhere.h\"\nint main() {}\n";
    let workspace = workspace().file("core/cores/mini/main.cpp", main);
    // Links that lead nowhere have nothing to do with it, wherever they are.
    for link in ["core/cores/mini/extras", "core/cores/mini/Elsewhere.h", "core/libraries"] {
        symbolic(&workspace, link);
    }
    let events = failed(workspace, "").reports().text("events.jsonl");
    assert_has(&events, "Nowhere.h: No such file or directory");
    assert!(!events.contains("is incomplete") && !events.contains("nothing/here"), "{events}");
    assert!(events.contains("\"kind\":\"code\""), "{events}");
}

#[test]
fn a_hook_that_fails_is_told_with_what_it_said() {
    let local = "recipe.hooks.prebuild.1.pattern=\"{runtime.platform.path}/hook.sh\" {build.board}\n";
    let script = "#!/bin/sh\necho \"no module named elf for $1\" >&2\nexit 3\n";
    let workspace = workspace().file("core/hook.sh", script);
    let hook = workspace.path("core/hook.sh");
    fs::set_permissions(hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let events = failed(workspace, local).reports().text("events.jsonl");
    assert_has(&events, "no module named elf for MCU_UNO");
}

#[test]
fn a_hook_without_its_python_is_told() {
    let local =
        "recipe.hooks.linking.prelink.1.pattern=\"{runtime.tools.python3.path}/python3\" -I make.py\n";
    let matrix = format!(
        "version: 1\ncores:\n{}boards: {{uno: mini:mcu:uno}}\nsketches: [A]\n",
        core().replacen("tools: {", "tools: {python3: no-python, ", 1)
    );
    let workspace =
        workspace().sketch("A", EMPTY).file("core/platform.local.txt", local).file("matrix.yml", matrix);
    // The directory that the matrix names is not there.
    let run = workspace.run(["run", "matrix.yml"]).assert_exit(2);
    let run = run.assert_stderr("no-python");
    // It is, but holds no python3.
    let workspace = run.workspace;
    fs::create_dir(workspace.path("no-python")).unwrap();
    let run = workspace.run(["run", "matrix.yml"]).assert_exit(1);
    assert_has(&error(&run, "uno").0, "no-python/python3 is missing");
}
