//! The comment action: one comment on the right pull request, with a stand-in for `gh`.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::checkout;
use super::job::{Called, Job};
use crate::failures_core::script;
use crate::support::repository;

/// Answers from the files `pulls`, `comments` and `artifact`; keeps what is posted.
const GH: &str = "\
here=$(dirname \"$0\")
printf '%s ' \"$@\" >> \"$here/asked\"
echo >> \"$here/asked\"
case \"$1 $2\" in
'api --method') cat \"$here/pulls\" ;;
'api --paginate') cat \"$here/comments\" ;;
'run download')
    [ -d \"$here/artifact\" ] || exit 1
    while [ $# -gt 1 ]; do [ \"$1\" != --dir ] || to=$2; shift; done
    cp -r \"$here/artifact/.\" \"$to\" ;;
'api --silent')
    for last; do :; done
    cp \"${last#body=@}\" \"$here/posted\" ;;
*) exit 9 ;;
esac
";

fn job(text: &str) -> Job {
    let workspace = checkout(&[]).file("bin/pulls", "7\n").file("bin/comments", "");
    let workspace = workspace.file("bin/artifact/fbuild-matrix-reports-1/comment.md", text);
    let workspace = script(workspace, "bin/gh", GH);
    let path = format!("{}:{}", workspace.path("bin").display(), std::env::var("PATH").unwrap());
    Job::new(workspace).action(repository("comment")).env("PATH", &path)
}

fn run(branch: &str) -> Value {
    json!({"workflow_run": {
        "id": 42,
        "head_sha": "c".repeat(40),
        "head_branch": branch,
        "head_repository": {"owner": {"login": "stranger"}},
    }})
}

fn call(job: Job, inputs: &[(&str, &str)]) -> (Job, Called) {
    let job = job.event("workflow_run", run("patch-1"));
    let called = job.call_with(inputs);
    (job, called)
}

fn file(job: &Job, name: &str) -> PathBuf {
    job.workspace.path("bin").join(name)
}

fn read(job: &Job, name: &str) -> String {
    fs::read_to_string(file(job, name)).unwrap_or_default()
}

#[test]
fn a_comment_is_made_once_and_then_updated() {
    let (job, called) = call(job("| sizes |\n"), &[]);
    assert!(called.succeeded && called.outputs["pull-request"] == "7", "{called:#?}");
    assert_eq!(read(&job, "posted"), "<!-- fbuild-matrix: sizes -->\n| sizes |\n");
    let asked = read(&job, "asked");
    assert!(asked.contains("-f head=stranger:patch-1") && asked.contains("run download 42"), "{asked}");
    assert!(asked.contains("--method POST repos/user/library/issues/7/comments"), "{asked}");

    fs::write(file(&job, "comments"), "1234\n5678\n").unwrap();
    let (job, called) = call(job, &[]);
    assert!(called.succeeded, "{called:#?}");
    let asked = read(&job, "asked");
    assert!(asked.contains("--method PATCH repos/user/library/issues/comments/1234"), "{asked}");
    assert_eq!(asked.matches("--method POST").count(), 1);
}

#[test]
fn nothing_is_posted_without_a_pull_request_or_a_comparison() {
    let (no_pull, no_artifact, empty) = (job("x\n"), job("x\n"), job(""));
    fs::write(file(&no_pull, "pulls"), "").unwrap();
    fs::remove_dir_all(file(&no_artifact, "artifact")).unwrap();
    for job in [no_pull, no_artifact, empty] {
        let (job, called) = call(job, &[]);
        assert!(called.succeeded && called.log.contains("::notice"), "{called:#?}");
        assert!(!file(&job, "posted").exists());
    }
}

#[test]
fn the_text_of_a_stranger_notifies_nobody_and_imitates_nothing() {
    let text =
        "@maintainer <!-- fbuild-matrix: other -->\n![x](https://tracker)\n\u{1b}[31m$(touch canary) `id`\n";
    let (job, called) = call(job(text), &[]);
    assert!(called.succeeded, "{called:#?}");
    let posted = read(&job, "posted");
    assert_eq!(posted.matches("<!--").count(), 1, "{posted}");
    assert!(
        !posted.contains("@maintainer") && !posted.contains("![x]") && !posted.contains('\u{1b}'),
        "{posted}"
    );
    assert!(posted.contains("$(touch canary)") && !job.workspace.path("canary").exists());

    let long = "a row of a table: ä\n".repeat(9000);
    let (job, _) = call(super::comment::job(&long), &[]);
    let posted = read(&job, "posted");
    assert!(posted.len() < 60_100 && posted.ends_with("of the run's reports.\n"), "{}", posted.len());
}

#[test]
fn hostile_branches_and_keys_run_nothing() {
    for branch in ["$(touch canary)", "`touch canary`", "a;touch${IFS}canary", "-x"] {
        let job = job("x\n").event("workflow_run", run(branch));
        let called = job.call_with(&[]);
        assert!(called.succeeded && !job.workspace.path("canary").exists(), "{called:#?}");
        assert!(read(&job, "asked").contains(&format!("-f head=stranger:{branch} ")), "{branch}");
    }
    for (name, value) in [("key", "--> x"), ("key", ""), ("run-id", "1; x"), ("run-id", "")] {
        let (job, called) = call(job("x\n"), &[(name, value)]);
        assert!(!called.succeeded && read(&job, "asked").is_empty(), "{name}: {called:#?}");
    }
}
