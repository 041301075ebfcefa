//! Platforms: what recipes may write, and what arduino-cli makes of their properties. Each directory of
//! `platform-cases/GROUP` is a case: a sketch `Sketch` and what its platform has beside, or in place of, that of
//! `platform-cases/core`. The lines of `more.txt` come behind its `platform.txt`, those of `more-boards.txt` behind its
//! `boards.txt`.

use std::fs;
use std::path::{Path, PathBuf};

use super::cases::copy;
use super::{Case, MINI, Outcome, Project, assert_agree, content, expected};
use crate::support::{Workspace, repository};

fn check(group: &str) {
    let root = repository("tests/it/arduino/platform-cases");
    let workspace = Workspace::named(&format!("arduino-platforms-{group}"));
    let entries = fs::read_dir(root.join(group)).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let case = |name: &String| {
        let place = workspace.path(name);
        copy(&root.join("core"), &place.join("core"));
        copy(&root.join(group).join(name), &place);
        append(&place.join("core/more.txt"), &place.join("core/platform.txt"));
        append(&place.join("core/more-boards.txt"), &place.join("core/boards.txt"));
        fs::create_dir_all(place.join("hardware/mini")).unwrap();
        fs::rename(place.join("core"), place.join("hardware/mini/mcu")).unwrap();
        if !place.join("Sketch").is_dir() {
            fs::create_dir(place.join("Sketch")).unwrap();
            fs::write(place.join("Sketch/Sketch.ino"), "void setup() {}\nvoid loop() {}\n").unwrap();
        }
        let libraries: Vec<PathBuf> = [place.join("libs")].into_iter().filter(|path| path.is_dir()).collect();
        Case {
            name: format!("{name}/Sketch"),
            board: MINI,
            sketch: place.join("Sketch"),
            libraries,
            content: content(&[&place]),
        }
    };
    let cases: Vec<Case> = names.iter().map(case).collect();
    let theirs = expected(Some(&format!("platform-cases/{group}")), &cases);
    let build = |(name, case): (&String, &Case)| {
        let project = Project { workspace: &workspace, dir: name, boards: &[MINI], sketches: &["Sketch"] };
        let alone = Case { name: "Sketch".to_owned(), ..case.clone() };
        project.build(&[alone]).remove(0)
    };
    let ours: Vec<Outcome> = names.iter().zip(&cases).map(build).collect();
    assert_agree(&cases, &theirs, &ours);
}

/// Appends a file to another, if it exists.
fn append(more: &Path, to: &Path) {
    if let Ok(more) = fs::read_to_string(more) {
        fs::write(to, fs::read_to_string(to).unwrap() + &more).unwrap();
    }
}

#[test]
fn archives() {
    check("archive");
}

#[test]
fn bootloaders() {
    check("bootloader");
}

#[test]
fn exported_files() {
    check("files");
}

#[test]
fn precompiled_libraries() {
    check("precompiled");
}

#[test]
fn hooks() {
    check("hooks");
}

#[test]
fn cores_that_look_at_the_sketch() {
    check("looks");
}
