//! Which directories are libraries, and how their `library.properties` is read.

use std::os::unix::fs::symlink;

use super::*;

/// Returns a directory with these files.
fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = root.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    root
}

fn loaded(path: &Path) -> Loaded {
    load_root(&Root { path: path.to_owned(), location: Location::User }).unwrap()
}

/// Returns the library with this `library.properties` and a header.
fn library(properties: &str) -> Library {
    let root = tree(&[("L/library.properties", properties), ("L/src/L.h", "")]);
    loaded(root.path()).libraries.remove(0)
}

fn names(loaded: &Loaded) -> Vec<&str> {
    loaded.libraries.iter().map(|library| library.name.as_str()).collect()
}

#[test]
fn a_root_is_a_library_or_a_directory_of_them() {
    let root = tree(&[
        ("libs/Modern/library.properties", "name=A modern one\narchitectures=avr, sam\n"),
        ("libs/Modern/src/Modern.h", ""),
        ("libs/Modern/utility/x.h", ""),
        ("libs/Old/Old.h", ""),
        ("libs/Old/utility/x.h", ""),
        ("libs/.git/x.h", ""),
        ("libs/docs/readme.txt", ""),
        ("libs/group/Nested/library.properties", "name=Nested\n"),
    ]);
    let at = |name: &str| root.path().join(name);
    let found = loaded(&at("libs"));
    assert_eq!(names(&found), ["A modern one", "Old"]);
    assert_eq!(found.refused, []);
    let [modern, old] = &found.libraries[..] else { panic!("two") };
    assert_eq!(modern.layout, Layout::Recursive);
    assert_eq!(modern.architectures, ["avr", "sam"]);
    assert_eq!(old.layout, Layout::Flat { utility: Some(at("libs/Old/utility")) });
    assert!(found.libraries.iter().all(|library| library.location == Location::User));

    let itself = loaded(&at("libs/docs/../Modern"));
    assert_eq!(itself.libraries[0].location, Location::Unmanaged);
    assert_eq!(itself.libraries[0].root, at("libs/Modern"));
    assert_eq!(names(&loaded(&at("libs/docs"))), Vec::<&str>::new());
    let missing = Root { path: at("nowhere"), location: Location::User };
    assert!(matches!(load_root(&missing), Err(LibraryError::Unreadable { .. })));
}

#[test]
fn a_platforms_directory_is_never_itself_a_library() {
    let root = tree(&[("library.properties", "name=Odd\n"), ("L/L.h", "")]);
    let root = Root { path: root.path().to_owned(), location: Location::Platform };
    assert_eq!(names(&load_root(&root).unwrap()), ["L"]);
}

#[test]
fn a_link_counts_by_its_own_name() {
    let root = tree(&[
        ("elsewhere/lib-src-v1/LinkedLib.h", ""),
        ("elsewhere/modern-v2/library.properties", "version=2"),
        ("elsewhere/modern-v2/src/M.h", ""),
    ]);
    std::fs::create_dir(root.path().join("libs")).unwrap();
    symlink("../elsewhere/lib-src-v1", root.path().join("libs/LinkedLib")).unwrap();
    symlink("../elsewhere/modern-v2", root.path().join("libs/Modern")).unwrap();
    let found = loaded(&root.path().join("libs"));
    let names: Vec<_> = found.libraries.iter().map(|it| (it.name.as_str(), it.dir_name.as_str())).collect();
    assert_eq!(names, [("LinkedLib", "LinkedLib"), ("-", "Modern")]);
    assert_eq!(found.libraries[0].source_dir, root.path().join("libs/LinkedLib"));
}

#[test]
fn values_are_read_as_arduino_cli_reads_them() {
    let plain = library("");
    assert_eq!((plain.name.as_str(), plain.dir_name.as_str()), ("-", "L"));
    assert_eq!(plain.architectures, ["*"]);
    assert_eq!((plain.link.dot_a_linkage, plain.link.precompiled), (false, Precompiled::No));

    assert_eq!(library("name=My Lib\narchitectures=").architectures, ["*"]);
    assert_eq!(library("architectures=avr,").architectures, ["avr", ""]);
    assert_eq!(library("architectures= avr , * ").architectures, ["avr", "*"]);
    assert_eq!(library("architectures=avr\narchitectures=sam").architectures, ["sam"]);

    for (value, expected) in [("true", true), ("True", false), ("yes", false), ("1", false), ("", false)] {
        assert_eq!(library(&format!("dot_a_linkage={value}")).link.dot_a_linkage, expected, "{value}");
    }
    for (value, expected) in [
        ("true", Precompiled::Beside),
        ("full", Precompiled::Instead),
        ("FULL", Precompiled::No),
        ("false", Precompiled::No),
    ] {
        assert_eq!(library(&format!("precompiled={value}")).link.precompiled, expected, "{value}");
    }
}

#[test]
fn an_archive_is_made_of_a_recursive_library_only() {
    let root = tree(&[("L/library.properties", "name=L\ndot_a_linkage=true\n"), ("L/L.h", "")]);
    assert!(!loaded(root.path()).libraries[0].link.dot_a_linkage);
}

#[test]
fn a_file_called_src_leaves_no_headers() {
    let root = tree(&[("L/library.properties", "name=L\n"), ("L/L.h", ""), ("L/src", "")]);
    let library = &loaded(root.path()).libraries[0];
    assert_eq!((&library.layout, library.source_dir.ends_with("src")), (&Layout::Recursive, true));
}

#[test]
fn a_library_that_arduino_cli_does_not_load_is_refused_with_its_reason() {
    let root = tree(&[
        ("Bad/library.properties", "name=Bad\nsecond line\n"),
        ("Bad/src/Bad.h", ""),
        ("Good/library.properties", "name=Good\n"),
        ("Dir/library.properties/x", ""),
        ("Dir/Dir.h", ""),
    ]);
    let found = loaded(root.path());
    assert_eq!(names(&found), ["Good"]);
    let [bad, directory] = &found.refused[..] else { panic!("two: {:?}", found.refused) };
    assert!(bad.to_string().contains("Bad is ignored, as by arduino-cli: line 2 "), "{bad}");
    assert!(directory.reason.contains("can't be read"), "{directory}");
    // It is ignored even where the matrix names it.
    let itself = loaded(&root.path().join("Bad"));
    assert_eq!((itself.libraries.len(), itself.refused.len()), (0, 1));
}

#[test]
fn examples_that_lead_back_to_themselves_make_no_library() {
    let root = tree(&[("L/L.h", ""), ("L/Examples/A/A.ino", ""), ("shared/a/b.txt", "")]);
    let at = |name: &str| root.path().join(name);
    symlink(at("shared"), at("L/Examples/A/shared")).unwrap();
    symlink("nowhere", at("L/Examples/A/dangling")).unwrap();
    assert_eq!(names(&loaded(root.path())), ["L"]);
    symlink("../../..", at("L/Examples/A/library")).unwrap();
    let found = loaded(root.path());
    assert_eq!((found.libraries.len(), found.refused.len()), (0, 1), "{found:?}");
    std::fs::remove_file(at("L/Examples/A/library")).unwrap();
    symlink(".", at("shared/a/again")).unwrap();
    assert_eq!(loaded(root.path()).refused.len(), 1, "a loop elsewhere that a link leads to");
}

#[test]
fn a_directory_arch_is_noted_where_there_are_properties() {
    let root = tree(&[
        ("New/library.properties", "name=New\n"),
        ("New/arch/avr/x.cpp", ""),
        ("Old/Old.h", ""),
        ("Old/arch/x.cpp", ""),
    ]);
    let noted: Vec<bool> =
        loaded(root.path()).libraries.iter().map(|library| library.has_arch_directory).collect();
    assert_eq!(noted, [true, false]);
}
