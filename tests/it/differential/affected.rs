//! Random edits in a Git checkout: a cell that `--changed-since` leaves out is what it was at the revision, when it is
//! built all the same.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::dice::Dice;
use super::edits::Editor;
use super::results::{Results, run};
use super::{project, tree};
use crate::support::Workspace;

/// What the edits of a seed came to.
#[derive(Debug, Default)]
struct Tally {
    edits: usize,
    plans: usize,
    selected: usize,
    left_out: usize,
}

fn git(workspace: &Workspace, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=me", "-c", "user.email=me@example.org", "-c", "core.excludesFile=/dev/null"]);
    let output = git.args(arguments).current_dir(workspace.path("")).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn commit(workspace: &Workspace) -> String {
    git(workspace, &["add", "--all"]);
    git(workspace, &["commit", "--quiet", "--allow-empty", "--message=edited"]);
    git(workspace, &["rev-parse", "HEAD"]).trim().to_owned()
}

/// Everything is built, past the records.
fn build(workspace: &Workspace) -> Results {
    let cache = workspace.path("../other-cache");
    run(workspace, "fresh", &["--cache-dir", cache.to_str().unwrap()])
}

/// The cells that are left out and those that are not; nothing if there is no plan.
#[allow(clippy::print_stdout)] // of a test that fails
fn plan(workspace: &Workspace, since: &str) -> Option<(BTreeSet<String>, BTreeSet<String>)> {
    let plan = workspace.run(["plan", "m.yml", "--format", "json", "--changed-since", since]);
    if plan.code != Some(0) {
        return None;
    }
    let json: Value = serde_json::from_str(&plan.stdout).unwrap();
    for cell in json["cells"].as_array().unwrap() {
        // Shown if the test fails.
        println!("{}/{}: {}", cell["board"], cell["sketch"], cell["reason"]);
    }
    let names = |cells: &str| {
        let cells = json[cells].as_array().unwrap().iter();
        cells
            .map(|cell| format!("{}/{}", cell["board"].as_str().unwrap(), cell["sketch"].as_str().unwrap()))
            .collect()
    };
    Some((names("skipped"), names("cells")))
}

/// Takes out what makes a project opaque: hooks that may read all of a platform, and an include whose name is computed.
fn make_transparent(workspace: &Workspace) {
    let change = |path: &str, how: &dyn Fn(&str) -> String| {
        let path = workspace.path(path);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, how(&text)).unwrap();
    };
    change("core/platform.txt", &|text| {
        let lines = text.split_inclusive('\n').filter(|line| !line.starts_with("recipe.hooks."));
        lines.collect()
    });
    std::fs::write(workspace.path("core/system/generated.h"), "#define GENERATED 712\n").unwrap();
    let computed = "#define PASTE(a) <a.h>\n#define PICKED PASTE(pick)\n#include PICKED\n";
    change("s/B/B.ino", &|text| text.replace(computed, "#include <pick.h>\n"));
}

fn edit(seed: u64, count: usize) -> Result<Tally, String> {
    let mut dice = Dice::new(seed);
    let workspace = project::make(Workspace::named(&format!("affected-{seed}")), &mut dice);
    if !seed.is_multiple_of(4) {
        make_transparent(&workspace);
    }
    let first = tree::read(&workspace.path(""));
    git(&workspace, &["init", "--quiet"]);
    std::fs::write(workspace.path(".git/info/exclude"), "/.fbuild-matrix/\n/fresh/\n/made/\n").unwrap();
    let mut tally = Tally::default();
    let mut log = vec!["made the project".to_owned()];
    let mut base = commit(&workspace);
    let mut before = build(&workspace);
    assert!(before.all_built(), "seed {seed}: {:#?}", before.failed());
    let mut recorded = false;
    while tally.edits < count {
        // Records may be older than the revision.
        if !recorded || !dice.one_in(4) {
            log.push("built, with records".to_owned());
            recorded |= run(&workspace, ".fbuild-matrix", &[]).any_built();
        }
        for _ in 0..=dice.below(3) {
            log.push(Editor { workspace: &workspace, first: &first, dice: &mut dice }.edit());
            tally.edits += 1;
        }
        let committed = dice.one_in(2).then(|| commit(&workspace));
        log.push(format!("planned, {}", if committed.is_some() { "committed" } else { "not committed" }));
        let planned = plan(&workspace, &base);
        let now = build(&workspace);
        if let Some((left_out, selected)) = planned {
            tally.plans += 1;
            tally.selected += selected.len();
            tally.left_out += left_out.len();
            let wrong: Vec<&String> = left_out.iter().filter(|cell| !before.has_same(&now, cell)).collect();
            if !wrong.is_empty() {
                let directory = workspace.path("").display().to_string();
                std::mem::forget(workspace);
                return Err(format!(
                    "seed {seed}, after {} edits, in {directory}, since {base}: {wrong:?} are left out, and differ:\n{}\
                     what was done:\n  {}",
                    tally.edits,
                    before.difference(&now),
                    log.join("\n  ")
                ));
            }
        }
        if !now.all_built() {
            let mended = Editor { workspace: &workspace, first: &first, dice: &mut dice }.mend();
            log.push(format!("mended: {mended}"));
        }
        if now.all_built() && dice.one_in(3) {
            // The revision stays, and the changes add up.
            continue;
        }
        base = commit(&workspace);
        before = build(&workspace);
        log.push(format!("committed {base}"));
    }
    Ok(tally)
}

fn run_seeds(first: u64, count: usize, each: usize) -> Tally {
    let mut total = Tally::default();
    let seeds = (first..).take(count.div_ceil(each));
    for seed in seeds {
        let tally = edit(seed, each).unwrap_or_else(|difference| panic!("{difference}"));
        total.edits += tally.edits;
        total.plans += tally.plans;
        total.selected += tally.selected;
        total.left_out += tally.left_out;
    }
    total
}

#[test]
fn a_cell_that_is_left_out_is_what_it_was() {
    let tally = run_seeds(1, 30, 10);
    assert!(tally.edits >= 30 && tally.plans >= 8, "{tally:?}");
    // To leave nothing out would be right, and worth nothing.
    assert!(tally.left_out * 8 > tally.selected, "{tally:?}");
}

/// `just affected COUNT [SEED]`.
#[test]
#[allow(clippy::print_stdout)] // who asks wants to know
#[ignore = "as long as it is told to: `just affected 1000`; cargo test makes fewer edits"]
fn by_hand() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let count = usize::try_from(number("AFFECTED_EDITS").expect("AFFECTED_EDITS is a number")).unwrap();
    let seed = number("AFFECTED_SEED");
    println!("{:?}", run_seeds(seed.unwrap_or(1000), count, if seed.is_some() { count } else { 50 }));
}
