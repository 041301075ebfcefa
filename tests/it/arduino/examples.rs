//! Arduino's built-in examples and those of the core's libraries, on three boards.

use std::path::{Path, PathBuf};

use super::{Case, LEONARDO, MEGA, Project, UNO, assert_agree, content, expected, sketches};
use crate::support::{Workspace, avr_core, builtin_examples};

/// Example directories with their names in a matrix: `(from, relative path, directory)`.
fn examples() -> Vec<(&'static str, String, PathBuf)> {
    let below = |from, root: &Path, dirs: Vec<PathBuf>| -> Vec<(&'static str, String, PathBuf)> {
        let relative = |dir: &PathBuf| dir.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        dirs.into_iter().map(|dir| (from, relative(&dir), dir)).collect()
    };
    let (builtin, core) = (builtin_examples(), avr_core().platform_dir);
    let mut all = below("builtin", &builtin, sketches(&builtin));
    all.extend(below("arduino:avr", &core, sketches(&core.join("libraries"))));
    all
}

/// Compares every example that `take` accepts by its position, on all boards.
fn compare(take: impl Fn(usize) -> bool, table: Option<&str>) -> usize {
    let boards = [UNO, MEGA, LEONARDO];
    let (mut cases, mut patterns) = (Vec::new(), Vec::new());
    for (_, (from, path, sketch)) in examples().into_iter().enumerate().filter(|(at, _)| take(*at)) {
        patterns.push(format!("{{from: {from:?}, path: {path:?}}}"));
        let content = content(&[&sketch]);
        cases.extend(boards.map(|board| Case {
            name: format!("{from}/{path}"),
            board,
            sketch: sketch.clone(),
            libraries: Vec::new(),
            content: content.clone(),
        }));
    }
    let theirs = expected(table, &cases);
    let workspace = Workspace::new();
    std::fs::create_dir(workspace.path("examples")).unwrap();
    let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
    let ours = Project { workspace: &workspace, dir: "examples", boards: &boards, sketches: &patterns }
        .build(&cases);
    assert_agree(&cases, &theirs, &ours);
    cases.len()
}

#[test]
fn one_in_eight_on_three_boards() {
    assert!(compare(|at| at % 8 == 5, Some("examples")) >= 30);
}

#[test]
#[ignore = "half an hour: `just arduino-examples`; cargo test compares one in eight"]
fn all_on_three_boards() {
    assert!(compare(|_| true, None) >= 300);
}
