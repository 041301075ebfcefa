//! Small inputs that once went wrong, by kind: a directory of `tests/it/arduino/cases` each, and with it the
//! directory of the same name in `../shared/cases`, where that exists.
//!
//! A kind's directory holds sketches (`NAME/NAME.ino`) and, if it has any, a directory of libraries (`libs`) or a
//! library (`lib`) for all of them. What is right comes from arduino-cli.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::installation::shared;
use super::peer::arduino_cli;
use super::{Case, Project, UNO, assert_agree, content, expected, sketches};
use crate::support::{Workspace, repository, skip};

/// Kinds that are not compared: arduino-cli itself does not end on them. `failures` has their tests.
const WITHOUT_END: [&str; 1] = ["endless-output"];

macro_rules! kinds {
    ($($test:ident $kind:literal,)*) => {
        const KINDS: &[&str] = &[$($kind),*];
        $(#[test]
        fn $test() {
            check($kind);
        })*
    };
}

kinds! {
    backslash_blank "backslash-blank",
    conditional_prototypes "conditional-prototypes",
    discovery_goes_on "discovery-goes-on",
    empty_body_semicolon "empty-body-semicolon",
    head_without_prototype "head-without-prototype",
    header_leak "header-leak",
    header_shadow "header-shadow",
    ide_version "ide-version",
    if_in_head "if-in-head",
    include_next "include-next",
    ino_cpp_left_over "ino-cpp-left-over",
    library_layouts "library-layouts",
    link_order "link-order",
    linked_library "linked-library",
    macro_head "macro-head",
    member_name "member-name",
    no_function_in_main "no-function-in-main",
    object_order_core "object-order-core",
    object_order_sketch "object-order-sketch",
    outside_includes "outside-includes",
    pde "pde",
    properties_bad_line "properties-bad-line",
    prototype_place "prototype-place",
    raw_string "raw-string",
    src_link "src-link",
    src_sees_root "src-sees-root",
    two_main_files "two-main-files",
    used_before_first_function "used-before-first-function",
}

fn own(kind: &str) -> PathBuf {
    repository("tests/it/arduino/cases").join(kind)
}

/// Compares all sketches of a kind.
#[track_caller]
fn check(kind: &str) {
    let mut roots = vec![(own(kind), Some(format!("cases/{kind}")))];
    if let Some(shared) = shared(&format!("cases/{kind}")) {
        // Those that come from elsewhere are in no table.
        match arduino_cli() {
            Some(_) => roots.push((shared, None)),
            None => skip(format!("{} needs an arduino-cli", shared.display())),
        }
    }
    // Always the same place, so that what arduino-cli made of it is remembered.
    let workspace = Workspace::named(&format!("arduino-{kind}"));
    let (mut cases, mut theirs, mut ours) = (Vec::new(), Vec::new(), Vec::new());
    for (number, (root, table)) in roots.iter().enumerate() {
        let dir = ["own", "shared"][number];
        let place = workspace.path(dir);
        copy(root, &place);
        let found = cases_in(&place);
        assert!(!found.is_empty(), "{} has no sketches", root.display());
        theirs.extend(expected(table.as_deref(), &found));
        let project = Project { workspace: &workspace, dir, boards: &[UNO], sketches: &["\"**\""] };
        ours.extend(project.build(&found));
        cases.extend(found);
    }
    assert_agree(&cases, &theirs, &ours);
}

/// The cases of a kind's directory.
fn cases_in(place: &Path) -> Vec<Case> {
    let content = content(&[place]);
    let libraries: Vec<PathBuf> =
        ["libs", "lib"].iter().map(|name| place.join(name)).filter(|path| path.is_dir()).collect();
    let case = |sketch: PathBuf| Case {
        name: sketch.strip_prefix(place).unwrap().to_str().unwrap().to_owned(),
        board: UNO,
        sketch,
        libraries: libraries.clone(),
        content: content.clone(),
    };
    sketches(place).into_iter().map(case).collect()
}

/// Copies a directory; links stay links.
pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from).sort_by_file_name() {
        let entry = entry.unwrap();
        let place = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.path_is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path()).unwrap(), place).unwrap();
        } else if entry.file_type().is_dir() {
            fs::create_dir_all(place).unwrap();
        } else {
            // Not `fs::copy`, which keeps a read-only mode.
            fs::write(place, fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

fn names(dir: &Path) -> BTreeSet<String> {
    fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

#[test]
fn every_kind_has_a_test_and_three_cases_of_our_own() {
    let kinds: BTreeSet<String> = KINDS.iter().map(|kind| (*kind).to_owned()).collect();
    assert_eq!(names(&repository("tests/it/arduino/cases")), kinds);
    if let Some(shared) = shared("cases") {
        let unknown: Vec<String> = names(&shared)
            .into_iter()
            .filter(|kind| !kinds.contains(kind) && !WITHOUT_END.contains(&kind.as_str()))
            .collect();
        assert!(unknown.is_empty(), "kinds without a test: {unknown:?}");
    }
    for kind in KINDS {
        let count = cases_in(&own(kind)).len();
        assert!(count >= 3, "{kind} has {count} cases of our own");
    }
}
