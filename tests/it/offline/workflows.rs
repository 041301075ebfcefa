//! The files of the workflows and of the action: what every step must and must not have.

use std::fs;

use serde_json::Value;

use crate::support::{repository, yaml};

/// Every workflow file of this repository, and the action.
fn workflow_files() -> Vec<(String, String)> {
    let mut paths = vec![repository("action.yml")];
    paths.extend(fs::read_dir(repository(".github/workflows")).unwrap().map(|entry| entry.unwrap().path()));
    paths.into_iter().map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap())).collect()
}

/// Calls `look` with every mapping that is a step.
fn steps(value: &Value, look: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(entries) => {
            if entries.contains_key("uses") || entries.contains_key("run") {
                look(value);
            }
            entries.values().for_each(|value| steps(value, look));
        }
        Value::Array(items) => items.iter().for_each(|value| steps(value, look)),
        _ => {}
    }
}

#[test]
fn actions_are_pinned_and_keep_no_credentials() {
    let mut seen = 0;
    for (path, text) in workflow_files() {
        steps(&yaml(&text), &mut |step| {
            let Some(uses) = step["uses"].as_str().filter(|uses| !uses.starts_with("./")) else { return };
            seen += 1;
            let (action, commit) = uses.split_once('@').unwrap();
            let is_commit = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(is_commit, "{path}: {uses}");
            let version = text.lines().filter(|line| line.contains(uses)).all(|line| line.contains(" # v"));
            assert!(version, "{path}: {uses} names no version");
            if action == "actions/checkout" {
                assert_eq!(step["with"]["persist-credentials"], "false", "{path}");
            }
        });
    }
    assert!(seen > 10, "{seen}");
}

/// `hashFiles` takes patterns in the workspace, without `.` and `..`: not the directory of an action.
#[test]
fn files_are_hashed_where_github_can() {
    let mut seen = 0;
    for (path, text) in workflow_files() {
        for (at, _) in text.match_indices("hashFiles(") {
            seen += 1;
            let inner = text[at..].split(['(', ')']).nth(1).unwrap();
            for pattern in inner.split(',').map(str::trim) {
                let literal = pattern.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
                let literal = literal.unwrap_or_else(|| panic!("{path}: {pattern} is computed"));
                let is_inside =
                    !literal.starts_with('/') && literal.split('/').all(|it| it != "." && it != "..");
                assert!(is_inside, "{path}: {pattern}");
            }
        }
        assert!(!path.ends_with("action.yml") || !text.contains("hashFiles"), "its own files are elsewhere");
    }
    assert!(seen > 0);
}

#[test]
fn steps_are_scripts_that_get_inputs_through_the_environment() {
    for (path, text) in workflow_files() {
        steps(&yaml(&text), &mut |step| {
            let Some(run) = step["run"].as_str() else { return };
            assert!(!run.contains("${{"), "{path}: {run}");
            let is_piped =
                |line: &&str| ["| sh ", "| bash "].iter().any(|shell| format!("{line} ").contains(shell));
            assert_eq!(run.lines().find(is_piped), None, "{path}");
            if path.ends_with("action.yml") {
                let script =
                    run.strip_prefix("bash \"$GITHUB_ACTION_PATH/").and_then(|it| it.strip_suffix('"'));
                assert!(script.is_some_and(|script| repository(script).is_file()), "{run}");
            }
        });
    }
}
