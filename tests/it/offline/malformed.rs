//! `malformed/*.yml`: each is refused with its place, and costs nothing: nothing is brought in, nothing
//! is written.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::support::{Workspace, repository};

fn matrices() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(repository("tests/it/offline/malformed"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yml"))
        .collect();
    found.sort();
    assert!(found.len() >= 50, "only {} matrices", found.len());
    found
}

/// Every path below a directory.
fn below(directory: &Path) -> BTreeSet<PathBuf> {
    let entries = walkdir::WalkDir::new(directory).min_depth(1);
    entries.into_iter().map(|entry| entry.unwrap().into_path()).collect()
}

/// Runs a command over every malformed matrix.
fn each_is_refused(command: &[&str]) {
    let workspace = Workspace::new();
    let sources = below(&repository("tests/it/offline/malformed"));
    let mut wrong = Vec::new();
    for matrix in matrices() {
        let path = matrix.display().to_string();
        let run = workspace.run(command.iter().copied().chain([path.as_str()]));
        let place = Regex::new(&format!(r"--> {}:[1-9]\d*:[1-9]\d*", regex::escape(&path))).unwrap();
        let told = run.stderr.contains("error") && place.is_match(&run.stderr);
        let panicked = run.stderr.contains("panicked") || run.stderr.contains("defect");
        if run.code != Some(2) || !told || panicked || !run.stdout.is_empty() {
            wrong.push(format!("{path}: exit {:?}\n{}{}", run.code, run.stdout, run.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(below(&workspace.path("")), BTreeSet::new());
    assert_eq!(below(&workspace.home()), BTreeSet::new());
    // Links to what all tests have installed; of its own the run brought nothing.
    assert_eq!(below(&workspace.cache()), ["apt", "pypi"].map(|name| workspace.cache().join(name)).into());
    assert_eq!(below(&repository("tests/it/offline/malformed")), sources);
}

#[test]
fn run_refuses_each_with_its_place_and_leaves_nothing() {
    each_is_refused(&["run"]);
}

#[test]
fn plan_refuses_each_with_its_place_and_leaves_nothing() {
    each_is_refused(&["plan"]);
}

#[test]
fn the_source_line_is_shown_and_the_nearest_name() {
    let matrix = repository("tests/it/offline/malformed/unknown-key.yml");
    let text = fs::read_to_string(&matrix).unwrap();
    let run = Workspace::new().run(["run".as_ref(), matrix.as_os_str()]).assert_exit(2);
    assert!(text.lines().any(|line| !line.starts_with('#') && run.stderr.contains(line)), "{}", run.stderr);
    assert!(run.stderr.contains("help"), "{}", run.stderr);
}

#[test]
fn a_matrix_that_is_not_there_is_named() {
    let workspace = Workspace::new();
    workspace.run(["run", "nowhere.yml"]).assert_exit(2).assert_stderr("nowhere.yml");
    workspace.run(["run", "."]).assert_exit(2);
    assert_eq!(below(&workspace.path("")), BTreeSet::new());
}

#[test]
fn bytes_of_any_kind_are_refused() {
    // Pseudo-random, the same in each run: what a matrix may hold, cut and mixed.
    let text = fs::read(repository("tests/it/matrix/whole.yml")).unwrap();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    for _ in 0..40 {
        let mut bytes = text.clone();
        for _ in 0..=next(4) {
            let at = next(bytes.len());
            match next(3) {
                0 => bytes.truncate(at.max(1)),
                1 => bytes[at] = b"\0\t:{}[]&*!|>'\"%@`-#\xff"[next(20)],
                _ => bytes.insert(at, b"\n{[:&*\x80"[next(7)]),
            }
        }
        let workspace = Workspace::new().file("m.yml", &bytes);
        // What is left of it may even be right: it is planned then, or something that it names is missing.
        let run = workspace.run(["plan", "m.yml", "--offline"]);
        let code = run.code.unwrap_or(-1);
        assert!([0, 2, 3, 4].contains(&code), "{code}\n{}\n{}", String::from_utf8_lossy(&bytes), run.stderr);
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    }
}
