//! Tests which owner a symbol gets, or that it gets none. Reading of real objects is tested in `tests/it/symbols.rs`.

use super::definitions::{Definitions, Found};
use super::demangle::{demangled, scopes, stem};
use super::*;

fn library() -> Owner {
    Owner::Library("Servo".to_owned())
}

fn defined(found: &[(&Owner, Found<'_>)]) -> Definitions {
    let mut definitions = Definitions::default();
    for (owner, found) in found {
        definitions.note(owner, *found);
    }
    definitions
}

#[test]
fn the_linker_takes_the_strong_definition_and_else_the_first() {
    let strong = |name| Found::Global { name, is_strong: true };
    let weak = |name| Found::Global { name, is_strong: false };
    let definitions = defined(&[
        (&Owner::Sketch, weak("yield")),
        (&library(), weak("_ZN5ArrayIiLi4EE3getEv")),
        (&Owner::Core, strong("yield")),
        (&Owner::Core, weak("_ZN5ArrayIiLi4EE3getEv")),
    ]);
    let owner = |raw| definitions.owner_of(raw, false, None);
    assert_eq!(owner("yield"), &Owner::Core);
    assert_eq!(owner("_ZN5ArrayIiLi4EE3getEv"), &library());
    assert_eq!(owner("memcpy"), &Owner::Other);
    // A static function of the same name is not visible to other objects.
    let mut definitions = definitions;
    definitions.note(&library(), Found::Local { name: "yield", file: Some("Servo.cpp") });
    assert_eq!(definitions.owner_of("yield", false, None), &Owner::Core);
    assert_eq!(definitions.owner_of("yield", true, Some("Servo.cpp")), &library());
    assert_eq!(definitions.owner_of("yield", true, None), &Owner::Unknown);
}

#[test]
fn what_optimisation_makes_local_and_clones_is_known_by_its_name() {
    let definitions = defined(&[(&Owner::Core, Found::Global { name: "yield", is_strong: true })]);
    for raw in ["yield", "yield.constprop.3", "yield.lto_priv.12"] {
        assert_eq!(definitions.owner_of(raw, true, None), &Owner::Core, "{raw}");
    }
}

#[test]
fn what_is_static_belongs_to_its_source() {
    let local = |name, file| Found::Local { name, file: Some(file) };
    let definitions = defined(&[
        (&Owner::Sketch, local("count", "Blink.ino.cpp")),
        (&library(), local("count", "Servo.cpp")),
        (&library(), local("table", "Servo.cpp")),
        (&Owner::Core, local("main_only", "main.cpp")),
    ]);
    let owner = |raw, file| definitions.owner_of(raw, true, file);
    assert_eq!(owner("count", Some("Blink.ino.cpp")), &Owner::Sketch);
    assert_eq!(owner("count", Some("Servo.cpp")), &library());
    // Another source of that name belongs to the toolchain.
    assert_eq!(owner("count", Some("malloc.c")), &Owner::Other);
    // Without a source, a single owner is certain; one of two is not.
    assert_eq!(owner("table", None), &library());
    assert_eq!(owner("count", None), &Owner::Unknown);
    assert_eq!(owner("nobody_knows", None), &Owner::Unknown);
    assert_eq!(owner("main_only.lto_priv.0", None), &Owner::Core);
}

#[test]
fn a_variable_of_a_function_belongs_to_whom_the_function_does() {
    let global = |name| Found::Global { name, is_strong: true };
    let definitions =
        defined(&[(&Owner::Sketch, global("setup")), (&library(), global("_ZN5Servo6attachEi"))]);
    // `setup()` is C, `Servo::attach(int)` C++.
    for (raw, expected) in [
        ("_ZZ5setupE3__c", Owner::Sketch),
        ("_ZZ5setupE3__c_0", Owner::Sketch),
        ("_ZZN5Servo6attachEiE5count", library()),
    ] {
        assert_eq!(definitions.owner_of(raw, true, None), &expected, "{raw}: {}", demangled(raw));
    }
    assert_eq!(definitions.owner_of("_ZZ4loopE3__c", true, None), &Owner::Unknown);
}

#[test]
fn names_are_taken_apart() {
    assert_eq!(demangled("_ZN14HardwareSerial5writeEh"), "HardwareSerial::write(unsigned char)");
    assert_eq!(demangled("_ZN5Print5printEi.constprop.17"), "Print::print(int) [clone .constprop.17]");
    assert_eq!(demangled("main"), "main");
    assert_eq!(demangled("_Zonk"), "_Zonk");
    let of = |raw| scopes(raw).collect::<Vec<_>>();
    assert_eq!(of("_ZZ5setupE3__c"), ["_Z5setup", "setup"]);
    assert_eq!(of("_ZGVZ3fooiE5count"), ["_Z3fooi"]);
    assert_eq!(of("_ZZN5Servo6attachEiE5count"), ["_ZN5Servo6attachEi", "_ZN5Servo6attach"]);
    assert_eq!(of("_ZN5Servo6attachEi"), Vec::<String>::new());
    assert_eq!([stem("a.constprop.0"), stem("a"), stem(".L12"), stem("")], ["a", "a", ".L12", ""]);
}

#[test]
fn owners_are_read_as_they_are_written() {
    let owners = [Owner::Sketch, library(), Owner::Core, Owner::Variant, Owner::Other, Owner::Unknown];
    for owner in owners {
        let word = String::from(owner.clone());
        assert_eq!(Owner::from(word.clone()), owner, "{word}");
    }
    assert_eq!(Owner::from("of a later version".to_owned()), Owner::Unknown);
}
