//! Sketches that can't be read or built at all: each fails with its reason, all others are built, and the next run says
//! the same.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::failures_core::{EMPTY, matrix, workspace};
use crate::support::{Finished, Verdict, Workspace};

/// Message of a `<failure>` or an `<error>`.
#[track_caller]
fn message(run: &Finished, sketch: &str) -> String {
    match run.reports().junit().case("uno", sketch).verdict.clone() {
        Verdict::Failure { message, .. } | Verdict::Error { message, .. } => message,
        other => panic!("{sketch} did not fail: {other:?}"),
    }
}

/// Builds all of `s/` twice: `s/Bad` must fail with a message that has `reason` in it, `s/Agood` and `s/Zgood` must be
/// built, and both runs must say the same.
#[track_caller]
fn only_bad_fails(workspace: Workspace, bad: &str, reason: &str) {
    let workspace = workspace
        .sketch("s/Agood", EMPTY)
        .sketch("s/Zgood", EMPTY)
        .file("m.yml", matrix(&format!("sketches: [s/Agood, \"s/{bad}\", s/Zgood]\n")));
    let mut messages = Vec::new();
    for arguments in [&["run", "m.yml"][..], &["run", "m.yml"], &["run", "m.yml", "--no-cache", "-j", "1"]] {
        let run = workspace.run(arguments).assert_exit(1);
        for good in ["s/Agood", "s/Zgood"] {
            assert_eq!(run.reports().junit().case("uno", good).verdict, Verdict::Passed, "{}", run.stderr);
        }
        let message = message(&run, &format!("s/{bad}"));
        assert!(message.contains(reason), "{message}");
        assert!(!run.stderr.contains("vanished"), "{}", run.stderr);
        messages.push(message);
    }
    assert!(messages.iter().all(|message| *message == messages[0]), "{messages:#?}");
}

#[test]
fn a_sketch_with_two_main_files() {
    let workspace = workspace().sketch("s/Bad", EMPTY).file("s/Bad/Bad.pde", EMPTY);
    only_bad_fails(workspace, "Bad", "Bad.pde");
}

/// Nobody writes into it: who reads it waits for ever.
#[test]
fn a_tab_that_is_a_pipe() {
    let workspace = workspace().sketch("s/Bad", EMPTY);
    assert!(Command::new("mkfifo").arg(workspace.path("s/Bad/tab.ino")).status().unwrap().success());
    only_bad_fails(workspace, "Bad", "tab.ino");
}

#[test]
fn a_name_that_no_output_can_have() {
    // arduino-cli writes `NAME.ino.cpp.merged.libsdetect.d`.
    let name = "N".repeat(228);
    let workspace = workspace().sketch(&format!("s/{name}"), EMPTY);
    only_bad_fails(workspace, &name, "name too long");
}

/// As long as Arduino can build it, so can we.
#[test]
fn the_longest_name_that_arduino_takes() {
    let name = "N".repeat(227);
    let workspace = workspace()
        .sketch(&format!("s/{name}"), EMPTY)
        .file("m.yml", matrix(&format!("sketches: [\"s/{name}\"]\n")));
    for arguments in [&["run", "m.yml"][..], &["run", "m.yml", "--no-cache", "--work-dir", "other"]] {
        let run = workspace.run(arguments).assert_exit(0);
        assert_eq!(run.reports().junit().cases().count(), 1);
    }
    let hex = Path::new("uno/s").join(&name).join(format!("{name}.ino.hex"));
    assert!(workspace.path(".fbuild-matrix/cells").join(hex).is_file());
}

/// The sketch can be read, but the path of its build directory is longer than the system allows.
#[test]
fn a_path_that_no_build_directory_can_have() {
    let workspace = workspace();
    let here = workspace.path("").as_os_str().len();
    let mut path = "s".to_owned();
    while here + path.len() < 4080 - 10 - 200 {
        path = format!("{path}/{}", "d".repeat(180));
    }
    let path = format!("{path}/{}/Bad", "e".repeat(4080 - 10 - here - path.len()));
    let workspace = workspace.sketch(&path, EMPTY);
    only_bad_fails(workspace, path.strip_prefix("s/").unwrap(), "name too long");
}

/// With a file in the place of the directory that a cell is built in.
#[test]
fn a_build_directory_that_can_not_be_made() {
    let workspace = workspace().sketch("s/Bad", EMPTY).file(".fbuild-matrix/cells/uno/s/Bad", "in the way");
    only_bad_fails(workspace, "Bad", "cells/uno/s/Bad");
}

#[test]
fn a_build_directory_that_vanishes_is_no_reason_to_stop() {
    // The second link of this cell finds its directory removed by the first.
    let local =
        "recipe.hooks.linking.prelink.1.pattern=\"{runtime.platform.path}/remove.sh\" \"{build.path}\"\n";
    let workspace = workspace()
        .sketch("s/Bad", EMPTY)
        .file("core/platform.local.txt", local)
        .file("core/remove.sh", "#!/bin/sh\ncase \"$1\" in */Bad) rm -rf \"$1\";; esac\n");
    let script = workspace.path("core/remove.sh");
    fs::set_permissions(script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    only_bad_fails(workspace, "Bad", "s/Bad");
}
