//! `rerun`: what it does not build stays known.

use super::stub::{sketch, workspace};
use crate::support::{Finished, Workspace};

/// The cells that a run has built or tried to build, sorted.
fn built(run: &Finished) -> Vec<String> {
    let cases = run.reports().junit();
    let mut names: Vec<String> =
        cases.cases().map(|case| format!("{}/{}", case.classname, case.name)).collect();
    names.sort();
    names
}

fn rerun(workspace: &Workspace, more: &[&str]) -> Finished {
    workspace.run([&["rerun"], more].concat())
}

#[test]
fn failures_that_a_rerun_leaves_out_stay_known() {
    let workspace = workspace("sketches: [s/*]\n")
        .sketch("s/A", &sketch("broken"))
        .sketch("s/B", &sketch("broken"))
        .sketch("s/Good", &sketch("fine"));
    workspace.run(["run", "matrix.yml"]).assert_exit(1);
    let run = rerun(&workspace, &["-b", "uno"]).assert_exit(1);
    assert_eq!(built(&run), ["uno/s/A", "uno/s/B"]);
    let run = run.assert_stderr("2 cells are still to be built and not selected: mega/s/A, mega/s/B");

    // A selection of nothing changes nothing.
    rerun(&workspace, &["-s", "Good"]).assert_exit(4);
    let workspace = run.workspace.sketch("s/A", &sketch("fine")).sketch("s/B", &sketch("fine"));
    assert_eq!(built(&rerun(&workspace, &["-b", "uno", "-s", "A"]).assert_exit(0)), ["uno/s/A"]);
    assert_eq!(built(&rerun(&workspace, &[]).assert_exit(0)), ["mega/s/A", "mega/s/B", "uno/s/B"]);
    let _ = rerun(&workspace, &[]).assert_exit(0).assert_stdout("nothing to build again");
}

#[test]
fn what_the_matrix_no_longer_has_is_forgotten() {
    let workspace =
        workspace("sketches: [s/*]\n").sketch("s/A", &sketch("broken")).sketch("s/B", &sketch("broken"));
    workspace.run(["run", "matrix.yml"]).assert_exit(1);
    std::fs::remove_dir_all(workspace.path("s/B")).unwrap();
    let run = rerun(&workspace, &["-b", "uno"]).assert_exit(1);
    let _ = run.assert_stderr("1 cell is still to be built and not selected: mega/s/A");
}
