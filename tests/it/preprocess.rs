//! From `.ino` files to what the compiler sees: merging, prototypes, and the lines that diagnostics
//! name, on the real compiler.

use crate::failures_core::{EMPTY, matrix, workspace};
use crate::support::{Verdict, Workspace};

fn project() -> Workspace {
    workspace().file("m.yml", matrix("sketches: [S]\n"))
}

#[track_caller]
fn builds(workspace: &Workspace) {
    let run = workspace.run(["run", "m.yml"]).assert_exit(0);
    assert_eq!(run.reports().junit().case("uno", "S").verdict, Verdict::Passed);
}

#[track_caller]
fn sketch_builds(text: &str) {
    builds(&project().sketch("S", text));
}

/// The places of all errors that the compiler tells, as `FILE:LINE`.
fn errors(workspace: &Workspace) -> Vec<String> {
    let run = workspace.run(["run", "m.yml"]).assert_exit(1);
    let verdict = run.reports().junit().case("uno", "S").verdict.clone();
    let Verdict::Failure { body, .. } = verdict else { panic!("{verdict:?}") };
    body.lines()
        .filter(|line| line.contains(": error: "))
        .map(|line| {
            let mut parts = line.split(':');
            let file = parts.next().unwrap().rsplit('/').next().unwrap();
            format!("{file}:{}", parts.next().unwrap())
        })
        .collect()
}

#[test]
fn functions_are_known_before_they_are_written() {
    sketch_builds(
        "void setup() { one(); two(1, 2); three(\"x\"); four(); five(6); }\n\
         void loop() {}\n\
         void one() {}\n\
         int two(int a, int b) { return a + b; }\n\
         const char *three(const char *text) { return text; }\n\
         unsigned long int four(void) { return 4; }\n\
         long five(long value)\n{\n  return value;\n}\n",
    );
}

#[test]
fn types_of_the_sketch_can_be_parameters() {
    sketch_builds(
        "struct Point { int x, y; };\nenum Mode { OFF, ON };\ntypedef int (*Callback)(int);\n\
         void setup() { Point p = {1, 2}; show(p); set(ON); call(twice); }\nvoid loop() {}\n\
         void show(const Point &point) { (void)point; }\nvoid set(Mode mode) { (void)mode; }\n\
         int call(Callback callback) { return callback(2); }\nint twice(int value) { return 2 * value; }\n",
    );
}

#[test]
fn what_is_no_function_gets_no_prototype() {
    sketch_builds(
        "#include <avr/interrupt.h>\n#define MAKE(name) void name() {}\n\
         class Led {\n public:\n  Led(int pin) : pin(pin) {}\n  void on();\n  int operator()(int x) { return x; }\n private:\n  int pin;\n};\n\
         void Led::on() { pin++; }\nnamespace inner { void hidden() {} }\nMAKE(made)\n\
         volatile int ticks;\nISR(TIMER1_OVF_vect) { ticks++; }\n\
         const char *text = \"void fake() {\";\nconst char *raw = R\"x(\nvoid faker() {\n)x\";\n\
         auto lambda = [](int a) { return a; };\nint table[] = {1, 2};\n\
         void setup() { Led led(13); led.on(); inner::hidden(); made(); lambda(1); later(table[0]); }\nvoid loop() {}\n\
         void later(int value) { (void)value; }\n",
    );
}

#[test]
fn default_arguments_stay_where_they_are() {
    sketch_builds(
        "void blink(int times = 3, int pause = 10) { (void)times; (void)pause; }\nvoid setup() { blink(); }\nvoid loop() { blink(1); }\n",
    );
}

#[test]
fn functions_on_a_condition_are_declared_on_it() {
    sketch_builds(
        "void setup() {\n#ifdef NEVER\n  never();\n#endif\n  always();\n}\nvoid loop() {}\n\
         #ifdef NEVER\nvoid never(Unknown x) {}\n#else\nvoid always() {}\n#endif\n",
    );
}

#[test]
fn tabs_follow_the_main_file_by_name() {
    // Each tab uses what stands before it: a variable has no prototype.
    let workspace = project()
        .sketch("S", "int from_main = 1;\nvoid setup() { last(); }\nvoid loop() {}\n")
        .file("S/b.ino", "int from_b = from_a + 1;\n")
        .file("S/a.ino", "int from_a = from_main + 1;\n")
        .file("S/c.ino", "void last() { from_b++; }\n");
    builds(&workspace);
}

#[test]
fn diagnostics_name_the_tab_and_its_line() {
    let workspace = project()
        .sketch("S", "// One.\nvoid setup() { helper(); }\n\nvoid loop() { wrong_main(); }\n")
        .file("S/a.ino", "void helper() {\n  wrong_a();\n}\n")
        .file("S/b.ino", "\n\n\nint b = wrong_b;");
    assert_eq!(errors(&workspace), ["S.ino:4", "a.ino:2", "b.ino:4"]);
}

#[test]
fn lines_are_right_whatever_the_line_ends_are() {
    for (end, name) in [("\r\n", "CRLF"), ("\n", "LF")] {
        let text = [
            "void setup() { later(); }",
            "/* a",
            " comment */",
            "void loop() { wrong(); }",
            "void later() {}",
        ]
        .join(end);
        assert_eq!(errors(&project().sketch("S", &text)), ["S.ino:4"], "{name}");
    }
    // A byte order mark, and no line end behind the last line.
    let marked = "\u{feff}void setup() {}\nvoid loop() { wrong(); }";
    assert_eq!(errors(&project().sketch("S", marked)), ["S.ino:2"]);
}

#[test]
fn umlauts_and_odd_bytes_pass_through() {
    sketch_builds(
        "// grüße 你好\nconst char *text = \"äöü\";\nvoid setup() { later(); }\nvoid loop() {}\nvoid later() {}\n",
    );
    let mut latin = b"// gr\xfc\xdfe\nvoid setup() { later(); }\nvoid loop() {}\nvoid later() {}\n".to_vec();
    latin.extend(b"const char *text = \"\xe4\";\n");
    builds(&project().file("S/S.ino", latin));
}

#[test]
fn a_sketch_may_include_arduino_h_itself() {
    sketch_builds(&format!("#include <Arduino.h>\n{EMPTY}"));
    sketch_builds(&format!("#include \"Arduino.h\"\n{EMPTY}"));
}

#[test]
fn other_sources_are_compiled_flat_and_src_below_it_all() {
    let workspace = project()
        .sketch("S", "#include \"local.h\"\n#include \"src/deep/deep.h\"\nvoid setup() { local(); deep(); helper(); assembled(); }\nvoid loop() {}\n")
        .file("S/local.h", "void local();\nextern \"C\" void helper(void);\nextern \"C\" void assembled(void);\n")
        .file("S/local.cpp", "#include \"local.h\"\nvoid local() {}\n")
        .file("S/helper.c", "void helper(void) {}\n")
        .file("S/assembled.S", ".global assembled\nassembled: ret\n")
        .file("S/src/deep/deep.h", "void deep();\n")
        .file("S/src/deep/deep.cpp", "#include \"deep.h\"\nvoid deep() {}\n")
        .file("S/other/never.cpp", "#error not part of it\n")
        .file("S/data/never.c", "#error not part of it\n");
    builds(&workspace);
}

#[test]
fn an_error_in_another_source_names_it() {
    let workspace = project().sketch("S", EMPTY).file("S/src/part.cpp", "\nint part() { return wrong; }\n");
    assert_eq!(errors(&workspace), ["part.cpp:2"]);
}

#[test]
fn a_sketch_without_loop_fails_at_the_link_and_says_so() {
    let run = project().sketch("S", "void setup() {}\n").run(["run", "m.yml"]).assert_exit(1);
    let verdict = run.reports().junit().case("uno", "S").verdict.clone();
    assert!(
        matches!(&verdict, Verdict::Failure { message, .. } if message.contains("undefined reference to `loop()'")),
        "{verdict:?}"
    );
}
