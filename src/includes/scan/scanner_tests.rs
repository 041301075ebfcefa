//! Every rule of the scanner, each with a text whose result is different without the rule.

use proptest::prelude::*;

use super::super::definitions::definitions;
use super::super::model::Form;
use super::super::words::TIMES;
use super::*;

/// Returns the includes of a text: `name` for `"name"`, `<name>` for `<name>`, `?text` for a computed include. A prefix
/// `!` marks one that is always reached, a directive one that is no plain include.
fn names(text: &[u8]) -> Vec<String> {
    let scan = scan(text);
    scan.includes
        .iter()
        .map(|include| {
            let name = match include.form {
                Some(Form::Quote) => include.name.clone(),
                Some(Form::Angle) => format!("<{}>", include.name),
                None => format!("?{}", include.name),
            };
            let always = if include.condition == Condition::Always { "!" } else { "" };
            match include.directive {
                Directive::Include => format!("{always}{name}"),
                other => format!("{} {always}{name}", format!("{other:?}").to_lowercase()),
            }
        })
        .collect()
}

fn found(text: impl AsRef<[u8]>) -> String {
    names(text.as_ref()).join(" ")
}

#[test]
fn includes_are_read_in_every_spelling() {
    for text in [
        "#include \"a.h\"",
        "  #  include   \"a.h\"  // trailing",
        "\t#\tinclude\t\"a.h\" /* trailing */",
        "#include\"a.h\"",
        "%:include \"a.h\"",
        "%\\\n:include \"a.h\"",
        "/* before */ #include \"a.h\"",
        "/* over\nlines */ #include \"a.h\"",
        "#/* between */include/* and */\"a.h\"",
        "#/* over\nlines */include \"a.h\"",
        "\u{feff}#include \"a.h\"",
        "#import \"a.h\"",
        "#inc\\\nlude \"a.h\"",
        "#include \\\r\n\"a.h\"",
        "#include \"a\\\n.h\"",
        "\\\n#include \"a.h\"",
        "#in\\  \nclude \"a.h\"",
        "int x;\r#include \"a.h\"\rint y;",
        "int x;\r\n#include \"a.h\"\r\n",
        "\0#include \"a.h\"",
        "\x0b\x0c#include \"a.h\"",
        "#include \"a.h\" \\",
        "#include \"a.h\"junk",
        "'\n#include \"a.h\"",
        "\"\n#include \"a.h\"",
    ] {
        assert_eq!(found(text), "!a.h", "{text:?}");
    }
    assert_eq!(found("#include <a/b.h>\n#include <c>"), "!<a/b.h> !<c>");
    assert_eq!(found("#include <a//b.h>\n#include \"c/*d.h\"\n#include \"e.h\""), "!<a//b.h> !c/*d.h !e.h");
    assert_eq!(found("#include \"a\\\" /* no escape\n*/\n#include \"b.h\""), "!a\\ !b.h");
    assert_eq!(found("#include_next <a.h>\n#embed \"b\" limit(4)"), "next !<a.h> embed !b");
    assert_eq!(found("#include MACRO // x\n#include F(x)"), "!?MACRO !?F(x)");
}

#[test]
fn what_is_no_directive_is_none() {
    for text in [
        "// #include \"a.h\"",
        "// over \\\n#include \"a.h\"",
        "// over \\ \t\n#include \"a.h\"",
        "// over \\\r\n#include \"a.h\"",
        "/\\\n/ #include \"a.h\"",
        "/* \n#include \"a.h\"\n*/",
        "/\\\n*\n#include \"a.h\"\n*\\\n/",
        "x #include \"a.h\"",
        "\"text\\\n#include \\\"a.h\\\"\"",
        "#includes \"a.h\"",
        "# \"include\" \"a.h\"",
        "%include \"a.h\"",
        "#include",
        "#include // nothing",
        "#",
        "",
    ] {
        assert_eq!(found(text), "", "{text:?}");
    }
}

#[test]
fn literals_hide_comments_and_comments_hide_literals() {
    for text in [
        "char *s = \"/*\";\n#include \"a.h\"",
        "char *s = \"\\\"/*\";\n#include \"a.h\"",
        "char *s = \"\\\\\"; /* \" */\n#include \"a.h\"",
        "char c = '\"'; /* ' */\n#include \"a.h\"",
        "char c = '\\''; // '\n#include \"a.h\"",
        "// don't \"\n#include \"a.h\"",
        "/* don't \" // */\n#include \"a.h\"",
        "#define Q '\"' /* over\nlines */\n#include \"a.h\"",
        "#define Q '\"' /* over\nlines */ \n#define R \"//\" /*\n*/ #include \"no.h\"\n#include \"a.h\"",
        "#error don't /* this is no comment\n#include \"a.h\"",
        "don't /* this is no comment\n#include \"a.h\"",
        "#define URL \"http://x\"\n#include \"a.h\"",
        "#define S <x/*.h> */\n#include \"a.h\"",
        "int n = 1'000'000; /* ' */\n#include \"a.h\"",
        "#if X > 1'000\n#endif\n#include \"a.h\"",
        "int n = 0'/*';\n#include \"a.h\"",
        "int n = a1'/*';\n#include \"a.h\"",
    ] {
        let found = found(text);
        assert!(found == "!a.h" || found == "a.h", "{text:?}: {found}");
    }
}

#[test]
fn raw_strings_are_passed_over() {
    for prefix in ["R", "LR", "uR", "UR", "u8R"] {
        let text = format!("x = {prefix}\"d(\" /* )\" )d\";\n#include \"a.h\"\n");
        // As an unterminated string or comment it would hide the following text.
        assert_eq!(found(text), "a.h", "{prefix}");
    }
    assert_eq!(found("x = R\"(\\)\"; \n#include \"a.h\""), "!a.h");
    assert_eq!(found("#define X R\"(a\"b/*)\"\n#include \"a.h\""), "a.h");
    // The prefix is the whole word, and the delimiter has no blanks: these are strings.
    assert_eq!(found("x = RED\"(\";\n#include \"a.h\""), "!a.h");
    assert_eq!(found("x = COLOR\"(\";\n#include \"a.h\""), "!a.h");
    assert_eq!(found("x = RR\"(\";\n#include \"a.h\""), "!a.h");
    assert_eq!(found("x = R\"a b(\";\n#include \"a.h\""), "!a.h");
    assert_eq!(found("x = R\"12345678901234567(\";\n#include \"a.h\""), "!a.h");
}

#[test]
fn where_options_decide_both_readings_count() {
    // A raw string in C++, a line of C otherwise.
    assert_eq!(found("x = R\"(\n#include \"a.h\"\n)\";\n#include \"b.h\""), "!b.h a.h");
    assert_eq!(found("x = R\"(\n#include \"a.h\"\n"), "a.h");
    // A number in C++14, a literal up to the end of its line before.
    assert_eq!(found("x = 1'0 /* '\n#include \"a.h\"\n*/\n#include \"b.h\""), "!b.h a.h");
    // Trigraphs, which GNU modes leave alone.
    assert_eq!(found("??=include \"a.h\"\n#include \"b.h\""), "!b.h a.h");
    assert_eq!(found("// what??/\n#include \"a.h\"\n#include \"b.h\""), "a.h !b.h");
    assert_eq!(found("#inc??/\nlude \"a.h\""), "a.h");
}

#[test]
fn questions_are_read_wherever_they_can_stand() {
    assert_eq!(found("#if __has_include(<a.h>)"), "has <a.h>");
    assert_eq!(found("#if __has_include(\"a.h\") && !__has_include ( <b.h> )"), "has a.h has <b.h>");
    assert_eq!(found("#ifdef X\n#elif __has_include(<a//b.h>)\n#endif"), "has <a//b.h>");
    assert_eq!(found("#define HAS __has_include(<a.h>)"), "has <a.h>");
    assert_eq!(found("#if __has_include__(<a.h>)"), "has <a.h>");
    assert_eq!(found("#if __has_include_next(<a.h>)"), "hasnext <a.h>");
    assert_eq!(found("#if __has_include_next__(\"a.h\")"), "hasnext a.h");
    assert_eq!(found("#if __has_embed(\"a\" limit(1))"), "has a");
    assert_eq!(found("#if __has_include(NAME) || 1"), "has ?NAME");
    assert_eq!(found("#if defined(__has_include) && 1"), "");
    assert_eq!(found("#if __has_\\\ninclude(<a.h>)"), "has <a.h>");
    assert_eq!(found("#if __has_include(UNCLOSED"), "has ??");
}

fn guard(text: &str) -> Option<String> {
    scan(text.as_bytes()).guard
}

#[test]
fn include_guards_are_recognised() {
    for text in [
        "#ifndef G\n#define G\n#include \"a.h\"\n#endif",
        "// licence\n#pragma once\n#ifndef G\n#define G 1\n#include \"a.h\"\n#endif // G\n\n/* end */",
        "#if !defined(G)\n#define G\n#include \"a.h\"\n#endif",
        "#if !defined G\n#  define G\n#include \"a.h\"\n#endif /* G */",
        "#if ! defined ( G )\n#define G()\n#include \"a.h\"\n#endif",
        "#ifndef G // why\n#define G // so\n#if X\n#else\n#endif\n#include \"a.h\"\n#endif\n#pragma message(\"x\")",
    ] {
        assert_eq!(guard(text).as_deref(), Some("G"), "{text:?}");
        assert_eq!(found(text), "!a.h", "{text:?}");
    }
}

#[test]
fn what_only_looks_like_a_guard_is_a_condition() {
    for text in [
        "#ifndef G\n#include \"a.h\"\n#endif",
        "#ifndef G\n#define H\n#include \"a.h\"\n#endif",
        "#ifdef G\n#define G\n#include \"a.h\"\n#endif",
        "#ifndef G\n#define G\n#include \"a.h\"\n#else\n#endif",
        "#ifndef G\n#define G\n#include \"a.h\"\n#elif X\n#endif",
        "#ifndef G\n#define G\n#include \"a.h\"\n#endif\nint x;",
        "#ifndef G\n#define G\n#include \"a.h\"\n#endif\n#define X",
        "#ifndef G\n#define G\n#include \"a.h\"\n#endif\n#if X\n#endif",
        "int x;\n#ifndef G\n#define G\n#include \"a.h\"\n#endif",
        "#define X\n#ifndef G\n#define G\n#include \"a.h\"\n#endif",
        "#ifndef G\nint x;\n#define G\n#include \"a.h\"\n#endif",
        "#if !defined(G) && X\n#define G\n#include \"a.h\"\n#endif",
        "#if !definedG\n#define G\n#include \"a.h\"\n#endif",
        "#if 0\n#include \"a.h\"\n#endif",
        "#ifndef G\n#define G\n#if X\n#include \"a.h\"\n#endif\n#endif",
        "#ifndef G\n#define G\n#include \"a.h\"\n",
    ] {
        assert_eq!(found(text), "a.h", "{text:?}");
    }
    assert_eq!(guard("#ifndef G\n#define G\n#endif\n#include \"a.h\""), None);
    assert_eq!(found("#ifndef G\n#define G\n#endif\n#include \"a.h\""), "!a.h");
}

#[test]
fn macros_that_could_be_guards_of_others_are_kept() {
    let flags = |text: &str| scan(text.as_bytes()).flags;
    let text = "#ifndef G\n#define G\n#define A\n#define B 1 // on\n#define C 2\n#define D(x)\n# define E /* */\n#endif";
    assert_eq!(flags(text), ["A", "B", "E"]);
}

#[test]
fn the_assembler_reads_files_too() {
    assert_eq!(found(".incbin \"a.bin\"\n.include\t\"b.inc\""), "embedanywhere a.bin includeanywhere b.inc");
    assert_eq!(found(".INCBIN \"a.bin\", 4, 8"), "embedanywhere a.bin");
    assert_eq!(found("asm(\"\\n.incbin \\\"a.bin\\\"\\n\");"), "embedanywhere a.bin");
    assert_eq!(found("asm(R\"(.incbin \"a.bin\")\");"), "embedanywhere a.bin");
    assert_eq!(found("asm(\".inc\\\nbin \\\"a.bin\\\"\");"), "embedanywhere a.bin");
    let traits = |text: &str| scan(text.as_bytes()).traits;
    for text in [
        ".incbin FILE",
        "asm(\".incbin \\\"\" FILE \"\\\"\\n\");",
        ".macro m f\n.incbin \"\\f\"\n.endm",
        "asm(\".incbin \\\"%0\\\"\");",
        "#define BYTES(file) asm(\".incbin \" #file \"\\n\")",
        "#define BYTES(file) asm(\".incbin \" TEXT(file.bin) \"\\n\")",
        "#define BYTES asm(\".incbin \"FILE\"\\n\")",
        "asm(\".incbin\\t\\\"a.bin\\\"\");",
        ".incbin",
        ".incbin \"unterminated",
    ] {
        assert_eq!(traits(text), [Trait::OpaqueEmbed], "{text:?}");
    }
    for text in ["list.includes(x)", "list.include(x)", ".include_dirs", "x.incbinary", ".included"] {
        assert_eq!((found(text), traits(text)), (String::new(), vec![]), "{text:?}");
    }
}

#[test]
fn what_depends_on_more_than_files_is_said() {
    let traits = |text: &[u8]| scan(text).traits;
    for (name, kind) in TIMES.into_iter().zip([Trait::Date, Trait::Time, Trait::Timestamp]) {
        assert_eq!(traits(format!("x = {name};").as_bytes()), [kind], "{name}");
    }
    assert_eq!(traits(b"x = __DA\\\nTE__;"), [Trait::Date]);
    // ST's headers.
    assert_eq!(traits(b"#define IS(__TIME__) ((__TIME__) <= 15U)\n # define F(a, __TIME__ ) __TIME__\n"), []);
    for text in [
        "#define IS(__TIME__) (__TIME__)\nx = IS(__TIME__);",
        "#define IS (__TIME__)",
        "/*\n#define IS(__TIME__) */ x = __TIME__;",
        "x(\"\\\n#define IS(__TIME__) \", __TIME__)",
        "#define IS(TIME) __TIME__",
        "IS(__TIME__)",
    ] {
        assert_eq!(traits(text.as_bytes()), [Trait::Time], "{text}");
    }
    assert_eq!(traits(b"#define IS(__TIME__) __DATE__ __TIME__"), [Trait::Date]);
    assert_eq!(traits(b"x = __DATE;"), []);
    assert_eq!(traits(b"#pragma GCC dependency \"x\""), [Trait::FileTimes]);
    assert_eq!(traits(b"#include \"a\xff.h\""), [Trait::OddName]);
    assert_eq!(traits(b"#include \"a\0b.h\""), [Trait::OddName]);
    assert_eq!(traits(b"#if __has_include(<a\xff.h>)"), [Trait::OddName]);
    assert_eq!(traits(b"// caf\xe9\n#include \"a.h\""), []);
}

#[test]
fn definitions_are_found_in_every_spelling() {
    let text = "#define H \"a.h\"\n # define H <b.h> // x\n%:define H c /* y */\n#if 0\n/* z */ #de\\\nfine H\\\n d\n#endif\n\
                #define H(x) e\n#define HH f\n// #define H g\n#define H\n??=define H h\n";
    assert_eq!(definitions(text.as_bytes(), "H"), ["", "\"a.h\"", "(x) e", "<b.h>", "c", "d", "h"]);
    assert_eq!(definitions(b"x\r#define H i\rx", "H"), ["i"]);
}

/// Returns pieces of texts: everything that changes the scanner's state, and directives.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "\n",
        "\r",
        "\r\n",
        "\\\n",
        "\\ \n",
        "\\",
        "\"",
        "'",
        "/*",
        "*/",
        "//",
        "/",
        "*",
        "R\"(",
        ")\"",
        "u8R\"x(",
        ")x\"",
        "1'0",
        "??/",
        "??=",
        "#",
        "%:",
        "include",
        "#include \"a.h\"",
        "\n#include <b.h>\n",
        "\n#if X\n",
        "\n#endif\n",
        "#ifndef G\n#define G\n",
        "__has_include(",
        "<",
        ">",
        "(",
        ")",
        "_next",
        ".incbin ",
        "\\\"",
        " ",
        "\0",
        "x",
        "é",
        "#define H ",
        "__TIME__",
    ])
}

/// Returns complete lines that don't change the meaning of others, each with the name that it includes in any file.
fn honest_line() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop::sample::select(vec![
        ("#include \"a.h\"", "a.h"),
        ("  # /* x */ include <b.h> // y", "<b.h>"),
        ("%:include \"c.h\"", "c.h"),
        ("#inc\\\nlude \"d.h\"", "d.h"),
        ("#if X", ""),
        ("#else", ""),
        ("#endif", ""),
        ("#ifndef G", ""),
        ("#define G", ""),
        ("// #include \"no.h\" \" ' /*", ""),
        ("/* #include \"no.h\"\n#include \"no.h\"\n \" ' // */", ""),
        ("char *s = \"/* // ' \\\" \"; // \"", ""),
        ("char c = '\"', d = '\\'', e = '/*';", ""),
        ("don't /* stop", ""),
        ("#error don't \" /* stop", ""),
        ("#define U \"http://x/*\" '\"' \"'\"", ""),
        ("x = R\"(\n\" /* ' )\"; // */", ""),
        ("int n = 1'000;", ""),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_accepted(text in prop::collection::vec(any::<u8>(), 0..200)) {
        scan(&text);
        definitions(&text, "x");
    }

    #[test]
    fn any_pieces_are_accepted_and_a_file_may_be_cut_anywhere(
        pieces in prop::collection::vec(piece(), 0..40), cut in 0..200_usize,
    ) {
        let text = pieces.concat();
        scan(text.as_bytes());
        scan(&text.as_bytes()[..cut.min(text.len())]);
    }

    #[test]
    fn nothing_is_missed_and_nothing_is_made_up(lines in prop::collection::vec(honest_line(), 0..30)) {
        let text: String = lines.iter().flat_map(|(line, _)| [*line, "\n"]).collect();
        let scan = scan(text.as_bytes());
        let expected: Vec<&str> = lines.iter().map(|(_, name)| *name).filter(|name| !name.is_empty()).collect();
        let names: Vec<String> = names(text.as_bytes()).iter().map(|name| name.trim_start_matches('!').to_owned()).collect();
        // A raw string or a separator causes two readings; names found only by the second come last.
        prop_assert_eq!(&names[..expected.len().min(names.len())], &expected[..]);
        prop_assert!(names.len() == expected.len() || text.contains("R\"(") || text.contains("1'000"), "{:?}", names);
        prop_assert!(scan.traits.is_empty());
    }
}

/// Texts for which a scanner that looks back or ahead from each byte takes quadratic time: minutes for a megabyte.
#[test]
fn the_cost_is_linear() {
    for piece in [
        "__has_include(",
        "#if __has_include(<",
        "#include <",
        "\\ ",
        "/*",
        "*/ /",
        "R\"",
        "R\"(",
        "\"",
        "'",
        "#",
        "??/",
        "1'",
        ".incbin \"",
        ".incbin",
        "#  ",
        "(",
        "#define ",
        "\\\n",
        "R\"a(\n#include \"a.h\"\n",
    ] {
        let text = format!("#if {}", piece.repeat((1 << 20) / piece.len()));
        let scan = scan(text.as_bytes());
        assert!(scan.includes.len() <= text.len());
    }
}

/// Returns name and needs of each include: `name:A|B,C`.
fn needs(text: &str) -> String {
    let names = ["A", "B", "C"];
    let spell = |of: &MacroName| *names.iter().find(|name| MacroName::of(name) == *of).unwrap();
    let include = |include: &Include| {
        let list = |list: &Vec<MacroName>| list.iter().map(spell).collect::<Vec<_>>().join("|");
        format!("{}:{}", include.name, include.needs.iter().map(list).collect::<Vec<_>>().join(","))
    };
    scan(text.as_bytes()).includes.iter().map(include).collect::<Vec<_>>().join(" ")
}

#[test]
fn an_include_needs_what_every_condition_around_it_needs() {
    for (text, expected) in [
        ("#include <x>", "x:"),
        ("#ifdef A\n#include <x>\n#endif\n#include <y>", "x:A y:"),
        (
            "#if defined(A) || /* or */ defined \\\n(B)\n#if X && defined C\n#include <x>\n#endif\n#endif",
            "x:A|B,C",
        ),
        ("#ifdef A\n#include <x>\n#elif defined B\n#include <y>\n#else\n#include <z>\n#endif", "x:A y:B z:"),
        ("#ifdef A\n#elifdef B\n#include <x>\n#elifndef C\n#include <y>\n#endif", "x:B y:"),
        ("#ifndef A\n#include <x>\n#else\n#include <y>\n#endif", "x: y:"),
        // A `__has_include` in a condition is evaluated before the condition is known.
        ("#ifdef A\n#if defined B && __has_include(<x>)\n#include <x>\n#endif\n#endif", "x: x:A,B"),
        // Unbalanced directives are an error; after them nothing is certain.
        ("#endif\n#elif defined A\n#include <x>\n#ifdef B\n#endif\n#include <y>", "x: y:"),
        // Whether the line is a directive depends on the reading.
        ("const char *s = R\"(\n#ifdef A\n)\";\n#include <x>\n#ifdef B\n#include <y>\n#endif", "x: y:"),
    ] {
        assert_eq!(needs(text), expected, "{text}");
    }
}

#[test]
fn what_a_file_defines_is_known_in_any_branch() {
    let text = "#ifndef GUARD\n#define GUARD\n#if 0\n# define A 1\n#endif\n#define B(x) x\n#undef C\n#endif";
    let mut expected: Vec<_> = ["GUARD", "A", "B"].map(MacroName::of).into();
    expected.sort_unstable();
    assert_eq!(scan(text.as_bytes()).defines, expected);
}
