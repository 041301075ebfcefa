//! GitHub workflows that compile sketches with `arduino/compile-sketches`: the inputs of each of its steps in each job.
//! Knows nothing of what the inputs mean.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use super::compile_sketches::{self, INPUTS};
use super::expression::Contexts;
use super::expression::value::shown;
use super::model::ImportedBuild;
use super::notes::Notes;
use super::strategy::combinations;
use super::yaml;

/// Directory of the workflows.
pub(super) const WORKFLOWS: &str = ".github/workflows";

/// Limit of the workflows that call each other.
const DEEPEST: usize = 4;

/// Limit of the jobs of all workflows.
const MOST_JOBS: usize = 2_000;

/// Returns the builds of all workflows in a directory, those of each workflow in the order of its jobs.
pub(super) fn read(dir: &Path, notes: &mut Notes) -> Vec<ImportedBuild> {
    let entries = std::fs::read_dir(dir.join(WORKFLOWS)).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let is_workflow =
        |name: &String| Path::new(name).extension().is_some_and(|it| it == "yml" || it == "yaml");
    let mut names: Vec<String> = names.filter(is_workflow).collect();
    names.sort();
    let mut reader = Reader { dir, notes, jobs: 0, builds: Vec::new() };
    for name in names {
        let Some(workflow) = reader.workflow(&name) else { continue };
        // One that only others call has no inputs of its own.
        if !is_only_called(&workflow) {
            reader.jobs(&name, &workflow, &Map::new(), 0);
        }
    }
    reader.builds
}

struct Reader<'a> {
    dir: &'a Path,
    notes: &'a mut Notes,
    /// Number of jobs read, one for each combination of their matrix.
    jobs: usize,
    builds: Vec<ImportedBuild>,
}

impl Reader<'_> {
    /// Reads a workflow file by its name.
    fn workflow(&mut self, name: &str) -> Option<Value> {
        let path = format!("{WORKFLOWS}/{name}");
        match yaml::read(&self.dir.join(&path)) {
            Ok(workflow) => Some(workflow),
            Err(reason) => {
                self.notes.add(&path, &reason);
                None
            }
        }
    }

    /// Adds the builds of a workflow that is called with `given` inputs.
    fn jobs(&mut self, name: &str, workflow: &Value, given: &Map<String, Value>, depth: usize) {
        let mut contexts = Contexts { inputs: inputs(workflow, given), ..Contexts::default() };
        extend(&mut contexts, &workflow["env"]);
        for (id, job) in workflow["jobs"].as_object().into_iter().flatten() {
            let called = job["uses"].as_str().and_then(|uses| uses.strip_prefix("./.github/workflows/"));
            let steps: Vec<&Value> =
                job["steps"].as_array().into_iter().flatten().filter(|step| compiles(step)).collect();
            if steps.is_empty() && called.is_none() {
                continue;
            }
            let origin = format!("{WORKFLOWS}/{name}, job {id}");
            let combinations = match combinations(job, &contexts) {
                Ok(combinations) => combinations,
                // A called workflow need not compile anything.
                Err(_) if steps.is_empty() => continue,
                Err(reason) => {
                    self.notes.add(&origin, &format!("its `strategy.matrix` can't be read: {reason}"));
                    continue;
                }
            };
            for matrix in combinations {
                self.jobs += 1;
                if self.jobs > MOST_JOBS {
                    return self.notes.add(
                        WORKFLOWS,
                        &format!("there are more than {MOST_JOBS} jobs: the rest is left out"),
                    );
                }
                let mut contexts = Contexts { matrix, ..contexts.clone() };
                extend(&mut contexts, &job["env"]);
                if !contexts.may_hold(job.get("if")) {
                    continue;
                }
                for step in &steps {
                    self.step(&origin, step, contexts.clone());
                }
                if let Some(called) = called.filter(|_| depth < DEEPEST) {
                    self.call(called, &job["with"], &contexts, depth);
                }
            }
        }
    }

    /// Adds the builds of a workflow of the same repository that a job calls.
    fn call(&mut self, name: &str, with: &Value, contexts: &Contexts, depth: usize) {
        if name.contains('/') {
            return;
        }
        let Some(workflow) = self.workflow(name) else { return };
        let values = with.as_object().into_iter().flatten();
        // An input whose value only GitHub knows is as good as missing.
        let given =
            values.filter_map(|(key, value)| Some((key.clone(), contexts.interpolate_all(value).ok()?)));
        self.jobs(name, &workflow, &given.collect(), depth + 1);
    }

    /// Adds the build of a step.
    fn step(&mut self, origin: &str, step: &Value, mut contexts: Contexts) {
        extend(&mut contexts, &step["env"]);
        if !contexts.may_hold(step.get("if")) {
            return;
        }
        let mut inputs = BTreeMap::new();
        for name in INPUTS {
            let Some(written) = member(&step["with"], name) else { continue };
            match contexts.interpolate_all(written) {
                Ok(value) => drop(inputs.insert(name, shown(&value))),
                Err(error) => {
                    return self.notes.add(origin, &format!("its input `{name}` can't be read: {error}"));
                }
            }
        }
        match compile_sketches::build(origin, &inputs, self.notes) {
            Ok(build) => self.builds.push(build),
            Err(reason) => self.notes.add(origin, &reason),
        }
    }
}

/// Returns whether a step uses the action, at its present or its former address, or a fork of it.
fn compiles(step: &Value) -> bool {
    let action = step["uses"].as_str().unwrap_or_default().split('@').next().unwrap_or_default();
    action.contains('/') && action.rsplit('/').next() == Some("compile-sketches")
}

/// Returns whether `workflow_call` is a workflow's only event.
fn is_only_called(workflow: &Value) -> bool {
    match &workflow["on"] {
        Value::String(event) => event == "workflow_call",
        Value::Array(events) => events.iter().all(|event| event == "workflow_call"),
        Value::Object(events) => events.len() == 1 && events.contains_key("workflow_call"),
        _ => false,
    }
}

/// Returns the inputs of a workflow: the given ones, otherwise their defaults.
fn inputs(workflow: &Value, given: &Map<String, Value>) -> Map<String, Value> {
    let mut inputs = Map::new();
    for event in ["workflow_dispatch", "workflow_call"] {
        for (name, input) in workflow["on"][event]["inputs"].as_object().into_iter().flatten() {
            inputs.insert(name.clone(), input["default"].clone());
        }
    }
    inputs.extend(given.clone());
    inputs
}

/// Adds variables to the context `env`. They don't see each other. One whose value only GitHub knows is not added.
fn extend(contexts: &mut Contexts, variables: &Value) {
    let mut env = contexts.env.clone();
    for (name, value) in variables.as_object().into_iter().flatten() {
        match contexts.interpolate_all(value) {
            Ok(value) => drop(env.insert(name.clone(), Value::String(shown(&value)))),
            Err(_) => drop(env.shift_remove(name)),
        }
    }
    contexts.env = env;
}

/// Returns the input with this name, in any case.
fn member<'v>(inputs: &'v Value, name: &str) -> Option<&'v Value> {
    inputs.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
