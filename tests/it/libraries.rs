//! Which libraries a sketch gets, in which order, and what is compiled of them: Arduino's rules, on
//! libraries of our own.

use std::fs;

use crate::failures_core::{EMPTY, matrix, workspace};
use crate::support::{Finished, Verdict, Workspace, repository};

/// A project with the sketch `s/S`; more than one run of the rules in one test means more than one sketch.
fn project(sketch: &str) -> Workspace {
    workspace().sketch("s/S", sketch).file("m.yml", matrix("libraries: [libs]\nsketches: [\"s/*\"]\n"))
}

/// A library `NAME` in the modern layout, whose function `NAME()` gives `value`, lower case.
fn library(workspace: Workspace, name: &str, value: u8) -> Workspace {
    let function = name.to_lowercase();
    let root = format!("libs/{name}");
    workspace
        .file(&format!("{root}/library.properties"), format!("name={name}\nversion=1.0.0\n"))
        .file(&format!("{root}/src/{name}.h"), format!("#pragma once\nint {function}();\n"))
        .file(
            &format!("{root}/src/{name}.cpp"),
            format!("#include \"{name}.h\"\nint {function}() {{ return {value}; }}\n"),
        )
}

fn build(workspace: &Workspace) -> Finished {
    workspace.run(["run", "m.yml"]).assert_exit(0)
}

/// The libraries whose objects the sketch is linked with, in the order of the link.
fn linked(run: &Finished) -> Vec<String> {
    let cell = run.workspace.path(".fbuild-matrix/cells/uno/s/S");
    let log = fs::read_to_string(cell.join("build.log")).unwrap();
    let link =
        log.lines().find(|line| line.contains(".ino.elf") && line.contains("core/core.a")).expect("a link");
    let mut names: Vec<String> = link
        .split_whitespace()
        .filter_map(|word| Some(word.split_once("/libraries/")?.1.split('/').next()?.to_owned()))
        .collect();
    names.dedup();
    names
}

/// The objects of a library that the sketch is linked with, sorted.
fn objects(run: &Finished, library: &str) -> Vec<String> {
    let directory = run.workspace.path(format!(".fbuild-matrix/cells/uno/s/S/libraries/{library}"));
    let mut found: Vec<String> = walkdir::WalkDir::new(&directory)
        .into_iter()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| entry.path().strip_prefix(&directory).unwrap().display().to_string())
        .collect();
    found.sort();
    found
}

const USES: &str = "volatile int x;\nvoid loop() {}\n";

#[test]
fn libraries_come_in_the_order_of_their_discovery() {
    // The sketch names Beta, then Alpha; Beta's own source needs Gamma, and Gamma's header Delta.
    let text =
        format!("#include <Beta.h>\n#include <Alpha.h>\n{USES}void setup() {{ x = alpha() + beta(); }}\n");
    let mut workspace = project(&text);
    for (name, value) in [("Alpha", 1), ("Beta", 2), ("Gamma", 3), ("Delta", 4), ("Unused", 5)] {
        workspace = library(workspace, name, value);
    }
    let workspace = workspace
        .file(
            "libs/Beta/src/Beta.cpp",
            "#include \"Beta.h\"\n#include <Gamma.h>\nint beta() { return gamma(); }\n",
        )
        .file("libs/Gamma/src/Gamma.h", "#pragma once\n#include <Delta.h>\nint gamma();\n");
    assert_eq!(linked(&build(&workspace)), ["Beta", "Alpha", "Gamma", "Delta"]);
}

#[test]
fn a_library_that_only_another_ones_source_needs_is_found() {
    let text = format!("#include <Outer.h>\n{USES}void setup() {{ x = outer(); }}\n");
    let workspace = library(library(project(&text), "Outer", 1), "Inner", 2)
        .file("libs/Outer/src/deep/part.cpp", "#include <Inner.h>\nint part() { return inner(); }\n");
    let run = build(&workspace);
    assert_eq!(linked(&run), ["Outer", "Inner"]);
    assert_eq!(objects(&run, "Outer"), ["Outer.cpp.o", "deep/part.cpp.o"]);
}

/// A sketch that includes `Cond` on a condition, and what its libraries are with some flags.
#[track_caller]
fn conditional(head: &str, flags: &str, expected: &[&str]) {
    let text = format!("{head}\n{USES}void setup() {{}}\n");
    let board =
        format!("{{uno: {{fqbn: \"mini:mcu:uno\", properties: {{build.extra_flags: \"{flags}\"}}}}}}");
    let matrix = matrix("libraries: [libs]\nsketches: [s/S]\n").replace("{uno: mini:mcu:uno}", &board);
    let workspace = library(library(project(&text), "Cond", 1), "Config", 2)
        .file("libs/Config/src/Config.h", "#pragma once\n#define CONFIG 7\n#define WANTS_COND 1\n")
        .file("m.yml", matrix);
    assert_eq!(linked(&build(&workspace)), expected, "{head} with {flags}");
}

#[test]
fn a_condition_decides_by_the_flags() {
    let head = "#ifdef X\n#include <Cond.h>\n#endif";
    conditional(head, "", &[]);
    conditional(head, "-DX", &["Cond"]);
    conditional("#if X > 2\n#include <Cond.h>\n#endif", "-DX=2", &[]);
    conditional("#if X > 2\n#include <Cond.h>\n#endif", "-DX=3", &["Cond"]);
    conditional("#if 0\n#include <Cond.h>\n#else\n#include <Config.h>\n#endif", "", &["Config"]);
}

#[test]
fn a_condition_decides_by_what_another_library_defines() {
    conditional(
        "#include <Config.h>\n#if WANTS_COND && CONFIG == 7\n#include <Cond.h>\n#endif",
        "",
        &["Config", "Cond"],
    );
    conditional("#include <Config.h>\n#if CONFIG == 8\n#include <Cond.h>\n#endif", "", &["Config"]);
    // What comes before the definition does not know it.
    conditional("#ifdef WANTS_COND\n#include <Cond.h>\n#endif\n#include <Config.h>", "", &["Config"]);
}

#[test]
fn a_guard_that_is_defined_already_leaves_a_header_out() {
    let guarded = "#ifndef GUARD_H\n#define GUARD_H\n#include <Cond.h>\n#endif";
    conditional(guarded, "", &["Cond"]);
    conditional(&format!("#define GUARD_H\n{guarded}"), "", &[]);
    conditional(guarded, "-DGUARD_H", &[]);
}

#[test]
fn has_include_takes_no_library_in_but_sees_those_that_are() {
    let asks = "#if __has_include(<Cond.h>)\n#include <Config.h>\n#endif";
    // As in Arduino: a library that nothing includes is not in the search path, so it is not there.
    conditional(asks, "", &[]);
    conditional(&format!("#include <Cond.h>\n{asks}"), "", &["Cond", "Config"]);
}

#[test]
fn includes_in_comments_and_strings_are_none() {
    conditional(
        "/*\n#include <Cond.h>\n*/\n// #include <Cond.h>\nconst char *s = R\"(\n#include <Cond.h>\n)\";",
        "",
        &[],
    );
    conditional("# /* odd */ include /* but right */ <Cond.h>", "", &["Cond"]);
    conditional("#inc\\\nlude <Cond.h>", "", &["Cond"]);
}

#[test]
fn a_computed_include_is_found() {
    conditional("#define HEADER <Cond.h>\n#include HEADER", "", &["Cond"]);
    conditional("#define OTHER \"Cond.h\"\n#define HEADER OTHER\n#include HEADER", "", &["Cond"]);
    // Of two definitions, the one that counts.
    let two = "#ifdef X\n#define HEADER <Cond.h>\n#else\n#define HEADER <Config.h>\n#endif\n#include HEADER";
    conditional(two, "", &["Config"]);
    conditional(two, "-DX", &["Cond"]);
    conditional("#ifdef HEADER\n#include HEADER\n#endif", "", &[]);
    conditional("#ifdef HEADER\n#include HEADER\n#endif", "-DHEADER=<Cond.h>", &["Cond"]);
    // One that no reading of the text can tell.
    let made =
        "#define QUOTE(x) #x\n#define HEADER(x) QUOTE(x.h)\n#include HEADER(Cond)\n#include <Config.h>";
    conditional(made, "", &["Cond", "Config"]);
}

#[test]
fn the_flat_layout_compiles_the_directory_and_utility() {
    let text = format!("#include <Flat.h>\n{USES}void setup() {{ x = flat(); }}\n");
    let workspace = project(&text)
        .file("libs/Flat/Flat.h", "#pragma once\nint flat();\n")
        .file(
            "libs/Flat/Flat.cpp",
            "#include \"Flat.h\"\n#include <helper.h>\nint flat() { return helper() + more(); }\n",
        )
        .file("libs/Flat/utility/helper.h", "extern \"C\" int helper(void);\nextern \"C\" int more(void);\n")
        .file("libs/Flat/utility/helper.c", "int helper(void) { return 1; }\n")
        .file("libs/Flat/utility/more.S", ".global more\nmore:\n  ldi r24, 2\n  clr r25\n  ret\n")
        .file("libs/Flat/other/never.cpp", "#error not part of it\n")
        .file("libs/Flat/examples/E/E.ino", EMPTY);
    let run = build(&workspace);
    assert_eq!(objects(&run, "Flat"), ["Flat.cpp.o", "utility/helper.c.o", "utility/more.S.o"]);
    // `utility` is its own affair: a sketch that includes from there is wrong.
    let run =
        workspace.sketch("s/S", "#include <Flat.h>\n#include <helper.h>\nvoid setup() {}\nvoid loop() {}\n");
    let run = run.run(["run", "m.yml"]).assert_exit(1);
    assert!(matches!(&run.reports().junit().case("uno", "s/S").verdict,
        Verdict::Failure { message, .. } if message.contains("helper.h: No such file")));
}

#[test]
fn the_recursive_layout_compiles_all_of_src_and_nothing_else() {
    let text = format!("#include <Deep.h>\n{USES}void setup() {{ x = deep() + lower(); }}\n");
    let workspace = library(project(&text), "Deep", 1)
        .file("libs/Deep/src/Deep.h", "#pragma once\nint deep();\nextern \"C\" int lower(void);\n")
        .file("libs/Deep/src/a/b/lower.c", "int lower(void) { return 3; }\n")
        .file("libs/Deep/utility/never.cpp", "#error not part of it\n")
        .file("libs/Deep/root.cpp", "#error not part of it\n")
        .file("libs/Deep/extras/never.cpp", "#error not part of it\n")
        .file("libs/Deep/examples/E/never.cpp", "#error not part of it\n");
    assert_eq!(objects(&build(&workspace), "Deep"), ["Deep.cpp.o", "a/b/lower.c.o"]);
}

/// A library in `root` that offers `Servo.h`, made for some architectures.
fn servo(workspace: Workspace, root: &str, architectures: &str) -> Workspace {
    let name = root.rsplit('/').next().unwrap().to_owned();
    workspace
        .file(&format!("{root}/library.properties"), format!("name={name}\narchitectures={architectures}\n"))
        .file(&format!("{root}/src/Servo.h"), "#pragma once\nint servo();\n")
        .file(&format!("{root}/src/{name}.cpp"), "int servo() { return 1; }\n")
}

#[track_caller]
fn the_servo_is(libraries: &[(&str, &str)], named: &str, expected: &str) {
    let mut workspace = project(&format!("#include <Servo.h>\n{USES}void setup() {{ x = servo(); }}\n"));
    for (root, architectures) in libraries {
        workspace = servo(workspace, root, architectures);
    }
    let text = matrix(&format!("libraries: [{named}]\nsketches: [s/S]\n"));
    assert_eq!(linked(&build(&workspace.file("m.yml", text))), [expected], "{libraries:?} {named}");
}

#[test]
fn among_libraries_with_the_same_header_the_best_is_taken() {
    the_servo_is(&[("libs/Servo", "*"), ("libs/Aaa", "*")], "libs", "Servo");
    the_servo_is(&[("libs/Servo", "*"), ("libs/Servo-fork", "mcu")], "libs", "Servo");
    the_servo_is(&[("libs/ServoA", "*"), ("libs/ServoB", "mcu")], "libs", "ServoB");
    the_servo_is(&[("libs/Servo", "sam"), ("libs/Other", "*")], "libs", "Other");
    the_servo_is(&[("libs/Servo-fork", "*"), ("libs/Servo", "*")], "libs", "Servo");
    // One that says it is for something else is better than none.
    the_servo_is(&[("libs/Servo", "sam")], "libs", "Servo");
}

#[test]
fn what_the_matrix_names_wins_then_its_directories_then_the_platform() {
    the_servo_is(&[("core/libraries/Servo", "*"), ("libs/Servo", "*")], "libs", "Servo");
    the_servo_is(&[("core/libraries/Servo", "avr"), ("mine/Tested", "*")], "mine/Tested", "Tested");
    the_servo_is(&[("libs/Servo", "avr"), ("mine/Tested", "*")], "libs, mine/Tested", "Tested");
    the_servo_is(&[("core/libraries/Servo", "*")], "", "Servo");
}

/// Of two directories, each with a library that is best by nothing, the first.
#[test]
fn the_first_directory_wins() {
    let value = |run: &Finished| run.firmware().into_values().next().unwrap();
    let text = format!("#include <Servo.h>\n{USES}void setup() {{ x = servo(); }}\n");
    let workspace = servo(servo(project(&text), "one/Servo", "*"), "two/Servo", "*")
        .file("two/Servo/src/Servo.cpp", "int servo() { return 2; }\n");
    let order = |roots: &str| {
        let text = matrix(&format!("libraries: [{roots}]\nsketches: [s/S]\n"));
        value(&build(&workspace.clone().file("m.yml", text)))
    };
    let (one, two) = (order("one, two"), order("two, one"));
    assert_ne!(one, two);
    assert_eq!(order("one"), one);
    assert_eq!(order("two"), two);
}

/// Two libraries in directories of the name `Tools`, each with one source.
fn two_called_tools(sources: [&str; 2], properties: &str) -> Workspace {
    let text = format!(
        "#include <First.h>\n#include <Second.h>\n{USES}void setup() {{ x = first() + second(); }}\n"
    );
    let library = |workspace: Workspace, root: &str, name: &str, source: &str| {
        let function = name.to_lowercase();
        workspace
            .file(&format!("{root}/Tools/library.properties"), format!("name={name}\n{properties}"))
            .file(&format!("{root}/Tools/src/{name}.h"), format!("#pragma once\nint {function}();\n"))
            .file(&format!("{root}/Tools/src/{source}"), format!("int {function}() {{ return 1; }}\n"))
    };
    let workspace = library(project(&text), "one", "First", sources[0]);
    library(workspace, "two", "Second", sources[1])
        .file("m.yml", matrix("libraries: [one, two]\nsketches: [s/S]\n"))
}

/// Asserts that the only cell fails with a message that has `part`.
#[track_caller]
fn fails(workspace: &Workspace, part: &str) {
    let run = workspace.run(["run", "m.yml"]).assert_exit(1);
    let verdict = run.reports().junit().case("uno", "s/S").verdict.clone();
    assert!(
        matches!(&verdict, Verdict::Failure { message, body } if message.contains(part) || body.contains(part)),
        "{verdict:?}"
    );
}

#[test]
fn two_libraries_in_directories_of_one_name_share_the_place_of_their_objects() {
    build(&two_called_tools(["first.cpp", "second.cpp"], ""));
    // As with arduino-cli, the second object has replaced the first, and is linked twice.
    fails(&two_called_tools(["tools.cpp", "tools.cpp"], ""), "multiple definition of `second()'");
    fails(
        &two_called_tools(["first.cpp", "second.cpp"], "dot_a_linkage=true\n"),
        "undefined reference to `first()'",
    );
}

#[test]
fn discovery_ends_at_the_first_header_that_means_no_library() {
    let sketch = |head: &str| format!("{head}\n{USES}void setup() {{}}\n");
    let with = |head: &str| {
        library(library(project(&sketch(head)), "Later", 1), "Other", 2)
            .file("libs/Later/src/sub/deep.h", "#define DEEP 1\n")
            .file("s/S/later.cpp", "#include <Later.h>\n")
    };
    fails(&with("#include <gone.h>"), "gone.h: No such file");
    fails(&with("#include <sub/deep.h>"), "sub/deep.h: No such file");
    fails(&with("#ifdef __AVR__\n#include <sub/deep.h>\n#endif"), "sub/deep.h: No such file");
    build(&with("#include <Later.h>\n#include <sub/deep.h>"));
    build(&with("#ifdef ESP32\n#include <sub/deep.h>\n#endif"));
    // A C source is looked through as C++.
    let in_c = with("").file("s/S/a.c", "#ifdef __cplusplus\n#include <gone.h>\n#endif\nint a;\n");
    fails(&in_c, "gone.h: No such file");
    // The second run remembers the answer, and has the same message.
    fails(&in_c, "gone.h: No such file");
}

#[test]
fn a_library_that_arduino_cli_does_not_load_is_ignored_with_a_warning() {
    let text = format!("#include <Bad.h>\n{USES}void setup() {{}}\n");
    let workspace = library(project(&text), "Bad", 1)
        .file("libs/Bad/library.properties", "name=Bad\nsecond line of the paragraph\n");
    let run = workspace.run(["run", "m.yml"]).assert_exit(1);
    assert!(run.stderr.contains("line 2 of library.properties has no `=`"), "{}", run.stderr);
    fails(&workspace, "Bad.h: No such file");
    fails(&library(project(&text), "Bad", 1).file("libs/Bad/arch/x.h", ""), "has a directory `arch`");
}

#[test]
fn a_choice_that_arduino_cli_leaves_to_chance_is_told() {
    let servo_in = |workspace, name: &str| servo(workspace, &format!("libs/{name}"), "*");
    let text = format!("#include <Servo.h>\n{USES}void setup() {{ x = servo(); }}\n");
    let workspace = servo_in(servo_in(project(&text), "Servo_b"), "Servo_a").sketch("s/T", &text);
    let run = build(&workspace);
    assert_eq!(linked(&run), ["Servo_a"]);
    let warnings = run.stderr.matches("libraries that fit equally").count();
    assert_eq!(warnings, 1, "once for both cells: {}", run.stderr);
}

#[test]
fn a_directory_without_libraries_is_no_error() {
    let workspace = project(&format!("{USES}void setup() {{}}\n")).file("libs/readme.txt", "");
    assert!(build(&workspace).stderr.contains("there is no library in"));
}

#[test]
fn dot_a_linkage_packs_an_archive() {
    let text = format!("#include <Packed.h>\n{USES}void setup() {{ x = packed(); }}\n");
    let workspace = library(project(&text), "Packed", 1)
        .file("libs/Packed/library.properties", "name=Packed\ndot_a_linkage=true\n")
        .file("libs/Packed/src/spare.cpp", "int elsewhere();\nint spare() { return elsewhere(); }\n");
    // In an archive, a member that nobody needs is left out, with what it needs.
    let run = build(&workspace);
    assert!(objects(&run, "Packed").contains(&"Packed.a".to_owned()), "{:?}", objects(&run, "Packed"));
}

#[test]
fn what_an_archive_lacks_is_told() {
    let text = format!("#include <Packed.h>\n{USES}void setup() {{ x = packed(); }}\n");
    let packed = |workspace| {
        library(workspace, "Packed", 1)
            .file("libs/Packed/library.properties", "name=Packed\ndot_a_linkage=true\n")
    };
    let run = build(
        &packed(project(&text))
            .file("libs/Packed/src/a/part.cpp", "int a;\n")
            .file("libs/Packed/src/b/part.cpp", "int b;\n"),
    );
    let told = "libraries/Packed/a/part.cpp is missing in it, because libraries/Packed/b/part.cpp has";
    assert!(run.stderr.contains(told), "{}", run.stderr);
    let empty = packed(project(&format!("#include <Packed.h>\n{USES}void setup() {{}}\n")));
    fs::remove_file(empty.path("libs/Packed/src/Packed.cpp")).unwrap();
    let run = empty.run(["run", "m.yml"]).assert_exit(1);
    assert!(run.stderr.contains("Packed.a is linked although nothing makes it"), "{}", run.stderr);
}

#[test]
fn a_changed_archive_is_linked_anew() {
    const CASES: &str = "tests/it/arduino/library-cases/precompiled";
    let archive = |case: &str| fs::read(repository(&format!("{CASES}/{case}"))).unwrap();
    let text = format!("#include <Pre.h>\n{USES}void setup() {{ x = precompiled(); }}\n");
    let mut platform = fs::read_to_string(workspace().path("core/platform.txt")).unwrap();
    platform.push_str("compiler.libraries.ldflags=\n");
    let workspace = project(&text)
        .file("core/platform.txt", platform)
        .file("libs/Pre/library.properties", "name=Pre\nprecompiled=full\n")
        .file("libs/Pre/src/Pre.h", "extern \"C\" int precompiled(void);\n")
        .file("libs/Pre/src/atmega328p/pre.a", archive("archive-without-lib/libs/Pre/src/atmega328p/pre.a"));
    let three = build(&workspace).firmware();
    let changed = workspace.file(
        "libs/Pre/src/atmega328p/pre.a",
        archive("first-archive-counts/libs/Pre/src/atmega328p/liba.a"),
    );
    assert_ne!(build(&changed).firmware(), three);
    // Without it the sources are compiled.
    fs::remove_file(changed.path("libs/Pre/src/atmega328p/pre.a")).unwrap();
    fails(&changed, "undefined reference to `precompiled'");
}

#[test]
fn a_library_is_compiled_once_for_all_sketches_of_a_board() {
    let text = format!("#include <Lib.h>\n{USES}void setup() {{ x = lib(); }}\n");
    let other = text.replace("lib();", "lib() + 1;");
    let with_more = format!("#include <Another.h>\n{}", text.replace("lib();", "lib() + 2;"));
    let workspace = library(library(project(&text), "Lib", 1), "Another", 2);
    let run = build(&workspace.sketch("s/T", &other).sketch("s/U", &with_more));
    let events = run.reports().events();
    let compiles = events
        .iter()
        .filter(|event| event["event"] == "step_finished" && event["step"] == "compile")
        .filter(|event| event["label"].as_str().unwrap().contains("Lib/Lib"))
        .count();
    assert_eq!(compiles, 1);
}

#[test]
fn no_library_directory_is_written_to() {
    let text = format!("#include <Lib.h>\n{USES}void setup() {{ x = lib(); }}\n");
    let workspace = library(project(&text), "Lib", 1);
    let listing = || -> Vec<(String, std::time::SystemTime)> {
        ["libs", "s", "core"]
            .iter()
            .flat_map(|directory| walkdir::WalkDir::new(workspace.path(directory)).sort_by_file_name())
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.path().display().to_string(), entry.metadata().unwrap().modified().unwrap()))
            .collect()
    };
    let before = listing();
    build(&workspace);
    assert_eq!(listing(), before);
}
