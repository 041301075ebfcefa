//! Where the project lies: behind a link, so that it can be another checkout of the same sources.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::support::Workspace;

/// Puts a link to the first place of the project where the project was.
pub(super) fn make(workspace: &Workspace) {
    let project = link(workspace);
    fs::rename(&project, project.with_file_name("checkout-1")).unwrap();
    symlink("checkout-1", &project).unwrap();
    fs::create_dir(workspace.path(".git")).unwrap();
}

/// The name of the directory where the project is.
pub(super) fn of(workspace: &Workspace) -> PathBuf {
    fs::read_link(link(workspace)).unwrap()
}

/// Moves the project, with or without what earlier runs left in it, and says so.
pub(super) fn lead_elsewhere(workspace: &Workspace, with_work: bool) -> String {
    let project = link(workspace);
    let here = of(workspace);
    let there = if here.ends_with("checkout-1") { "another-checkout" } else { "checkout-1" };
    if !with_work {
        let _ = fs::remove_dir_all(workspace.path(".fbuild-matrix"));
    }
    fs::rename(project.with_file_name(here), project.with_file_name(there)).unwrap();
    fs::remove_file(&project).unwrap();
    symlink(there, &project).unwrap();
    format!("moved the checkout to {there} {} its work directory", if with_work { "with" } else { "without" })
}

fn link(workspace: &Workspace) -> PathBuf {
    workspace.path("").parent().unwrap().join("project")
}
