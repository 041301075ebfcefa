//! Random sketches: whatever arduino-cli makes of them, we make too. Seeds make the same sketches everywhere.
//!
//! `just arduino-random 2000` compares that many; `just arduino-random 200 4711` begins at a seed. Each difference is
//! printed with its seed and the directory where it lies.

mod errors;
mod heads;
mod libraries;
mod oddities;
mod parts;
mod sketch;

use std::path::PathBuf;

use super::expected::wavers;
use super::{Case, Outcome, Project, UNO, content, differences, expected, peer};
use crate::differential::Dice;
use crate::support::Workspace;

/// Sketches that share a matrix, and a set of libraries if they have any.
const SHARED: u64 = 40;

/// Sketches of `count` seeds from `first`, as one project. With `clashing`, libraries lie beside them.
fn write(workspace: &Workspace, first: u64, count: u64, clashing: bool) -> Vec<Case> {
    let place = workspace.path("random");
    std::fs::create_dir_all(&place).unwrap();
    let libs = place.join("libs");
    if clashing {
        libraries::write(&libs, &mut Dice::new(first));
    }
    let libraries: Vec<PathBuf> = if clashing { vec![libs.clone()] } else { Vec::new() };
    (first..first + count)
        .map(|seed| {
            let mut dice = Dice::new(seed);
            let (includes, uses) = if clashing { libraries::uses(&mut dice) } else { Default::default() };
            let name = format!("R{seed}");
            sketch::sketch(&name, &mut dice, &includes, &uses).write(&place);
            let sketch = place.join(&name);
            let roots: Vec<&std::path::Path> =
                std::iter::once(&sketch).chain(&libraries).map(PathBuf::as_path).collect();
            let content = content(&roots);
            Case { name, board: UNO, content, sketch, libraries: libraries.clone() }
        })
        .collect()
}

/// Compares sketches; returns how many of them build, how many fail, and what differs.
fn compare(first: u64, count: u64, clashing: bool, table: Option<&str>) -> (usize, usize, Vec<String>) {
    let kind = if clashing { "libraries" } else { "sketches" };
    let workspace = Workspace::named(&format!("arduino-random-{kind}-{first}"));
    let cases = write(&workspace, first, count, clashing);
    let mut theirs = expected(table, &cases);
    let project = Project { workspace: &workspace, dir: "random", boards: &[UNO], sketches: &["\"R*\""] };
    let ours = project.build(&cases);
    for ((case, theirs), ours) in cases.iter().zip(&mut theirs).zip(&ours) {
        // It chose among equal libraries at random: not counted.
        if clashing && !theirs.agrees(ours) && wavers(case, theirs) {
            theirs.clone_from(ours);
        }
    }
    let built = theirs.iter().filter(|it| matches!(it, Outcome::Builds { .. })).count();
    let differences = differences(&cases, &theirs, &ours);
    if !differences.is_empty() {
        // The sketches stay, to be looked at.
        std::mem::forget(workspace);
    }
    (built, cases.len() - built, differences)
}

#[test]
fn forty_sketches() {
    let (built, failed, differences) = compare(1, SHARED, false, Some("random"));
    assert!(built > 10 && failed > 5, "{built} build, {failed} fail: the generator has lost its balance");
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.concat());
}

#[test]
fn two_sets_of_libraries_that_clash() {
    let mut all = Vec::new();
    for first in [1_000_001, 1_000_101] {
        let (built, _, differences) = compare(first, 10, true, Some(&format!("random-libraries-{first}")));
        assert!(built > 0, "the generator has lost its balance");
        all.extend(differences);
    }
    assert!(all.is_empty(), "{} differ:\n{}", all.len(), all.concat());
}

#[test]
#[ignore = "as long as it is told to: `just arduino-random 2000`; cargo test compares a few"]
#[allow(clippy::print_stderr)] // for who waits
fn by_hand() {
    let number =
        |name: &str, default: u64| std::env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(default);
    assert!(peer::arduino_cli().is_some(), "this needs an arduino-cli");
    let (count, start) = (number("RANDOM_COUNT", 200), number("RANDOM_SEED", 1));
    let (mut built, mut failed, mut all) = (0, 0, Vec::new());
    for first in (start..start + count).step_by(usize::try_from(SHARED).unwrap()) {
        // One project in four has libraries.
        let clashing = (first / SHARED) % 4 == 3;
        let (some_built, some_failed, differences) =
            compare(first, SHARED.min(start + count - first), clashing, None);
        built += some_built;
        failed += some_failed;
        eprintln!("seeds from {first}: {} differ\n{}", differences.len(), differences.concat());
        all.extend(differences);
    }
    eprintln!("{built} build, {failed} fail with arduino-cli; {} differ", all.len());
    assert!(all.is_empty(), "{} of {} differ", all.len(), built + failed);
}
