//! Deliberate violations in made-up crates: each is found, and shown so that it can be fixed.

use super::files::faults;
use super::graph::{Form, Imports, Sources, draw};
use super::root_modules::upward;
use super::structs::too_large;

/// Returns a crate with these files below `src/`.
fn crate_of(files: &[(&str, &str)]) -> Sources {
    files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect()
}

/// Returns the faults within the module `m` of a crate with these files in `src/m/`.
fn faults_in(files: &[(&str, &str)]) -> Vec<String> {
    let mut sources = crate_of(&[("lib.rs", "pub mod m;")]);
    sources.extend(files.iter().map(|(file, text)| (format!("m/{file}"), (*text).to_owned())));
    faults(&Imports::of(&sources), "m")
}

#[test]
fn an_import_against_the_layers_is_found() {
    let sources = crate_of(&[
        ("lib.rs", "mod high; mod low; mod new;"),
        ("high.rs", "use crate::low::Low; pub struct High(Low);"),
        ("low/mod.rs", "mod inner; pub use inner::Low;"),
        ("low/inner.rs", "pub struct Low; fn f() { println!(\"{}\", crate::high::High::NAME); }"),
        ("new.rs", ""),
    ]);
    let imports = Imports::of(&sources);
    let expected = [
        "low must not import from high: src/low/inner.rs imports High",
        "the module new has no place among the layers",
    ];
    assert_eq!(upward(&imports, &[("high", &["low"]), ("low", &[])]), expected);
    let cycle = imports.root_modules().cycle();
    assert_eq!(cycle.as_deref(), Some("high ─(Low)▶ low ─(High)▶ high"));
}

#[test]
fn a_cycle_between_files_is_found_through_their_facade() {
    let facade = ("mod.rs", "mod a; mod b; mod c; pub use a::A; pub use b::B; pub use c::C;");
    let acyclic = [
        facade,
        ("a.rs", "use super::b::B; pub struct A(B);"),
        ("b.rs", "use super::c::C; pub struct B(C);"),
        ("c.rs", "pub struct C;"),
    ];
    assert_eq!(faults_in(&acyclic), Vec::<String>::new());
    let cyclic = [facade, acyclic[1], acyclic[2], ("c.rs", "use super::A; pub struct C(Box<A>);")];
    assert_eq!(
        faults_in(&cyclic),
        [
            "a cycle of imports below src/: m/a.rs ─(B)▶ m/b.rs ─(C)▶ m/c.rs ─(A)▶ m/a.rs",
            "src/m/c.rs: imports A through src/m/mod.rs, the facade of its own module, instead of from src/m/a.rs",
        ]
    );
}

#[test]
fn every_kind_of_path_is_an_import() {
    let facade = "mod a; mod b { pub fn inline() {} } mod c; pub struct Parent;";
    for code in [
        "use super::Parent;",
        "use crate::m::{self, b, Parent as Other};",
        "use super::*;",
        "fn f(_: super::Parent) {}",
        "fn f() { super::b::inline(); }",
        "fn f() { assert!(true, \"{:?}\", super::Parent); }",
        "fn f() { use crate::m::Parent; }",
        "mod deep { fn f() -> super::super::Parent { todo!() } }",
        "#[derive(Serialize)] struct S { #[serde(with = \"super::b::inline\")] field: u8 }",
    ] {
        let faults = faults_in(&[("mod.rs", facade), ("a.rs", code), ("c.rs", "")]);
        assert_eq!(faults, Vec::<String>::new(), "the parent imports nothing: {code}");
        let facade = format!("{facade} use a::A; use c::f;");
        let faults =
            faults_in(&[("mod.rs", &facade), ("a.rs", &format!("{code} pub struct A;")), ("c.rs", "")]);
        assert_eq!(faults.len(), 1, "{code}");
        assert!(faults[0].contains("m/a.rs") && faults[0].contains("▶ m/mod.rs"), "{code}: {}", faults[0]);
    }
}

#[test]
fn tests_and_other_crates_are_no_imports() {
    let files = [
        ("mod.rs", "mod a; use a::A; pub struct Parent; #[cfg(test)] mod tests;"),
        (
            "a.rs",
            "use other::super_thing::Parent; pub struct A; #[cfg(all(test, unix))] mod tests { use crate::m::Parent; } \
             // super::Parent\n const TEXT: &str = \"super::Parent\";",
        ),
        ("tests.rs", "use super::a::A; use super::Parent;"),
    ];
    assert_eq!(faults_in(&files), Vec::<String>::new());
}

#[test]
fn a_large_struct_is_found() {
    let fields = |count: usize| (0..count).map(|at| format!("f{at}: u8")).collect::<Vec<_>>().join(", ");
    let text =
        format!("mod inner {{ pub struct Large {{ {} }} }} struct Small {{ {} }}", fields(4), fields(3));
    assert_eq!(too_large(&crate_of(&[("a.rs", &text)]), 3), [("a.rs: Large".to_owned(), 4)]);
}

#[test]
fn a_drawing_has_layers_and_shows_a_cycle() {
    let sources = crate_of(&[
        ("lib.rs", "mod a; mod b; mod c; mod leaf;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::c::C; use crate::leaf::Leaf; pub struct B;"),
        ("c.rs", "use crate::b::B; pub struct C;"),
        ("leaf.rs", "pub struct Leaf;"),
    ]);
    let graph = Imports::of(&sources).root_modules();
    let expected = "  3  a    ─▶ b\n  2  b    ─▶ c (cycle), leaf\n     c    ─▶ b (cycle)\n  1  leaf\n\n\
                    a cycle: b ─(C)▶ c ─(B)▶ b\n";
    assert_eq!(draw(&graph, Form::Text), expected);
    let dot = draw(&graph, Form::Dot);
    assert!(dot.starts_with("digraph modules {") && dot.contains("\"a\" -> \"b\";"), "{dot}");
}
