//! The GitHub actions: each action.yml and its scripts, executed as a runner does.

mod comment;
mod expression;
mod inputs;
mod job;
mod modes;
mod program;
mod source;
mod store;

use std::fs;

use crate::failures_core::{EMPTY, matrix, workspace};
use crate::support::{Reports, Workspace};
use job::{Called, Job};

const BROKEN: &str = "void setup() { nothing(); }\nvoid loop() {}\n";

/// A checkout with sketches and a matrix of them.
fn checkout(sketches: &[(&str, &str)]) -> Workspace {
    let mut workspace = workspace().file("m.yml", matrix("sketches: [\"s/*\"]\n"));
    for (name, text) in sketches {
        workspace = workspace.sketch(&format!("s/{name}"), text);
    }
    workspace
}

/// Names of the steps that the last run of the program started: compilers, linkers and so on.
fn processes(job: &Job) -> usize {
    let events = Reports::new(job.workspace.path(".fbuild-matrix/reports")).events();
    events.iter().filter(|event| event["event"] == "step_finished").count()
}

/// What is published of a run.
#[track_caller]
fn assert_published(called: &Called) {
    let (name, files) = called.artifact.as_ref().expect("an artifact");
    assert_eq!(*name, called.outputs["artifact"]);
    assert!(files.iter().any(|file| file == "junit.xml"), "{files:?}");
    assert!(!called.summary.is_empty());
}

#[test]
fn a_run_is_published_and_the_next_runner_is_warm() {
    let job = Job::new(checkout(&[("A", EMPTY), ("B", EMPTY)]));
    let first = job.call(&[("matrix", "m.yml")]).assert_exit(0);
    assert_published(&first);
    assert_eq!(first.outputs["report-dir"], job.workspace.path(".fbuild-matrix/reports").to_str().unwrap());
    assert!(processes(&job) > 0 && first.restored.is_empty());
    let saved = job.caches.borrow().keys();
    assert_eq!(saved.len(), 1, "results; the core came from the checkout: {saved:?}");

    let job = job.on_a_new_runner();
    let second = job.call(&[("matrix", "m.yml")]).assert_exit(0);
    assert_eq!((second.restored, processes(&job)), (saved.clone(), 0));
    assert_eq!(job.caches.borrow().keys(), saved, "the same content is saved once");
}

#[test]
fn a_failed_run_saves_its_cache_and_is_published() {
    let job = Job::new(checkout(&[("A", EMPTY), ("B", BROKEN)]));
    let first = job.call(&[("matrix", "m.yml")]).assert_exit(1);
    assert_published(&first);
    assert!(first.summary.contains("nothing"), "{}", first.summary);
    let saved = job.caches.borrow().keys();
    assert_eq!(saved.len(), 1, "{saved:?}");

    // Only what failed is compiled again, and what was changed to fix it.
    let job = job.on_a_new_runner();
    let second = job.call(&[("matrix", "m.yml")]).assert_exit(1);
    assert_eq!(second.restored, saved);
    assert!(processes(&job) <= 2, "{} processes", processes(&job));
    assert_eq!(job.caches.borrow().keys(), saved, "the same content is saved once");
    fs::write(job.workspace.path("s/B/B.ino"), "int b;\nvoid setup() { b = 1; }\nvoid loop() {}\n").unwrap();
    let job = job.on_a_new_runner();
    job.call(&[("matrix", "m.yml")]).assert_exit(0);
    assert_eq!(job.caches.borrow().keys().len(), 2, "other content has a name of its own");
}

#[test]
fn a_second_call_does_not_publish_the_first_ones_reports() {
    let job = Job::new(checkout(&[("A", EMPTY)])).env("GITHUB_JOB", "build");
    assert_published(&job.call(&[("matrix", "m.yml")]).assert_exit(0));
    let saved = job.caches.borrow().keys();
    let second = job.call(&[("matrix", "missing.yml")]).assert_exit(2);
    assert_eq!(job.caches.borrow().keys(), saved, "nothing is saved for a matrix that is none");
    assert!(second.log.contains("missing.yml"), "{}", second.log);
    assert_eq!(second.artifact, None);
    assert!(
        second.summary.contains("missing.yml") && !second.summary.contains("junit"),
        "{}",
        second.summary
    );
    let left = fs::read_dir(second.outputs["report-dir"].as_str()).unwrap().count();
    assert_eq!(left, 0, "every report is removed");
    // The same where the inputs are refused.
    assert_published(&job.call(&[("matrix", "m.yml")]).assert_exit(0));
    job.call(&[("matrix", "m.yml"), ("args", "--work-dir=x")]).assert_refused("--work-dir").assert_exit(2);
}

#[test]
fn a_cache_is_restored_for_the_same_matrix_and_arguments_only() {
    let workspace = checkout(&[("A", EMPTY), ("B", EMPTY)]);
    let other = matrix("sketches: [s/A]\n");
    let mut job = Job::new(workspace.file("other.yml", other));
    let mut calls = Vec::new();
    for inputs in [
        &[("matrix", "m.yml")][..],
        &[("matrix", "other.yml")],
        &[("matrix", "m.yml"), ("args", "-s\n*/A")],
        &[("matrix", "m.yml"), ("cache-key", "v2")],
    ] {
        job = job.on_a_new_runner();
        assert_eq!(job.call(inputs).assert_exit(0).restored, Vec::<String>::new(), "{inputs:?}");
        calls.push(inputs);
    }
    assert_eq!(job.caches.borrow().keys().len(), calls.len());
    for inputs in calls {
        job = job.on_a_new_runner();
        assert_eq!(job.call(inputs).assert_exit(0).restored.len(), 1, "{inputs:?}");
    }
}

#[test]
fn packages_are_saved_apart_from_results_and_without_the_state_of_apt() {
    let job = Job::new(checkout(&[("A", EMPTY)]));
    let file = |path: &str| job.workspace.path(".fbuild-matrix-cache").join(path);
    for path in
        ["apt/core-1234/manifest.json", "apt/state/lists/big", "apt/tmp/x", "pypi/tool-5678/installed.json"]
    {
        fs::create_dir_all(file(path).parent().unwrap()).unwrap();
        fs::write(file(path), "").unwrap();
    }
    job.call(&[("matrix", "m.yml")]).assert_exit(0);
    let saved = job.caches.borrow().keys();
    assert_eq!(saved.len(), 2, "{saved:?}");
    let job = job.on_a_new_runner();
    assert_eq!(job.call(&[("matrix", "m.yml")]).assert_exit(0).restored, saved);
    assert_eq!(job.caches.borrow().keys(), saved);
    let there = |path: &str| job.workspace.path(".fbuild-matrix-cache").join(path).exists();
    assert!(there("apt/core-1234/manifest.json") && there("pypi/tool-5678/installed.json"));
    assert!(!there("apt/state") && !there("apt/tmp/x"));
}

#[test]
fn artifacts_of_a_workflow_have_different_names() {
    let name = |job: &Job, matrix: &str| job.call(&[("matrix", matrix)]).outputs["artifact"].clone();
    let job = || Job::new(checkout(&[("A", EMPTY)]));
    let first = job();
    let names = [
        name(&first, "m.yml"),
        name(&first, "m.yml"),
        name(&job(), "other.yml"),
        name(&job().env("GITHUB_JOB", "other"), "m.yml"),
        name(&job().strategy(0, 2), "m.yml"),
        name(&job().strategy(1, 2), "m.yml"),
        name(&job().env("GITHUB_RUN_ATTEMPT", "2"), "m.yml"),
    ];
    let different: std::collections::BTreeSet<&String> = names.iter().collect();
    assert_eq!(different.len(), names.len(), "{names:#?}");
    assert!(names.iter().all(|name| name.starts_with("fbuild-matrix-reports-")), "{names:#?}");
    // The same in the next run of the workflow; and none where none is wanted.
    assert_eq!(name(&job(), "m.yml"), names[0]);
    let without = job().call(&[("matrix", "m.yml"), ("artifact", "")]).assert_exit(0);
    assert_eq!((without.artifact, without.outputs["artifact"].as_str()), (None, ""));
}
