//! What a run leaves where it works: nothing that Git would show, and no firmware of cells that are gone.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::failures_core::{EMPTY, matrix, workspace};
use crate::support::Workspace;

fn git(workspace: &Workspace, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=me", "-c", "user.email=me@example.org"]).args(arguments);
    let output = git.current_dir(workspace.path("")).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Two sketches of our own core, and what the matrix says of them.
fn project(sketches: &str) -> Workspace {
    workspace().sketch("s/Blink", EMPTY).sketch("s/Fade", EMPTY).file("m.yml", matrix(sketches))
}

#[test]
fn git_sees_nothing_of_a_run_and_stashes_nothing_of_it() {
    let workspace = project("sketches: [\"s/*\"]\n");
    git(&workspace, &["init", "--quiet"]);
    git(&workspace, &["add", "."]);
    git(&workspace, &["commit", "--quiet", "--message=all"]);
    let run =
        workspace.run(["run", "m.yml", "--cache-dir", "my-cache", "--work-dir", "out/work"]).assert_exit(0);
    assert_eq!(git(&workspace, &["status", "--porcelain", "--untracked-files=all"]), "");
    for directory in ["my-cache", "out/work"] {
        let tag = fs::read_to_string(workspace.path(directory).join("CACHEDIR.TAG")).unwrap();
        assert!(tag.starts_with("Signature: 8a477f597d28d172789f06886806bc55\n"), "{directory}");
    }
    git(&workspace, &["stash", "--include-untracked"]);
    assert_eq!(run.firmware_in("out/work").len(), 2, "a stash takes no firmware");
}

#[test]
fn a_directory_that_holds_something_already_is_not_hidden() {
    let workspace = project("sketches: [\"s/*\"]\n");
    workspace.run(["run", "m.yml", "--work-dir", "."]).assert_exit(0);
    workspace.run(["run", "m.yml", "--work-dir", "."]).assert_exit(0);
    assert!(!workspace.path(".gitignore").exists() && !workspace.path("CACHEDIR.TAG").exists());
}

/// The cells that have firmware.
fn built(workspace: &Workspace) -> Vec<String> {
    let cells = workspace.path(".fbuild-matrix/cells");
    let is_hex = |path: &Path| path.extension().is_some_and(|end| end == "hex");
    let files =
        walkdir::WalkDir::new(&cells).sort_by_file_name().into_iter().map(|entry| entry.unwrap().into_path());
    let dirs = files.filter(|path| is_hex(path)).map(|path| path.parent().unwrap().to_owned());
    dirs.map(|dir| dir.strip_prefix(&cells).unwrap().display().to_string()).collect()
}

#[test]
fn firmware_of_cells_that_the_matrix_no_longer_has_goes() {
    let workspace = project("sketches: [\"s/*\"]\n").file("other.yml", matrix("sketches: [t/Tone]\n"));
    let workspace = workspace.sketch("t/Tone", EMPTY);
    workspace.run(["run", "m.yml"]).assert_exit(0);
    workspace.run(["run", "other.yml"]).assert_exit(0);
    // What is not selected is still there, and so is the other matrix's.
    workspace.run(["run", "./m.yml", "-s", "Blink"]).assert_exit(0);
    assert_eq!(built(&workspace), ["uno/s/Blink", "uno/s/Fade", "uno/t/Tone"]);
    let excluded = matrix("sketches: [\"s/*\"]\nexclude: [{sketch: Fade, reason: no LED}]\n");
    let run = workspace.clone().file("m.yml", excluded).run(["run", "m.yml", "-s", "Blink"]).assert_exit(0);
    run.assert_stderr("removed what was built for 1 cell that the matrix no longer has: uno/s/Fade (no LED)");
    assert_eq!(built(&workspace), ["uno/s/Blink", "uno/t/Tone"]);
    fs::remove_file(workspace.path("other.yml")).unwrap();
    workspace.run(["run", "m.yml"]).assert_exit(0).assert_stderr("no longer has: uno/t/Tone");
    assert_eq!(built(&workspace), ["uno/s/Blink"]);
    // It is built again as soon as it is back.
    let all = matrix("sketches: [\"s/*\"]\n");
    workspace.clone().file("m.yml", all).run(["run", "m.yml"]).assert_exit(0);
    assert_eq!(built(&workspace), ["uno/s/Blink", "uno/s/Fade"]);
}
