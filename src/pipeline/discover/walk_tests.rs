//! Tests of the native include walk: the order of missing includes, and their certainty.

use std::fmt::Write as _;

use super::*;
use crate::includes::{Files, SearchPath};

/// A sketch `m.cpp` and its headers: in the directory itself, in `core` (searched) and `sys` (system).
struct World {
    root: tempfile::TempDir,
    macros: MacroDefinitions,
    search: Search,
}

impl World {
    fn new(files: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let directory = |name: &str| vec![Arc::from(root.path().join(name))];
        let path = SearchPath { quote: vec![], include: directory("core"), system: directory("sys") };
        let search = Search::new(Arc::new(Files::default()), path);
        Self { root, macros: MacroDefinitions::new(), search }
    }

    /// Walks; a library offers every header that begins with `L`, and may provide one that begins with `M`.
    fn report(&self, dead: &HashSet<(FileId, usize)>, forced: &[&str]) -> Report {
        let get = |name: &str| self.search.files().get(&self.root.path().join(name)).unwrap();
        let forced: Vec<_> = forced.iter().map(|name| get(name)).collect();
        let meaning = |header: &str| match header.as_bytes().first() {
            Some(b'L') => Meaning::Library,
            Some(b'M') => Meaning::Unknown,
            _ => Meaning::Nothing,
        };
        Walk::new(&self.search, &self.macros, dead, meaning).run(&forced, &self.root.path().join("m.cpp"))
    }

    fn candidates(&self, dead: &HashSet<(FileId, usize)>, forced: &[&str]) -> Vec<Candidate> {
        self.report(dead, forced).candidates
    }

    /// Returns the candidates as text: `!` marks a certain one, `?` a computed include.
    fn walk(&self) -> String {
        text(&self.candidates(&HashSet::new(), &[]))
    }
}

fn text(candidates: &[Candidate]) -> String {
    candidates.iter().fold(String::new(), |mut text, candidate| {
        let certain = if candidate.certain { "!" } else { "" };
        let space = if text.is_empty() { "" } else { " " };
        write!(text, "{space}{certain}{}", candidate.header.as_deref().unwrap_or("?")).unwrap();
        text
    })
}

fn walk(files: &[(&str, &str)]) -> String {
    World::new(files).walk()
}

#[test]
fn the_first_that_is_certain_ends_the_walk() {
    assert_eq!(walk(&[("m.cpp", "#include <L1.h>\n#include <L2.h>")]), "!L1.h");
    assert_eq!(
        walk(&[("m.cpp", "#if X\n#include <L1.h>\n#endif\n#include <L2.h>\n#include <L3.h>")]),
        "L1.h !L2.h"
    );
    assert_eq!(walk(&[("m.cpp", "#if X\n#include <L1.h>\n#endif")]), "L1.h");
    assert_eq!(walk(&[("m.cpp", "int x;")]), "");
    assert_eq!(walk(&[("m.cpp", "#if __has_include(<L1.h>)\n#endif\n#embed <L2.h>")]), "");
}

#[test]
fn includes_are_met_in_the_order_of_the_preprocessor() {
    let files = [
        ("m.cpp", "#include \"a.h\"\n#include <L9.h>"),
        ("a.h", "#if X\n#include <L1.h>\n#endif\n#include \"b.h\"\n#if X\n#include <L3.h>\n#endif"),
        ("b.h", "#if X\n#include <L2.h>\n#endif"),
    ];
    assert_eq!(walk(&files), "L1.h L2.h L3.h !L9.h");
}

#[test]
fn a_header_that_no_library_offers_ends_the_walk_where_it_is_certain() {
    assert_eq!(walk(&[("m.cpp", "#include <gone.h>\n#include <L1.h>")]), "!gone.h");
    assert_eq!(walk(&[("m.cpp", "#if X\n#include <gone.h>\n#endif\n#include <L1.h>")]), "!L1.h");
    let files = [("m.cpp", "#include <a.h>\n#include <L1.h>"), ("core/a.h", "#include <gone.h>")];
    assert_eq!(walk(&files), "!gone.h");
    // A later library may provide the header: it matters whether the include is reached.
    assert_eq!(walk(&[("m.cpp", "#if X\n#include <Maybe/x.h>\n#endif\n#include <L1.h>")]), "Maybe/x.h !L1.h");
}

#[test]
fn behind_a_question_for_a_librarys_header_every_missing_include_counts() {
    let ask = |name: &str| format!("#if __has_include(<{name}>)\n#include <gone.h>\n#endif\n#include <L2.h>");
    let report = |name: &str| {
        let report = World::new(&[("m.cpp", &ask(name))]).report(&HashSet::new(), &[]);
        (text(&report.candidates), report.asks_for_libraries)
    };
    assert_eq!(report("string_view"), ("!L2.h".to_owned(), false));
    assert_eq!(report("L1.h"), ("gone.h !L2.h".to_owned(), true));
    assert_eq!(report("Maybe.h"), ("gone.h !L2.h".to_owned(), true));
    // GCC 5 may skip a header after a failed `__has_include`.
    assert_eq!(report("L2.h"), ("gone.h L2.h".to_owned(), true));
}

#[test]
fn a_name_that_may_be_read_otherwise_is_not_certain() {
    assert_eq!(walk(&[("m.cpp", "#include <L1.h> // <x>\n")]), "!L1.h");
    assert_eq!(walk(&[("m.cpp", "#include <L1.h>//<x>\n")]), "L1.h");
    assert_eq!(walk(&[("m.cpp", "#include <L 1.h>\n")]), "L 1.h");
    assert_eq!(walk(&[("m.cpp", "#include \"L1.h\"")]), "!L1.h");
}

#[test]
fn system_headers_include_no_library() {
    let files = [
        ("m.cpp", "#include <s.h>\n#include <c.h>"),
        ("sys/s.h", "#include <L1.h>"),
        ("core/c.h", "#include <L2.h>"),
    ];
    assert_eq!(walk(&files), "!L2.h");
}

#[test]
fn a_file_that_may_be_read_makes_nothing_certain_and_may_become_certain_later() {
    let a = ("a.h", "#ifndef A\n#define A\n#include <L1.h>\n#endif");
    assert_eq!(walk(&[("m.cpp", "#include \"a.h\""), a]), "!L1.h");
    assert_eq!(walk(&[("m.cpp", "#if X\n#include \"a.h\"\n#endif"), a]), "L1.h");
    assert_eq!(walk(&[("m.cpp", "#if X\n#include \"a.h\"\n#endif\n#include \"a.h\""), a]), "L1.h !L1.h");
    assert_eq!(walk(&[("m.cpp", "#include \"m.cpp\"\n#include <L1.h>")]), "!L1.h", "a cycle ends");
}

#[test]
fn a_guard_that_something_else_may_have_defined_makes_a_file_uncertain() {
    let guarded = |name| (name, "#ifndef G\n#define G\n#include <L1.h>\n#endif");
    assert_eq!(walk(&[("m.cpp", "#include \"a.h\""), guarded("a.h")]), "!L1.h");
    let empty = ("b.h", "#ifndef G\n#define G\n#endif");
    assert_eq!(walk(&[("m.cpp", "#include \"b.h\"\n#include \"a.h\""), guarded("a.h"), empty]), "L1.h");
    let maybe = "#if X\n#include \"b.h\"\n#endif\n#include \"a.h\"";
    assert_eq!(walk(&[("m.cpp", maybe), guarded("a.h"), empty]), "L1.h", "though only perhaps");
    assert_eq!(walk(&[("m.cpp", "#define G\n#include \"a.h\""), guarded("a.h")]), "L1.h");
    assert_eq!(
        walk(&[("m.cpp", "#include \"c.h\"\n#include \"a.h\""), guarded("a.h"), ("c.h", "#define G 1")]),
        "L1.h"
    );
    let mut world = World::new(&[("m.cpp", "#include \"a.h\""), guarded("a.h")]);
    world.macros.insert("G".into(), "1".into());
    assert_eq!(world.walk(), "L1.h", "on the command line");
}

#[test]
fn what_a_macro_names_is_asked_for() {
    assert_eq!(walk(&[("m.cpp", "#include NAME\n#include <L1.h>")]), "? !L1.h");
    assert_eq!(walk(&[("m.cpp", "#include <s.h>"), ("sys/s.h", "#include NAME")]), "");
    assert_eq!(walk(&[("m.cpp", "#if __has_include(NAME)\n#endif")]), "");
}

#[test]
fn of_those_that_include_next_may_mean_none_is_certain() {
    let files = [
        ("m.cpp", "#include <a.h>"),
        ("core/a.h", "#include_next <a.h>\n#include <L2.h>"),
        ("a.h", "#include <L1.h>"),
    ];
    assert_eq!(walk(&files), "!L2.h");
    let files = [("m.cpp", "#include_next \"a.h\"\n#include <L2.h>"), ("core/a.h", "#include <L1.h>")];
    assert_eq!(walk(&files), "L1.h !L2.h");
    // The header may be missing in the directories after the one in which it was found.
    let files = [("m.cpp", "#include <L1.h>"), ("core/L1.h", "#include_next <L1.h>\n#include_next <L3.h>")];
    assert_eq!(walk(&files), "L1.h L3.h");
}

#[test]
fn what_is_known_to_be_dead_is_passed_over() {
    let world = World::new(&[("m.cpp", "#if X\n#include <L1.h>\n#endif\n#if Y\n#include <L2.h>\n#endif")]);
    let first = world.candidates(&HashSet::new(), &[]);
    assert_eq!(text(&first), "L1.h L2.h");
    let dead = HashSet::from([first[0].at]);
    assert_eq!(text(&world.candidates(&dead, &[])), "L2.h");
}

#[test]
fn what_is_included_before_the_source_is_met_first() {
    let world = World::new(&[
        ("m.cpp", "#include <L2.h>"),
        ("f.h", "#if X\n#include <L1.h>\n#endif"),
        ("g.h", "#include <gone.h>"),
    ]);
    assert_eq!(text(&world.candidates(&HashSet::new(), &["f.h"])), "L1.h !L2.h");
    assert_eq!(text(&world.candidates(&HashSet::new(), &["g.h"])), "!gone.h");
}
