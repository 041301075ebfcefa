//! A job that calls the action: its `run:` steps are executed as GitHub's runner does, and the actions that it uses
//! (caches, artifact) are played.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::expression::{interpolate, is_started};
use super::store::Store;
use crate::support::{Workspace, repository, yaml};

/// A job on a runner. Its checkout is the project of a workspace.
pub(super) struct Job {
    pub(super) workspace: Workspace,
    /// `GITHUB_ACTION_PATH`.
    action: PathBuf,
    variables: BTreeMap<String, String>,
    strategy: Value,
    /// The context `github`.
    github: Value,
    pub(super) caches: RefCell<Store>,
}

/// What a call of the action did.
#[derive(Debug, Default)]
pub(super) struct Called {
    pub(super) succeeded: bool,
    pub(super) outputs: BTreeMap<String, String>,
    /// All that the steps printed.
    pub(super) log: String,
    /// What was written to the job's page.
    pub(super) summary: String,
    /// Name and files of the artifact, if there is one.
    pub(super) artifact: Option<(String, Vec<String>)>,
    /// Keys of caches that were restored.
    pub(super) restored: Vec<String>,
    /// Names of the steps that were started.
    pub(super) started: Vec<String>,
    /// Lines that were added to `PATH` of later steps.
    pub(super) path: String,
}

impl Called {
    /// Fails if the action had another exit code, or did not say so by its outcome.
    #[track_caller]
    pub(super) fn assert_exit(self, code: i32) -> Self {
        assert_eq!(self.outputs["exit-code"], code.to_string(), "{self:#?}");
        assert_eq!(self.succeeded, code == 0, "{self:#?}");
        assert_eq!(self.path, "", "nothing leaks into later steps");
        self
    }

    /// Fails if the action was not refused by the one line that holds `text`.
    #[track_caller]
    pub(super) fn assert_refused(self, text: &str) -> Self {
        let errors: Vec<&str> = self.log.lines().filter(|line| line.starts_with("::error ")).collect();
        assert!(errors.len() == 1 && errors[0].contains(text), "not refused for `{text}`: {self:#?}");
        assert!(!self.succeeded && self.artifact.is_none() && self.summary.is_empty(), "{self:#?}");
        self
    }
}

impl Job {
    /// A job with the workspace's project as its checkout and this repository's action.
    pub(super) fn new(workspace: Workspace) -> Self {
        let directory = workspace.home().join("runner");
        fs::create_dir_all(directory.join("temp")).unwrap();
        Self {
            action: repository(""),
            variables: BTreeMap::new(),
            strategy: json!({"job-index": "0", "job-total": "1"}),
            github: json!({"action_repository": "", "action_ref": "", "token": "secret", "event": {}}),
            caches: RefCell::new(Store::new(directory.join("caches"))),
            workspace,
        }
    }

    /// The same with the action in another directory.
    pub(super) fn action(mut self, path: PathBuf) -> Self {
        self.action = path;
        self
    }

    /// Sets a variable of the job's environment.
    pub(super) fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Makes it a job of a strategy.
    pub(super) fn strategy(mut self, index: usize, total: usize) -> Self {
        self.strategy = json!({"job-index": index.to_string(), "job-total": total.to_string()});
        self
    }

    /// Calls the action by `uses: OWNER/fbuild-matrix@REF`.
    pub(super) fn used_as(mut self, reference: &str) -> Self {
        self.github["action_repository"] = json!("owner/fbuild-matrix");
        self.github["action_ref"] = json!(reference);
        self
    }

    /// Makes it a job of a workflow that this event started.
    pub(super) fn event(mut self, name: &str, event: Value) -> Self {
        self.github["event"] = event;
        self.env("GITHUB_EVENT_NAME", name)
    }

    /// The next job of the same workflow on a new runner: nothing is left but the checkout and the caches.
    pub(super) fn on_a_new_runner(self) -> Self {
        for name in [".fbuild-matrix", ".fbuild-matrix-cache"] {
            let _ = fs::remove_dir_all(self.workspace.path(name));
        }
        fs::remove_dir_all(self.temp()).unwrap();
        fs::create_dir(self.temp()).unwrap();
        self
    }

    fn temp(&self) -> PathBuf {
        self.workspace.home().join("runner/temp")
    }

    /// Calls the action with other inputs. Without them, it has this program and no base.
    #[track_caller]
    pub(super) fn call(&self, inputs: &[(&str, &str)]) -> Called {
        let mut all = vec![("binary", env!("CARGO_BIN_EXE_fbuild-matrix")), ("base", "")];
        all.retain(|(name, _)| !inputs.iter().any(|(given, _)| given == name));
        all.extend(inputs);
        self.call_with(&all)
    }

    /// Calls the action with these inputs alone.
    #[track_caller]
    pub(super) fn call_with(&self, inputs: &[(&str, &str)]) -> Called {
        let action = yaml(&fs::read_to_string(self.action.join("action.yml")).unwrap());
        let mut values = BTreeMap::new();
        let mut contexts = json!({"strategy": self.strategy, "github": self.github});
        for (name, input) in action["inputs"].as_object().unwrap() {
            let default = input["default"].as_str().unwrap_or("");
            values.insert(name.as_str(), interpolate(default, &contexts));
        }
        for &(name, value) in inputs {
            values.insert(name, value.to_owned()).unwrap_or_else(|| panic!("no input {name}"));
        }
        let steps = action["runs"]["steps"].as_array().unwrap();
        let ids = steps.iter().filter_map(|step| step["id"].as_str());
        let none: serde_json::Map<String, Value> =
            ids.map(|id| (id.to_owned(), json!({"outcome": "skipped", "outputs": {}}))).collect();
        contexts["inputs"] = json!(values);
        contexts["steps"] = Value::Object(none);
        let mut called = Called { succeeded: true, ..Called::default() };
        for step in steps {
            if !is_started(step["if"].as_str(), &contexts, called.succeeded) {
                continue;
            }
            called.started.push(step["name"].as_str().unwrap().to_owned());
            let (succeeded, outputs) = match step["uses"].as_str() {
                None => self.execute(step, &contexts, &mut called),
                Some(uses) => (true, self.play(uses, &step["with"], &contexts, &mut called)),
            };
            called.succeeded &= succeeded;
            if let Some(id) = step["id"].as_str() {
                let outcome = if succeeded { "success" } else { "failure" };
                contexts["steps"][id] = json!({"outcome": outcome, "outputs": outputs});
            }
        }
        for (name, output) in action["outputs"].as_object().unwrap() {
            let value = interpolate(output["value"].as_str().unwrap(), &contexts);
            called.outputs.insert(name.clone(), value);
        }
        called
    }

    /// Executes a `run:` step: `bash --noprofile --norc -e -o pipefail FILE`, with the environment files.
    fn execute(
        &self,
        step: &Value,
        contexts: &Value,
        called: &mut Called,
    ) -> (bool, BTreeMap<String, String>) {
        assert_eq!(step["shell"], "bash");
        let files = tempfile::tempdir_in(self.workspace.home()).unwrap();
        let file = |name: &str| files.path().join(name);
        let environment_files = ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH"];
        for name in environment_files {
            fs::write(file(name), "").unwrap();
        }
        fs::write(file("script.sh"), interpolate(step["run"].as_str().unwrap(), contexts)).unwrap();
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-e", "-o", "pipefail"])
            .arg(file("script.sh"))
            .current_dir(self.workspace.path(""))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.workspace.home())
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_JOB", "build")
            .env("GITHUB_REPOSITORY", "user/library")
            .env("GITHUB_SERVER_URL", "https://github.example")
            .env("GITHUB_SHA", "a".repeat(40))
            .env("GITHUB_WORKSPACE", self.workspace.path(""))
            .env("GITHUB_ACTION_PATH", &self.action)
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_TEMP", self.temp())
            .envs(environment_files.map(|name| (name, file(name))))
            .envs(&self.variables);
        for (name, value) in step["env"].as_object().unwrap_or(&serde_json::Map::new()) {
            command.env(name, interpolate(value.as_str().unwrap(), contexts));
        }
        let output = command.output().unwrap();
        for bytes in [&output.stdout, &output.stderr] {
            called.log.push_str(&String::from_utf8_lossy(bytes));
        }
        let read = |name: &str| fs::read_to_string(file(name)).unwrap();
        assert_eq!(read("GITHUB_ENV"), "", "nothing leaks into later steps");
        called.path.push_str(&read("GITHUB_PATH"));
        called.summary.push_str(&read("GITHUB_STEP_SUMMARY"));
        (output.status.success(), outputs(&read("GITHUB_OUTPUT")))
    }

    /// Plays one of GitHub's actions.
    fn play(
        &self,
        uses: &str,
        with: &Value,
        contexts: &Value,
        called: &mut Called,
    ) -> BTreeMap<String, String> {
        let input = |name: &str| with[name].as_str().map(|text| interpolate(text, contexts));
        let path = input("path").expect("a path");
        assert!(!path.trim().is_empty(), "{uses} needs a path");
        let (action, _) = uses.split_once('@').unwrap();
        let mut outputs = BTreeMap::new();
        match action {
            "actions/cache/restore" => {
                let key = input("key").unwrap();
                let found = self.caches.borrow().restore(&key, input("restore-keys").as_deref(), &path);
                if let Some(found) = found {
                    outputs.insert("cache-hit".to_owned(), (found == key).to_string());
                    outputs.insert("cache-matched-key".to_owned(), found.clone());
                    called.restored.push(found);
                }
            }
            "actions/cache/save" => self.caches.borrow_mut().save(&input("key").unwrap(), &path),
            "actions/upload-artifact" => {
                assert_eq!(with["if-no-files-found"], "ignore");
                let files = files_in(Path::new(&path));
                if !files.is_empty() {
                    called.artifact = Some((input("name").unwrap(), files));
                }
            }
            other => panic!("who plays {other}?"),
        }
        outputs
    }
}

/// Names of the files in a directory; hidden ones are not uploaded.
fn files_in(directory: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names
}

/// Reads `GITHUB_OUTPUT` as the runner does: `NAME=VALUE`, or `NAME<<END`, lines, `END`. The last value counts.
fn outputs(text: &str) -> BTreeMap<String, String> {
    let mut outputs = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        match (equals, heredoc) {
            (Some(at), _) if heredoc.is_none_or(|other| at < other) => {
                outputs.insert(line[..at].to_owned(), line[at + 1..].to_owned());
            }
            (_, Some(at)) => {
                let value: Vec<&str> = lines.by_ref().take_while(|it| *it != &line[at + 2..]).collect();
                outputs.insert(line[..at].to_owned(), value.join("\n"));
            }
            _ => panic!("GitHub does not understand `{line}`"),
        }
    }
    outputs
}
