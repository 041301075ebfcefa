//! Inputs that choose what is built, saved, compared and failed, with a program that records how it was started.

use std::fs;

use serde_json::{Value, json};

use super::checkout;
use super::job::{Called, Job};
use crate::failures_core::script;

/// Leaves a report and a result, and exits with the code in `code`; `compare` with that in `worse` if it has a threshold.
const PLAYER: &str = "\
here=$(dirname \"$0\")
case $1 in
run)
    printf '%s\\n' \"$@\" > \"$here/arguments\"
    mkdir -p .fbuild-matrix/reports .fbuild-matrix-cache/artifacts
    echo '{}' > .fbuild-matrix/reports/events.jsonl
    : > .fbuild-matrix-cache/artifacts/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    exit $(cat \"$here/code\") ;;
compare)
    printf '%s\\n' \"$*\" >> \"$here/compared\"
    echo 'a table of sizes'
    case $* in *--fail-on*) exit $(cat \"$here/worse\") ;; esac ;;
esac
";

fn player() -> Job {
    let workspace = checkout(&[]).file("tool/code", "0").file("tool/worse", "0");
    Job::new(script(workspace, "tool/player", PLAYER)).env("GITHUB_EVENT_NAME", "push")
}

fn call(job: &Job, inputs: &[(&str, &str)]) -> Called {
    let all = [&[("matrix", "m.yml"), ("binary", "tool/player")], inputs].concat();
    job.call(&all)
}

fn write(job: &Job, name: &str, text: &str) {
    fs::write(job.workspace.path("tool").join(name), text).unwrap();
}

fn read(job: &Job, name: &str) -> String {
    fs::read_to_string(job.workspace.path("tool").join(name)).unwrap_or_default()
}

/// The event of a pull request from this repository.
fn pull_request(repository: &Value) -> Value {
    json!({"pull_request": {"head": {"repo": {"full_name": repository}}, "base": {"sha": "b".repeat(40)}}})
}

#[test]
fn selections_reach_the_program_as_they_are() {
    let job = player();
    let filter = "-x or tag = 'a b' and sketch ~ \"$(touch canary)\" `touch canary`; touch canary *";
    let inputs = [
        ("filter", filter),
        ("shard", "2/5"),
        ("changed-since", "--output=x HEAD~1; touch canary"),
        ("jobs", "3"),
        ("annotations", "none"),
    ];
    call(&job, &inputs).assert_exit(0);
    let given = read(&job, "arguments");
    for (name, value) in inputs {
        assert!(given.contains(&format!("\n--{name}={value}\n")), "{name}: {given}");
    }
    assert!(!job.workspace.path("canary").exists());
    // Without them, nothing is said of them.
    call(&job, &[]).assert_exit(0);
    assert!(inputs.iter().all(|(name, _)| !read(&job, "arguments").contains(&format!("--{name}"))));
}

#[test]
fn values_that_mean_nothing_are_refused() {
    let job = player();
    for (name, values) in [
        ("shard", &["0/3", "1/0", "a", "1/2/3", "-1", "1/ 2"][..]),
        ("jobs", &["0", "-1", "two", "1 2"]),
        ("annotations", &["all", "GitHub"]),
        ("cache", &["", "yes", "read-write,off"]),
        ("fail-on", &["", "never,failures", "failures,,flash", "a b", "x;y", "$(x)"]),
        ("version", &["latest", "v", "1.2", "1.2.3; x", "$(touch canary)", ""]),
    ] {
        for value in values {
            let called = match name {
                "version" => job.call_with(&[("matrix", "m.yml"), (name, value)]),
                _ => call(&job, &[(name, value)]),
            };
            called.assert_refused(name).assert_exit(2);
        }
    }
    assert_eq!(read(&job, "arguments"), "");
}

#[test]
fn the_code_of_a_fork_saves_nothing() {
    let saved = |job: &Job| job.caches.borrow().keys();
    let first = player();
    call(&first, &[("base", "auto")]).assert_exit(0);
    let all = saved(&first);
    assert_eq!(all.len(), 2, "results and the base: {all:?}");

    for (event, body) in [
        ("pull_request", pull_request(&json!("stranger/library"))),
        ("pull_request_target", pull_request(&json!("stranger/library"))),
        // The fork was deleted.
        ("pull_request", pull_request(&Value::Null)),
        ("workflow_run", json!({"workflow_run": {"head_repository": {"full_name": "stranger/library"}}})),
    ] {
        let fork = player().event(event, body);
        let called = call(&fork, &[("base", "auto")]).assert_exit(0);
        assert_eq!(saved(&fork), Vec::<String>::new(), "{event}");
        assert!(called.log.contains("a fork: caches are restored and not saved"), "{event}: {}", called.log);
    }
    // A pull request of this repository saves its results. Its reports are no base for others.
    let own = player().event("pull_request", pull_request(&json!("user/library")));
    call(&own, &[("base", "auto")]).assert_exit(0);
    let keys = saved(&own);
    assert!(keys.len() == 1 && keys[0].starts_with("fbuild-matrix-results-"), "{keys:?}");
}

#[test]
fn caches_are_restored_and_saved_as_the_mode_says() {
    let mut job = player();
    for (mode, restored, saved) in
        [("off", 0, 0), ("read-only", 0, 0), ("read-write", 0, 1), ("read-only", 1, 1), ("off", 0, 1)]
    {
        job = job.on_a_new_runner();
        let called = call(&job, &[("cache", mode)]).assert_exit(0);
        assert_eq!((called.restored.len(), job.caches.borrow().keys().len()), (restored, saved), "{mode}");
    }
}

#[test]
fn a_pull_request_is_compared_with_its_base() {
    let job = player();
    call(&job, &[("base", "auto")]).assert_exit(0);
    assert_eq!(read(&job, "compared"), "", "there is no base yet");

    let event = pull_request(&json!("user/library"));
    let job = job.on_a_new_runner().event("pull_request", event);
    let called = call(&job, &[("base", "auto"), ("changed-since", "HEAD^")]).assert_exit(0);
    let path = |name: &str| job.workspace.path(name).display().to_string();
    let directories = format!("{} {}", path(".fbuild-matrix/base"), path(".fbuild-matrix/reports"));
    assert_eq!(read(&job, "compared"), format!("compare {directories} --format markdown\n"));
    let given = read(&job, "arguments");
    assert!(given.contains(&format!("\n--base={}\n", path(".fbuild-matrix/base"))), "{given}");
    let (_, files) = called.artifact.unwrap();
    assert!(files.contains(&"comment.md".to_owned()), "{files:?}");

    // What a threshold finds fails the job, and what it does not name does not.
    write(&job, "worse", "1");
    let called = call(&job, &[("base", "auto"), ("fail-on", "failures,flash+64,ram+1%")]);
    assert!(!called.succeeded && called.outputs["exit-code"] == "0", "{called:#?}");
    assert!(read(&job, "compared").ends_with("--fail-on=flash+64,ram+1%\n"), "{}", read(&job, "compared"));
    call(&job, &[("base", "auto")]).assert_exit(0);
    // Without a base there is nothing to find.
    let job = job.on_a_new_runner();
    let called = call(&job, &[("base", ""), ("fail-on", "flash+64")]).assert_exit(0);
    assert!(called.log.contains("::notice"), "{}", called.log);
}

#[test]
fn the_base_is_a_directory_or_a_revision_where_one_is_named() {
    let job = player();
    job.workspace.clone().file("before/events.jsonl", "{}\n");
    call(&job, &[("base", "before")]).assert_exit(0);
    let before = job.workspace.path("before");
    assert!(read(&job, "compared").contains(&format!("compare {} ", before.display())));
    assert!(read(&job, "arguments").contains(&format!("\n--base={}\n", before.display())));
    call(&job, &[("base", "-HEAD^ $(touch canary)")]).assert_exit(0);
    assert!(read(&job, "compared").contains("compare --base=-HEAD^ $(touch canary) "));
    assert!(!job.workspace.path("canary").exists());
    let keys = job.caches.borrow().keys();
    assert!(keys.iter().all(|key| !key.contains("-base-")), "{keys:?}");
}

#[test]
fn failed_cells_fail_the_job_unless_it_says_otherwise() {
    let job = player();
    let succeeds = |code: &str, inputs: &[(&str, &str)]| {
        write(&job, "code", code);
        let called = call(&job, inputs);
        assert_eq!(called.outputs["exit-code"], code, "{inputs:?}");
        called.succeeded
    };
    assert!(!succeeds("1", &[]));
    assert!(succeeds("1", &[("fail-on", "never")]));
    assert!(succeeds("1", &[("fail-on", "flash+64")]));
    for code in ["2", "3", "4", "70", "130"] {
        assert!(!succeeds(code, &[("fail-on", "never")]), "{code}");
    }
    // No change can affect a cell.
    assert!(succeeds("4", &[("changed-since", "HEAD^")]));
}
