//! Each way in which a compiler cache is known to hand out a stale or wrong object, by its name. After a
//! change the firmware is another one and what a build from nothing makes, whether what earlier runs left in
//! the work directory is still there or the caches alone answer.

mod commands;
mod sources;
mod zccache;

use std::fs::{self, File};
use std::path::Path;

use serde_json::Value;

use super::run;
use crate::failures_core::matrix;
use crate::support::{Finished, Workspace};

/// A sketch whose firmware holds the value of an expression.
fn sketch(head: &str, value: &str) -> String {
    format!("{head}\nvolatile unsigned x;\nvoid setup() {{ x = {value}; }}\nvoid loop() {{}}\n")
}

/// The project with a sketch `s/D` alone, built.
fn built(workspace: Workspace, head: &str, value: &str) -> Workspace {
    let text = fs::read_to_string(workspace.path("m.yml")).unwrap().replace("\"s/*\"", "s/D");
    let workspace = workspace.sketch("s/D", &sketch(head, value)).file("m.yml", text);
    run(&workspace);
    workspace
}

/// Fails if an edit changes no firmware, or not what it should: with the work directory, and without it.
#[track_caller]
fn assert_seen(workspace: &Workspace, mut edit: impl FnMut(&Workspace, u8)) {
    let mut before = firmware(&run(workspace));
    for round in [1, 2] {
        edit(workspace, round);
        if round == 2 {
            fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
        }
        let after = firmware(&run(workspace));
        assert_ne!(after, before, "round {round} shows nothing");
        before = after;
    }
}

#[track_caller]
fn firmware(run: &Finished) -> Vec<u8> {
    run.firmware()[Path::new("uno/s/D/D.ino.hex")].clone()
}

/// Writes a file, keeping its size, and sets it back to the time that it had.
fn rewrite(workspace: &Workspace, path: &str, text: &str) {
    let path = workspace.path(path);
    let about = fs::metadata(&path).unwrap();
    assert_eq!(about.len(), text.len() as u64, "{}", path.display());
    fs::write(&path, text).unwrap();
    File::open(&path).unwrap().set_modified(about.modified().unwrap()).unwrap();
}

/// The matrix with these properties for the core.
fn properties(text: &str) -> String {
    matrix("libraries: [libs]\nsketches: [s/D]\n")
        .replace("provider: path,", &format!("provider: path, properties: {{{text}}},"))
}

/// Why units of a run's cells were compiled past the cache.
fn reasons(run: &Finished) -> Vec<String> {
    let timing = run.reports().timing();
    let bypassed = |job: &Value| -> Vec<String> {
        job["cache"]["bypassed"].as_object().unwrap().keys().cloned().collect()
    };
    timing["jobs"].as_array().unwrap().iter().filter(|job| job["kind"] == "cell").flat_map(bypassed).collect()
}
