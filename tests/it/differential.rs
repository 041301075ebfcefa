//! Random edits, one after another, on one project that is built again and again: what a warm run makes is
//! what a clean one makes, in firmware, sizes, outcomes and first errors.
//!
//! A difference is printed with its seed and the edits that led to it. `just differential 5000` makes more of
//! them; with a seed it makes the same again: `just differential 60 4711`.

mod affected;
mod checkout;
mod damage;
mod dice;
mod edits;
mod project;
mod results;
mod tree;

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::Workspace;
pub(crate) use dice::Dice;
use edits::Editor;
use results::{Results, run};
use tree::Tree;

/// What a seed's edits came to.
#[derive(Debug, Default)]
struct Tally {
    edits: usize,
    comparisons: usize,
    /// Comparisons where every cell was built, and where none was.
    whole: usize,
    broken: usize,
    /// Runs after which keys were kept that hold as long as nothing changes.
    kept: usize,
    /// Cells that failed with one error in the warm run and with another in the clean one.
    other_errors: usize,
}

/// Clean runs of states of the project that were there before are not repeated: damage and touches change
/// no state, and what is restored is one again.
#[derive(Default)]
struct Clean(HashMap<(PathBuf, Tree), Results>);

impl Clean {
    fn of(&mut self, workspace: &Workspace, state: Tree) -> Results {
        self.0
            .entry((checkout::of(workspace), state))
            .or_insert_with(|| {
                let cache = workspace.path("../fresh-cache");
                for directory in [&workspace.path("fresh"), &cache] {
                    tree::remove(directory);
                }
                fs::create_dir(&cache).unwrap();
                let cache = cache.to_str().unwrap();
                run(workspace, "fresh", &["--no-cache", "--cache-dir", cache])
            })
            .clone()
    }
}

/// Makes a project and edits it, until there were `count` edits or a difference.
fn edit(seed: u64, count: usize) -> Result<Tally, String> {
    let mut dice = Dice::new(seed);
    let workspace = project::make(Workspace::named(&format!("differential-{seed}")), &mut dice);
    checkout::make(&workspace);
    let first = tree::read(&workspace.path(""));
    let mut clean = Clean::default();
    let mut tally = Tally::default();
    let mut log = vec!["made the project".to_owned()];
    let mut healthy = true;
    loop {
        let jobs = (1 + dice.below(3)).to_string();
        let warm = run(&workspace, ".fbuild-matrix", &["-j", &jobs]);
        let state = tree::read(&workspace.path(""));
        let expected = clean.of(&workspace, state);
        let mut difference = warm.difference(&expected);
        if dice.one_in(3) {
            // Old enough for keys to be kept; the run behind that takes them from there.
            std::thread::sleep(Duration::from_millis(2100));
            for _ in 0..2 {
                log.push("waited, and built again".to_owned());
                let again = run(&workspace, ".fbuild-matrix", &["-j", &jobs]);
                difference.push_str(&again.difference(&expected));
                tally.kept += usize::from(workspace.path(".fbuild-matrix/known").is_file());
            }
        }
        tally.comparisons += 1;
        tally.whole += usize::from(expected.all_built());
        tally.broken += usize::from(!expected.any_built());
        tally.other_errors += warm.other_errors(&expected);
        if !difference.is_empty() {
            let directory = workspace.path("").display().to_string();
            // It stays, to be looked at.
            std::mem::forget(workspace);
            let log = log.join("\n  ");
            return Err(format!(
                "seed {seed}, after {} edits, in {directory}:\n{difference}what was done:\n  {log}\n\
                 to see it again: just differential {} {seed}",
                tally.edits,
                tally.edits + 1
            ));
        }
        if tally.edits >= count {
            return Ok(tally);
        }
        if tally.comparisons == 1 {
            assert!(
                expected.all_built(),
                "seed {seed}: the project is to build at first: {:#?}",
                expected.failed()
            );
        }
        // What is broken hides what is stale.
        if !healthy && !expected.all_built() {
            let mended = Editor { workspace: &workspace, first: &first, dice: &mut dice }.mend();
            log.push(format!("mended: {mended}"));
        }
        healthy = expected.all_built();
        for _ in 0..=dice.below(5) {
            let done = if dice.one_in(4) {
                damage::damage(&workspace, &mut dice)
            } else {
                Editor { workspace: &workspace, first: &first, dice: &mut dice }.edit()
            };
            log.push(done);
            tally.edits += 1;
        }
    }
}

/// Makes `count` edits in all, with projects of `each` edits, some at a time, from a seed on.
fn run_seeds(first: u64, count: usize, each: usize) -> Tally {
    let next = AtomicU64::new(first);
    let made = AtomicUsize::new(0);
    let total = Mutex::new(Tally::default());
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        // They wait a part of their time.
        for _ in 0..4 {
            scope.spawn(|| {
                while made.fetch_add(each, Ordering::SeqCst) < count && failures.lock().unwrap().len() < 3 {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    match edit(seed, each) {
                        Ok(tally) => {
                            let mut total = total.lock().unwrap();
                            total.edits += tally.edits;
                            total.comparisons += tally.comparisons;
                            total.whole += tally.whole;
                            total.broken += tally.broken;
                            total.kept += tally.kept;
                            total.other_errors += tally.other_errors;
                        }
                        Err(difference) => failures.lock().unwrap().push(difference),
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    total.into_inner().unwrap()
}

#[test]
fn warm_runs_make_what_clean_runs_make() {
    let tally = run_seeds(1, 100, 50);
    assert!(tally.edits >= 100, "{tally:?}");
    // Edits that only break the project would show little.
    assert!(tally.whole * 4 > tally.comparisons, "{tally:?}");
    assert!(tally.kept > 5, "{tally:?}");
}

/// `just differential COUNT [SEED]`: as many as are asked for, or what a seed made again.
#[test]
#[allow(clippy::print_stdout)] // who asks wants to know
#[ignore = "as long as it is told to: `just differential 2000`; cargo test makes fewer edits"]
fn by_hand() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let count =
        usize::try_from(number("DIFFERENTIAL_EDITS").expect("DIFFERENTIAL_EDITS is a number")).unwrap();
    let seed = number("DIFFERENTIAL_SEED");
    let each = if seed.is_some() { count } else { 50 };
    let tally = run_seeds(seed.unwrap_or(1000), count, each);
    println!("{tally:?}");
}
