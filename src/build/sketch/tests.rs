//! Sketches in, C++ out.

use std::collections::HashMap;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn files(sources: &[(&str, &str)]) -> Vec<SketchFile> {
    sources
        .iter()
        .map(|(path, text)| SketchFile { path: path.into(), text: text.as_bytes().to_vec() })
        .collect()
}

fn cpp(sources: &[(&str, &str)]) -> String {
    String::from_utf8(preprocess(&files(sources))).unwrap()
}

/// The prototypes of a sketch of one file, a line each: `LINE: TEXT [DIRECTIVES]`, where LINE is what they go before.
fn places(source: &str) -> String {
    let merged = merge(&files(&[("s.ino", source)]));
    let mut out = String::new();
    for prototype in prototypes(&merged) {
        let line = merged.locate(prototype.at).unwrap().1;
        write!(out, "{line}: {}", String::from_utf8_lossy(&prototype.text)).unwrap();
        for directive in prototype.conditions.iter().flatten() {
            write!(out, " [{}]", String::from_utf8_lossy(directive)).unwrap();
        }
        out.push('\n');
    }
    out
}

#[test]
fn all_prototypes_go_before_the_first_function() {
    insta::assert_snapshot!(cpp(&[
        ("/s/main.ino", "#include <SPI.h>\nint led = 13; // }\n\nvoid setup() { blink(led); }\nvoid loop() {}\n"),
        ("/s/tab.ino", "#include <Wire.h>\n\nstatic void blink(int pin)\n{\n}"),
    ]), @r#"
    #include <Arduino.h>
    #line 1 "/s/main.ino"
    #include <SPI.h>
    int led = 13; // }

    #line 4 "/s/main.ino"
    void setup();
    #line 5 "/s/main.ino"
    void loop();
    #line 3 "/s/tab.ino"
    static void blink(int pin);
    #line 4 "/s/main.ino"
    void setup() { blink(led); }
    void loop() {}

    #line 1 "/s/tab.ino"
    #include <Wire.h>

    static void blink(int pin)
    {
    }
    "#);
}

#[test]
fn a_sketch_without_functions_stays_as_it_is() {
    assert_eq!(cpp(&[("a", "int x;")]), "#include <Arduino.h>\n#line 1 \"a\"\nint x;\n");
    assert_eq!(cpp(&[]), "#include <Arduino.h>\n");
}

#[test]
fn code_that_is_no_function_gets_none() {
    assert_eq!(
        places(
            "/* void a() {} */ // void b() {}
            const char c[] = R\"x(void d() {})x\", *e = \"void f() {}\";
            namespace n { void g() {} } class H { void i() {} }; void H::j() {}
            auto k = [](int l) { return l; }; void (*m)(int) = nullptr;
            #define N void o() {}
            #if 0
            void p() {}
            #endif"
        ),
        ""
    );
}

#[test]
fn what_the_user_declares_is_left_alone() {
    let declared = "void a(int); int b(int x, int y = 2); extern \"C\" void c(); void d(void);\n";
    let defined =
        "void setup() {}\nvoid a(int x) {}\nint b(int x, int y) { return 0; }\nvoid c() {}\nvoid d() {}\n";
    assert_eq!(places(&[declared, defined].concat()), "2: void setup();\n");
    // Another overload is another function.
    assert_eq!(places("void a(int);\nvoid a(char *x) {}\nvoid a(int x) {}"), "2: void a(char *x);\n");
    // Under a condition that does not hold, it isn't declared.
    assert_eq!(places("#ifdef X\nvoid a();\n#endif\nvoid a() {}"), "4: void a();\n");
}

#[test]
fn types_of_the_sketch_come_before_the_prototypes_that_need_them() {
    insta::assert_snapshot!(places(
        "void setup() { a(); }
        struct S { int x; };
        enum E { X, Y };
        const int N = 4;
        void loop() { S s; b(s); }
        void a() {}
        void b(S &s) {}
        void c(E e, char (&x)[N]) {}
        typedef S T;
        T d() { return T(); }
        void e(struct S *s) {}"
    ), @r"
    1: void setup();
    1: void loop();
    1: void a();
    1: void e(struct S *s);
    5: void b(S &s);
    5: void c(E e, char (&x)[N]);
    ");
}

#[test]
fn a_type_that_is_used_before_the_sketch_declares_it_is_known_from_a_header() {
    let source =
        "void setup() { Config *c = get(); }\nstruct Config { int x; };\nConfig *get() { return 0; }";
    assert_eq!(places(source), "1: void setup();\n1: Config *get();\n");
}

#[test]
fn variables_that_name_functions_come_after_their_prototypes() {
    insta::assert_snapshot!(places(
        "class Tick { public: Tick(void (*f)()); };
        Tick t(&blink), u(other);
        class Led { public: void update() { go(); } void go(); };
        void setup() {}
        void blink() {}
        void other() {}
        void update(Led &l) { l.update(); }"
    ), @r"
    2: void blink();
    2: void other();
    4: void setup();
    4: void blink();
    4: void other();
    4: void update(Led &l);
    ");
}

#[test]
fn prototypes_take_their_conditions_along() {
    insta::assert_snapshot!(places(
        "void setup() {}
        #if defined(A) && \\
            B // why
        void a() {}
        #elif C
        # ifdef D
        void d() {}
        # else
        void e() {}
        # endif
        #else
        void f() {}
        #endif
        void loop() {}"
    ), @r"
    1: void setup();
    1: void a(); [#if defined(A) && B]
    1: void d(); [#if defined(A) && B] [#elif C] [#ifdef D]
    1: void e(); [#if defined(A) && B] [#elif C] [#ifdef D] [#else]
    1: void f(); [#if defined(A) && B] [#elif C] [#else]
    1: void loop();
    ");
}

#[test]
fn before_the_first_function_whichever_that_is() {
    insta::assert_snapshot!(places(
        "#ifdef ESP32
        void a(Esp e) { helper(); }
        void b() {}
        #endif
        struct T {};
        #ifdef AVR
        void c(T t) {}
        #else
        void d(T t) {}
        #endif
        void helper() {}
        void setup() {}"
    ), @r"
    2: void a(Esp e);
    2: void b();
    2: void helper();
    2: void setup();
    7: void helper();
    7: void setup();
    9: void helper();
    9: void setup();
    11: void helper();
    11: void setup();
    ");
}

#[test]
fn conditions_that_change_on_the_way() {
    // DEBUG is not yet defined before setup: the condition can't go there, a harmless prototype can.
    let source =
        |function: &str| format!("void setup() {{ a(); }}\n#define DEBUG 1\n#if DEBUG\n{function}\n#endif\n");
    assert_eq!(places(&source("void a() {}")), "1: void setup();\n1: void a();\n");
    assert_eq!(places(&source("void a(Widget *w) {}")), "1: void setup();\n4: void a(Widget *w);\n");
    // Nobody calls it before.
    assert_eq!(places(&source("void b() {}")), "1: void setup();\n4: void b();\n");
    // A header may define it.
    let included = "void setup() { a(); b(); }\n#include \"c.h\"\n#ifdef C\nvoid a(String s) {}\nvoid b(Widget w) {}\n#endif\n";
    assert_eq!(places(included), "1: void setup();\n1: void a(String s);\n1: void b(Widget w); [#ifdef C]\n");
}

#[test]
fn branches_that_share_a_body_do_not_hide_what_follows() {
    let source =
        "#ifdef A\nvoid a(int x) {\n#else\nvoid a() {\n#endif\n}\nvoid setup() { b(); }\nvoid b() {}\n";
    let expected = "2: void a(int x);\n2: void setup();\n2: void b();\n7: void setup();\n7: void b();\n";
    assert_eq!(places(source), expected);
}

#[test]
fn prototypes_keep_clear_of_what_belongs_to_the_function() {
    assert_eq!(places("SECTION(\"x\")\nvoid a() {}\n"), "1: void a();\n");
    assert_eq!(places("template <class T>\nvoid a(T t) {}\n"), "1: template <class T> void a(T t);\n");
    assert_eq!(places("extern \"C\" {\nint x;\nvoid a() {}\n}\n"), "1: extern \"C\" void a();\n");
    let output = cpp(&[("a", "int x; void a() {}\n")]);
    assert!(
        output.ends_with("\nint x; \n#line 1 \"a\"\nvoid a();\n#line 1 \"a\"\nvoid a() {}\n\n"),
        "{output}"
    );
    let output = cpp(&[("a", "int x; \\\nvoid a() {}\n")]);
    assert!(
        output.ends_with("\nint x; \\\n\n#line 2 \"a\"\nvoid a();\n#line 2 \"a\"\nvoid a() {}\n\n"),
        "{output}"
    );
}

#[test]
fn a_tabs_macros_are_replaced_in_its_prototypes() {
    let output = cpp(&[("a", "void setup() {}\n"), ("b", "#define SIZE 4\nvoid fill(char (&x)[SIZE]) {}\n")]);
    assert!(
        output.contains("#line 2 \"b\"\nvoid fill(char (&x)[4]);\n#line 1 \"a\"\nvoid setup()"),
        "{output}"
    );
}

#[test]
fn broken_code_reaches_the_compiler_under_its_own_name() {
    let broken = "void setup() {\n  int x = ;\n}\nvoid loop( {\n}\n}}}) void f() {}\n";
    let output = cpp(&[("/s/a b\".ino", broken)]);
    let lines = origins(&output);
    assert_eq!(lines[&("/s/a b\\\".ino".to_owned(), 2)], ["  int x = ;"]);
}

#[test]
fn bytes_that_are_no_text_are_kept() {
    let text = b"const char *s = \"\xe9\xff\";\nvoid f\xe9() {}\n".to_vec();
    let output = preprocess(&[SketchFile { path: "a".into(), text }]);
    assert!(output.windows(4).any(|window| window == b"\"\xe9\xff\""));
}

/// What a compiler takes each line of the output for: file and line, and the texts that claim to be it.
fn origins(output: &str) -> HashMap<(String, usize), Vec<&str>> {
    let mut origins: HashMap<_, Vec<_>> = HashMap::new();
    let (mut file, mut line) = (String::new(), 1);
    for text in output.split('\n') {
        if let Some((number, name)) = text.strip_prefix("#line ").and_then(|rest| rest.split_once(" \"")) {
            (file, line) = (name.trim_end_matches('"').to_owned(), number.parse().unwrap());
        } else {
            origins.entry((file.clone(), line)).or_default().push(text);
            line += 1;
        }
    }
    origins
}

/// Whether `line` is some of the pieces one after another: the one line may have been cut where prototypes went in.
fn is_made_of(line: &str, pieces: &[&str]) -> bool {
    line.is_empty()
        || pieces.iter().enumerate().any(|(index, piece)| {
            !piece.is_empty()
                && line.strip_prefix(piece).is_some_and(|rest| is_made_of(rest, &pieces[index + 1..]))
        })
}

/// Text that looks like sketches, whole ones and torn ones.
fn soup() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "void f() {}",
        "int g(int a)",
        "{",
        "}",
        "(",
        ")",
        ";",
        "struct S { int x; };",
        "S h(S s) { return s; }",
        "\n",
        "\n#if A\n",
        "\n#ifdef B\n",
        "\n#else\n",
        "\n#endif\n",
        "\n#if 0\n",
        "\n#define M int\n",
        "\n#include <x.h>\n",
        "\"a\\\"",
        "'",
        "//",
        "/*",
        "*/",
        "R\"(",
        ")\"",
        "\\\n",
        "extern \"C\" {",
        "template <class T> ",
        "namespace n {",
        "M k() { return 0; }",
        "Tick t(&f);",
        "IRAM_ATTR void i() {}",
        "=",
        ",",
        "é",
        "\r\n",
        "#",
        "void l(int a = 1) {}",
        "f();",
        "operator+",
        "::",
        "->",
        "[[",
        "]]",
        "__attribute__((x))",
        "FN(m) {}",
        "\n#define FN(x) void x()\n",
        "<",
        ">",
    ]);
    prop::collection::vec(words, 0..60).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_are_survived(texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..3)) {
        let files: Vec<_> = texts.into_iter().map(|text| SketchFile { path: "a".into(), text }).collect();
        preprocess(&files);
    }

    #[test]
    fn every_line_keeps_its_name_and_number(first in soup(), second in soup()) {
        let output = cpp(&[("a", &first), ("b", &second)]);
        let origins = origins(&output);
        for (file, text) in [("a", &first), ("b", &second)] {
            for (index, line) in text.replace("\r\n", "\n").split('\n').enumerate() {
                let pieces = origins.get(&(file.to_owned(), index + 1)).map_or(&[][..], Vec::as_slice);
                prop_assert!(is_made_of(line, pieces), "{}:{}: {:?} is not made of {:?}\n{}", file, index + 1, line, pieces, output);
            }
        }
    }

    #[test]
    fn without_the_prototypes_it_is_the_merged_source(text in soup()) {
        let merged = merge(&files(&[("a", &text)]));
        let prototypes = prototypes(&merged);
        prop_assert!(prototypes.is_sorted_by_key(|prototype| prototype.at));
        let output = preprocess(&files(&[("a", &text)]));
        let mut rest = output.as_slice();
        let mut copied = 0;
        for end in prototypes.iter().map(|prototype| prototype.at).chain([merged.text.len()]) {
            let part = &merged.text[copied..end];
            let at = rest.windows(part.len().max(1)).position(|window| window == part).filter(|_| !part.is_empty());
            prop_assert!(part.is_empty() || at.is_some());
            rest = &rest[at.map_or(0, |at| at + part.len())..];
            copied = end;
        }
        prop_assert!(rest.is_empty());
    }
}
