use super::code::Sources;
use super::lines::*;
use super::list::*;
use crate::includes::Disk;
use crate::sketch::prototypes::Prototypes;
use std::path::Path;

/// Returns a row of ctags for the file `S.ino` in a temporary directory.
fn row(name: &str, code: &str, fields: &str, file: &str) -> String {
    format!("{name}\t{file}\t/^{code}$/;\"\t{}\n", fields.replace(' ', "\t").replace('~', " "))
}

/// Returns the prototypes of a sketch `text` with these rows: name, code, fields (`~` for a blank).
fn made(text: &str, rows: &[(&str, &str, &str)]) -> Prototypes {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("S.ino");
    std::fs::write(&path, text).unwrap();
    let file = path.to_str().unwrap();
    let output: String = rows.iter().map(|(name, code, fields)| row(name, code, fields, file)).collect();
    let disk = Disk::default();
    prototypes(&output, file, &mut Sources::new(&disk))
}

fn texts(prototypes: &Prototypes) -> Vec<String> {
    prototypes.list.iter().map(|prototype| format!("{} {}", prototype.modifiers, prototype.text)).collect()
}

#[test]
fn functions_of_the_sketch_get_prototypes_and_members_do_not() {
    let found = made(
        "",
        &[
            ("x", "int x;", "kind:variable line:1"),
            ("m", "void m() {}", "kind:function line:2 class:C signature:() returntype:void"),
            ("f", "static int f() {}", "kind:function line:4 signature:() returntype:int"),
            ("g", "void g();", "kind:prototype line:5 signature:() returntype:void"),
            ("g", "void g() {}", "kind:function line:6 signature:() returntype:void"),
            ("f", "int f() {}", "kind:function line:7 signature:() returntype:int"),
        ],
    );
    assert_eq!(texts(&found), ["static int f();"]);
    assert_eq!(found.line, 4);
}

#[test]
fn a_head_that_the_source_does_not_have_gets_none() {
    let fields = "kind:function line:1 signature:(int~a) returntype:void";
    let found = made("void f(int /* x */ a) {\n", &[("f", "void f(int /* x */ a) {", fields)]);
    assert!(found.list.is_empty());
    assert_eq!(found.dropped[0].0, "f");
    assert_eq!(found.line, 1, "it is the first function all the same");
}

#[test]
fn heads_of_several_lines_are_put_together() {
    let text = "int a;\nunsigned long\nf(int a, // first\n  int b)\n{\n";
    let fields = "kind:function line:3 signature:(int~a,~int~b) returntype:unsigned~long";
    let found = made(text, &[("f", "f(int a, \\/\\/ first", fields)]);
    assert_eq!(texts(&found), [" unsigned long f(int a, int b);"]);
    // The index of the line above, as arduino-cli counts.
    assert_eq!(found.line, 1);
}

#[test]
fn templates_keep_their_heads() {
    let fields = "kind:function line:1 signature:(T~a) returntype:template~T";
    let found = made("", &[("f", "template <class T> T f(T a) { return a; }", fields)]);
    assert_eq!(texts(&found), [" template <class T> T f(T a) ;"]);
    let fields = "kind:function line:2 signature:(T~a) returntype:template~T";
    let found = made("template <class T>\nT f(T a) {}\n", &[("f", "T f(T a) {}", fields)]);
    assert_eq!(texts(&found), [" template <class T>T f(T a);"]);
}

#[test]
fn the_place_is_before_an_earlier_use_of_a_function() {
    let function = ("f", "void f() {", "kind:function line:9 signature:() returntype:void");
    let line = |code: &str| made("", &[("t", code, "kind:variable line:3"), function]).line;
    assert_eq!(line("callback t = &f;"), 3);
    assert_eq!(line("Timer t(f);"), 3);
    assert_eq!(line("Timer t( f );"), 9);
    assert_eq!(made("", &[("t", "int t;", "kind:variable line:3")]).line, 0);
}

#[test]
fn extern_c_is_a_modifier_in_the_first_file() {
    let text = "extern \"C\" {\nvoid f() {}\n}\nvoid g() {}\n";
    let found = made(
        text,
        &[
            ("f", "void f() {}", "kind:function line:2 signature:() returntype:void"),
            ("g", "void g() {}", "kind:function line:4 signature:() returntype:void"),
        ],
    );
    assert_eq!(texts(&found), [" extern \"C\" void f();", " void g();"]);
}

#[test]
fn only_lines_of_the_sketch_are_kept() {
    let text = "# 1 \"/s/S.ino.cpp\"\nint a;\n# 1 \"/s/S.ino\"\r\nint b;\n# 1 \"/core/Arduino.h\" 1\nint c;\n# 2 \"/s/S.ino\" 2\nint d;";
    let kept = sketch_lines(text.as_bytes(), |path| path == Path::new("/s/S.ino"));
    assert_eq!(String::from_utf8(kept).unwrap(), "# 1 \"/s/S.ino\"\nint b;\n# 2 \"/s/S.ino\" 2\nint d;\n");
    assert_eq!(line_marker(b"# 1 \"a\\\"b\\\\c\""), Some("a\"b\\c".to_owned()));
    assert_eq!(line_marker(b"#define X \"a\""), None);
    assert_eq!(line_marker(b"# 1 \"a\"b"), None);
}

#[test]
fn thousands_of_functions_take_linear_time() {
    let name = |n: usize| format!("function_{n}");
    let rows: String = (0..20_000)
        .map(|n| {
            row(
                &name(n),
                &format!("void {}() {{", name(n)),
                &format!("kind:function line:{} signature:() returntype:void", n + 1),
                "/S.ino",
            )
        })
        .collect();
    let disk = Disk::default();
    let found = prototypes(&rows, "/S.ino", &mut Sources::new(&disk));
    assert_eq!((found.list.len(), found.line), (20_000, 1));
}
