use std::collections::HashMap;

use super::*;

fn plain(text: &str) -> Option<Plain> {
    Plain::of(&[SketchFile { path: "/S.ino".into(), text: text.as_bytes().into() }])
}

fn texts(text: &str) -> Vec<String> {
    let plain = plain(text).unwrap_or_else(|| panic!("not plain: {text}"));
    let list = plain.prototypes.list.into_iter();
    list.map(|prototype| format!("{}|{}|{}", prototype.line, prototype.modifiers, prototype.text)).collect()
}

#[test]
fn plain_sketches_have_the_prototypes_of_ctags() {
    let text = "// a comment, with \u{b0}\r\n#include <Servo.h>  // one\n#define PIN 3\n\nconst int table[] = {1, 2 << 3, 'a'}, x = 1 ? 2 : 3;\n\
                Servo servo(1, 2);\nvoid setup() {\n  if (a < b) { f(\"}\"); }\n}\n\nvoid loop()\n{\n}\n\
                static unsigned  long f( const char *a,int b[4] ) { return 1; }\nString & g (void) {}\n";
    assert_eq!(
        texts(text),
        [
            "7||void setup();",
            "11||void loop();",
            "14|static|unsigned long f( const char *a,int b[4] );",
            "15||String& g(void);"
        ]
    );
    assert_eq!(plain(text).unwrap().prototypes.line, 7);
}

#[test]
fn names_are_told_apart_by_place() {
    let found = plain("int a = B;\nvoid setup() { c(D); }\nvoid loop() {\n  e();\n}\n").unwrap().names;
    let names = |set: &std::collections::BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(names(&found.outer), "B a int");
    assert_eq!(names(&found.heads), "D c loop setup void");
    assert_eq!(names(&found.inner), "D c e");
}

#[test]
fn whatever_could_be_read_in_two_ways_is_not_plain() {
    let with = |line: &str| format!("{line}\nvoid setup() {{}}\nvoid loop() {{}}\n");
    assert!(plain(&with("int a;")).is_some());
    for line in [
        "#if X\n#endif",
        "#define A \\\n 1",
        "#define A \"",
        "#pragma once",
        "#include MACRO",
        "#line 3",
        "const char *a = R\"(x)\";",
        "int a = 1'000;",
        "char a = 'abcdefgh';",
        "const char *a = \"open;",
        "int a <: 3 :>;",
        "int a = b ??' c;",
        "int a; \u{c}",
        "int a;\r int b;",
        "/* open",
        "/*\n# 1 \"x\" */",
        "// ends with \\ ",
        "int \u{e4};",
        "struct S { int a; };",
        "enum E { A };",
        "typedef int T;",
        "template <class T> T f(T a) { return a; }",
        "namespace n {}",
        "using namespace std;",
        "extern int a;",
        "// extern \"C\"",
        "vector<int> a;",
        "int a{1};",
        "A::B c;",
        "MACRO(x) void f() {}",
        "ISR(TIMER) {}",
        "f() {}",
        "auto f() {}",
        "inline int f() {}",
        "int f(int a = 1) {}",
        "int f(int (*a)(int)) {}",
        "int f(vector<int> a) {}",
        "int f(int a) noexcept {}",
        "int f(int a) const {}",
        "int f(int /* b */ a) {}",
        "int f(int a,\n  int b) {}",
        "int\nf() {}",
        "A B f() {}",
        "A const f() {}",
        "char *const f() {}",
        "int f() {}\nint f() {}",
        "Timer t(loop);",
        "void f() { g(&loop); }",
        "void f() { g(loop); } // x",
        "void f() { // (loop)",
        "void f() { // a\tclass: A",
        "template_t f() {}",
        "int a; // (loop)",
        "#define A 1 // (loop)",
        "void f() {} // static ",
        "int a[] = {\n  1, // &loop\n};",
        "int looping, *a = &looping;",
        "}",
        "void f() {",
        "void f() {\n#include \"x.h\"\n}",
    ] {
        assert!(plain(&with(line)).is_none(), "{line}");
    }
    assert!(plain("int a;\n").is_none(), "without a function the place of prototypes is another one");
}

/// Macros by name, and predefined ones.
struct Known(HashMap<&'static str, &'static str>);

impl Macros for Known {
    fn bodies(&self, name: &str) -> Vec<String> {
        self.0.get(name).map(|body| (*body).to_owned()).into_iter().collect()
    }

    fn is_predefined(&self, name: &str) -> bool {
        name == "unix"
    }
}

#[test]
fn macros_are_in_the_way_where_they_could_change_functions() {
    let names = plain("int a = OUTER;\nTYPE setup() {\n  INNER(x);\n}\n").unwrap().names;
    let obstacle = |macros: &[(&'static str, &'static str)]| {
        names.obstacle(&Known(macros.iter().copied().collect())).map(str::to_owned)
    };
    assert_eq!(obstacle(&[]), None);
    assert_eq!(obstacle(&[("TYPE", "int")]).as_deref(), Some("TYPE"));
    for fine in ["3", "(1 << 3)", "x + \"a\"", "__attribute__((progmem))"] {
        assert_eq!(obstacle(&[("OUTER", fine), ("INNER", fine)]), None, "{fine}");
    }
    for bad in ["{1}", "1; void f()", "a < b", "a##b", "NEXT"] {
        assert_eq!(obstacle(&[("OUTER", bad), ("NEXT", "}")]).as_deref(), Some("OUTER"), "{bad}");
    }
    assert_eq!(obstacle(&[("INNER", "do { x; } while (0)")]), None);
    for bad in ["} void f() {", "{", "\"{", "SELF }", "'"] {
        assert_eq!(obstacle(&[("INNER", bad)]).as_deref(), Some("INNER"), "{bad}");
    }
    for bad in ["&setup", "(setup)", "&x"] {
        assert_eq!(obstacle(&[("OUTER", bad)]).as_deref(), Some("OUTER"), "{bad}");
    }
    assert_eq!(obstacle(&[("INNER", "INNER x")]), None, "a macro is not expanded within itself");
    let names = plain("unix setup() {}\n").unwrap().names;
    assert_eq!(names.obstacle(&Known(HashMap::new())), Some("unix"));
}
