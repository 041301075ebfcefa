//! Libraries: which one a header means, what makes a library, how discovery goes on. Each directory of
//! `library-cases/GROUP` is a case of its own, because its libraries are: a sketch `Sketch` and libraries in `libs`.

use std::fs;
use std::path::PathBuf;

use super::cases::copy;
use super::{Case, Outcome, Project, UNO, assert_agree, content, expected};
use crate::support::{Workspace, repository};

fn check(group: &str) {
    let root = repository("tests/it/arduino/library-cases").join(group);
    let workspace = Workspace::named(&format!("arduino-libraries-{group}"));
    let mut names: Vec<String> =
        fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(names.len() >= 3, "{group} has {} cases", names.len());
    let case = |name: &String| {
        let place = workspace.path(name);
        copy(&root.join(name), &place);
        let libraries: Vec<PathBuf> = [place.join("libs")].into_iter().filter(|path| path.is_dir()).collect();
        let content = content(&[&place]);
        Case { name: format!("{name}/Sketch"), board: UNO, sketch: place.join("Sketch"), libraries, content }
    };
    let cases: Vec<Case> = names.iter().map(case).collect();
    let theirs = expected(Some(&format!("library-cases/{group}")), &cases);
    let build = |(name, case): (&String, &Case)| {
        let project = Project { workspace: &workspace, dir: name, boards: &[UNO], sketches: &["Sketch"] };
        let alone = Case { name: "Sketch".to_owned(), ..case.clone() };
        project.build(&[alone]).remove(0)
    };
    let ours: Vec<Outcome> = names.iter().zip(&cases).map(build).collect();
    assert_agree(&cases, &theirs, &ours);
}

#[test]
fn archives() {
    check("archive");
}

#[test]
fn precompiled() {
    check("precompiled");
}

#[test]
fn discovery() {
    check("discovery");
}

#[test]
fn layouts() {
    check("layout");
}

#[test]
fn choice_among_libraries() {
    check("library");
}

#[test]
fn linked_libraries() {
    check("linked");
}

#[test]
fn properties() {
    check("properties");
}
