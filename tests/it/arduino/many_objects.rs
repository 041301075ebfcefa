//! Links whose objects' paths take more than 30,000 bytes, and almost as many. File names are long, so that few objects do.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::{Case, Outcome, Project, UNO, assert_agree, content, expected};
use crate::support::Workspace;

/// Writes a library with `count` sources, every other one in a directory of its own, and a sketch that uses all: where
/// objects of one directory are put together, functions lie elsewhere.
fn write(place: &Path, count: usize) {
    let long = "long".repeat(45);
    let source_dir = place.join("libs/Many/src");
    let (mut header, mut calls) = (String::from("#pragma once\n"), String::new());
    for number in 0..count {
        let name = format!("s{number:03}_{long}");
        let dir = if number % 2 == 0 { source_dir.join(&name) } else { source_dir.clone() };
        fs::create_dir_all(&dir).unwrap();
        let text = format!("int f{number}(int x) {{ return x * {} + 1; }}\n", number + 2);
        fs::write(dir.join(format!("{name}.cpp")), text).unwrap();
        writeln!(header, "int f{number}(int x);").unwrap();
        writeln!(calls, "  value = f{number}(value);").unwrap();
    }
    fs::write(source_dir.join("Many.h"), header).unwrap();
    fs::write(place.join("libs/Many/library.properties"), "name=Many\nversion=1.0.0\n").unwrap();
    fs::create_dir(place.join("Sketch")).unwrap();
    let sketch =
        format!("#include <Many.h>\nvolatile int value;\nvoid setup() {{\n{calls}}}\nvoid loop() {{}}\n");
    fs::write(place.join("Sketch/Sketch.ino"), sketch).unwrap();
}

#[test]
fn very_many_objects_are_linked_by_directory() {
    let workspace = Workspace::named("arduino-many");
    let names = ["few", "many"];
    let case = |(name, count): (&str, usize)| {
        let place = workspace.path(name);
        write(&place, count);
        Case {
            name: format!("{name}/Sketch"),
            board: UNO,
            sketch: place.join("Sketch"),
            libraries: vec![place.join("libs")],
            content: content(&[&place]),
        }
    };
    let cases: Vec<Case> = names.into_iter().zip([24, 96]).map(case).collect();
    let theirs = expected(Some("many-objects"), &cases);
    let build = |(name, case): (&str, &Case)| {
        let project = Project { workspace: &workspace, dir: name, boards: &[UNO], sketches: &["Sketch"] };
        project.build(&[Case { name: "Sketch".to_owned(), ..case.clone() }]).remove(0)
    };
    let ours: Vec<Outcome> = names.into_iter().zip(&cases).map(build).collect();
    assert_agree(&cases, &theirs, &ours);
}
