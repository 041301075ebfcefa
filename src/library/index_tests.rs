//! Choice of one of several libraries for a header, rule by rule; tests/it/arduino/cases compares with arduino-cli.

use std::path::PathBuf;

use super::super::model::{Layout, LinkOptions, Precompiled};
use super::*;

fn library(name: &str, location: Location, architectures: &[&str]) -> Library {
    Library {
        name: name.to_owned(),
        version: String::new(),
        dir_name: name.to_owned(),
        root: PathBuf::new(),
        real_root: PathBuf::new(),
        source_dir: PathBuf::new(),
        layout: Layout::Recursive,
        architectures: architectures.iter().map(|name| (*name).to_owned()).collect(),
        link: LinkOptions { dot_a_linkage: false, precompiled: Precompiled::No, ldflags: String::new() },
        depends: String::new(),
        has_arch_directory: false,
        location,
    }
}

/// Returns an index in which all of these libraries offer `header`.
fn index(libraries: &[Library], header: &str) -> LibraryIndex {
    let libraries: Vec<Arc<Library>> = libraries.iter().cloned().map(Arc::new).collect();
    LibraryIndex {
        architecture: "avr".to_owned(),
        libraries: libraries.clone(),
        by_header: BTreeMap::from([(header.to_owned(), libraries)]),
        names: BTreeSet::from([header.to_owned(), "sub".to_owned()]),
    }
}

/// Returns the name of the library that the header means, with those of its equals.
fn choice(libraries: &[Library], header: &str) -> String {
    let choice = index(libraries, header).resolve(header).unwrap();
    let equals = choice.equals.iter().map(|library| library.name.as_str());
    std::iter::once(choice.library.name.as_str()).chain(equals).collect::<Vec<_>>().join(" ~ ")
}

#[track_caller]
fn chooses(libraries: &[&Library], expected: &str) {
    let mut libraries: Vec<Library> = libraries.iter().copied().cloned().collect();
    assert_eq!(choice(&libraries, "Servo.h"), expected);
    libraries.reverse();
    assert_eq!(choice(&libraries, "Servo.h"), expected, "whatever the order");
}

#[test]
fn compatibility_counts_before_the_name_and_that_before_optimisation_and_location() {
    use Location::{Platform, ReferencedPlatform, Unmanaged, User};
    let right = library("Servo", User, &["*"]);
    chooses(&[&library("Other", Platform, &["avr"]), &right], "Servo");
    chooses(&[&library("Servo-fork", User, &["avr"]), &right], "Servo");
    chooses(&[&library("Servo", User, &["sam"]), &library("Other", ReferencedPlatform, &["*"])], "Other");
    // The same name: the optimised one, then the nearer one.
    chooses(&[&library("ServoA", Platform, &["avr"]), &library("ServoB", User, &["*"])], "ServoA");
    chooses(&[&library("ServoA", Platform, &["*"]), &library("ServoB", User, &["*"])], "ServoB");
    chooses(
        &[&library("ServoA", Platform, &["*"]), &library("ServoB", ReferencedPlatform, &["*"])],
        "ServoA",
    );
    chooses(&[&library("under_test", Unmanaged, &["sam"]), &right], "under_test");
    chooses(&[&library("Servo", User, &["sam"]), &library("ServoX", User, &["esp32"])], "Servo");
}

#[test]
fn names_fit_in_the_documented_order() {
    let names = ["Servo", "servo", "Servo-main", "Servo-master", "ServoX", "MyServo", "XServoX", "Other"];
    let fits: Vec<u32> =
        names.iter().map(|name| fits_name(&library(name, Location::User, &["*"]), "Servo")).collect();
    assert_eq!(fits, [700, 700, 500, 400, 300, 200, 100, 0]);
    let renamed = Library { dir_name: "Servo".to_owned(), ..library("Other", Location::User, &["*"]) };
    assert_eq!(fits_name(&renamed, "Servo"), 600);
    assert_eq!(fits_name(&library("My Servo Lib", Location::User, &["*"]), "My_Servo"), 300);
}

#[test]
fn names_are_simplified_as_for_files() {
    assert_eq!(simplified("My Lib-2.0+"), "my_lib-2.0_");
    assert_eq!(simplified("-x"), "_x");
    assert_eq!(simplified("Gr\u{f6}\u{df}e"), "gr__e");
    assert_eq!(simplified(&"a".repeat(80)).len(), 64);
}

#[test]
fn of_equals_the_closest_name_is_taken() {
    let at = |name: &str| library(name, Location::User, &["*"]);
    chooses(&[&at("Servo_x"), &at("Servo.x")], "Servo.x");
    chooses(&[&at("Aaa"), &at("Bervo")], "Bervo");
    // No common pair of bytes: the first by name, always.
    chooses(&[&at("Bbb"), &at("Aaa"), &at("Ccc")], "Aaa");
}

#[test]
fn where_arduino_leaves_it_to_chance_the_first_by_name_has_equals() {
    let at = |name: &str| library(name, Location::User, &["*"]);
    chooses(&[&at("Servo_b"), &at("Servo_extended")], "Servo_b ~ Servo_extended");
    // They are equal in all criteria.
    chooses(&[&at("Servo x"), &at("Servo+x")], "Servo x ~ Servo+x");
}

#[test]
fn of_libraries_of_one_name_the_first_directory_counts() {
    let at = |dir_name: &str| Library {
        dir_name: dir_name.to_owned(),
        ..library("Servo tools", Location::User, &["*"])
    };
    let index = index(&[at("one"), at("another")], "Servo.h");
    let choice = index.resolve("Servo.h").unwrap();
    assert_eq!((choice.library.dir_name.as_str(), choice.equals.len()), ("one", 0));
}

#[test]
fn an_empty_architecture_is_none() {
    // `architectures=avr,` names `avr` and nothing; `,` names nothing twice.
    assert!(library("A", Location::User, &["avr", ""]).is_for("avr"));
    chooses(
        &[&library("Servo", Location::User, &["", ""]), &library("Other", Location::User, &["*"])],
        "Other",
    );
}

#[test]
fn what_a_library_may_provide_is_known_by_the_first_part_of_a_name() {
    let index = index(&[], "Servo.h");
    assert!(["Servo.h", "sub/deep.h", "./x.h", "../x.h"].iter().all(|name| index.may_provide(name)));
    assert!(!["Other.h", "subdir/deep.h", "/usr/x.h"].iter().any(|name| index.may_provide(name)));
    assert!(index.resolve("sub/deep.h").is_none());
}
