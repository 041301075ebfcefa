//! What a platform's files mean: properties, recipes, hooks and sizes. Each clause is a platform of its own that
//! borrows Arduino's recipes (`build.variant=arduino:standard`) and changes a few lines.

use std::fs;
use std::path::Path;

use super::{Board, Case, Outcome, Project, assert_agree, content, expected};
use crate::support::Workspace;

/// A platform that differs from the plain one.
struct Clause {
    name: &'static str,
    /// Lines of `platform.txt`.
    platform: &'static str,
    /// Further files, relative to the clause's directory; `PLATFORM/` stands for the platform's.
    files: &'static [(&'static str, &'static str)],
    /// What it is for, in the case's own words; checked against arduino-cli's outcome.
    builds: bool,
}

const fn clause(name: &'static str, builds: bool, platform: &'static str) -> Clause {
    Clause { name, platform, files: &[], builds }
}

const BOARDS: &str = "b.name=B\nb.build.core=c\nb.build.variant=arduino:standard\nb.build.board=AVR_B\n\
    b.build.mcu=atmega328p\nb.build.f_cpu=16000000L\n";
const ARDUINO_H: &str = "#pragma once\n#include <pins_arduino.h>\nvoid setup();\nvoid loop();\nint more();\n";
const MAIN: &str = "#include <Arduino.h>\nint main() { setup(); for (;;) loop(); }\n";
const SKETCH: &str = "void setup() { f(); }\nvoid loop() {}\nvoid f() { PORTB = 1; }\n";
/// Needs a library, and no prototype.
const WITH_LIBRARY: &str = "#include <Lib.h>\nvoid setup() { g(); }\nvoid loop() {}\n";

/// Appends to the `.hex`, so that its bytes show what ran.
macro_rules! append {
    ($key:literal, $text:literal) => {
        concat!(
            "recipe.hooks.",
            $key,
            "=/bin/sh -c \"echo ",
            $text,
            " >> {build.path}/{build.project_name}.hex\"\n"
        )
    };
}

/// A C++ recipe without `{compiler.cpp.flags}`.
macro_rules! without_flags {
    ($flags:literal) => {
        concat!(
            "recipe.preproc.macros=\nrecipe.cpp.o.pattern=\"{compiler.path}avr-g++\" -c -Os -MMD ",
            $flags,
            " -mmcu={build.mcu} {includes} \"{source_file}\" -o \"{object_file}\"\n"
        )
    };
}

const PROPERTIES: &[Clause] = &[
    clause("plain", true, ""),
    clause("unset_in_a_word", true, "build.extra_flags=-DX={nobody}"),
    clause("unset_as_a_word", false, "build.extra_flags={nobody}"),
    clause("unset_in_a_hook", true, append!("postbuild.1.pattern", "x{nobody}x {a.{b}.c}")),
    clause(
        "values_of_the_link_in_a_hook",
        true,
        append!("objcopy.postobjcopy.1.pattern", "{archive_file} {object_files}"),
    ),
    clause("names_itself", true, concat!("x=y{x}\n", append!("postbuild.1.pattern", "{x}"))),
    clause(
        "name_out_of_two_values",
        true,
        concat!("open={\nz=z\n", append!("postbuild.1.pattern", "{open}z}")),
    ),
    clause(
        "deep",
        true,
        concat!("a={b}\nb={c}\nc={d}\nd={e}\ne={f}\nf=deep\n", append!("postbuild.1.pattern", "{a}")),
    ),
    clause(
        "linux_inside",
        true,
        concat!(
            "x.linux_y=1\nz.linux.windows=2\n",
            append!("postbuild.1.pattern", "{x_y}{z.windows}{x.linux_y}")
        ),
    ),
    clause(
        "linux_in_the_name_of_a_hook",
        true,
        concat!(
            append!("objcopy.postobjcopy.linuxA.pattern", "later"),
            append!("objcopy.postobjcopy.m.pattern", "sooner"),
        ),
    ),
    clause(
        "warning_flags",
        true,
        concat!(
            "compiler.warning_flags=-DPLATFORM\ncompiler.warning_flags.none=-DLEVEL\n",
            append!("postbuild.1.pattern", "{compiler.warning_flags}")
        ),
    ),
    Clause {
        files: &[(
            "S/S.ino",
            "void setup() {\n#ifdef PLATFORM\n  no;\n#endif\n  PORTB = LEVEL;\n}\nvoid loop() {}\n",
        )],
        ..clause(
            "warning_level",
            true,
            "compiler.warning_flags=-DPLATFORM\ncompiler.warning_flags.none=-DLEVEL=5\ncompiler.warning_flags.default=-DLEVEL=5",
        )
    },
    Clause {
        files: &[("PLATFORM/platform.local.txt", "\u{feff}first=1\nsecond=2\n")],
        ..clause("byte_order_mark", true, append!("postbuild.1.pattern", "{first}{second}"))
    },
    Clause {
        files: &[("PLATFORM/boards.local.txt", "b.build.variant=arduino:./x/../standard\n")],
        ..clause("variant_with_dots", true, "")
    },
    Clause {
        files: &[("PLATFORM/boards.local.txt", "b.build.variant=arduino:none\n")],
        ..clause("no_variant", false, "")
    },
    Clause {
        files: &[
            ("PLATFORM/boards.local.txt", "b.build.core=\n"),
            ("PLATFORM/cores/Arduino.h", ARDUINO_H),
            ("PLATFORM/cores/c/Arduino.h", "#error\n"),
        ],
        ..clause("no_core", true, "")
    },
    Clause {
        files: &[
            ("PLATFORM/cores/c/SCCS/more.cpp", "#include <Arduino.h>\nint more() { return 7; }\n"),
            ("PLATFORM/cores/c/CVS/bad.cpp", "#error CVS\n"),
            ("PLATFORM/cores/c/RCS/bad.cpp", "#error RCS\n"),
            ("S/src/SCCS/other.cpp", "int other() { return 9; }\n"),
            ("S/src/RCS/bad.cpp", "#error RCS\n"),
            ("S/S.ino", "int other();\nvoid setup() { PORTB = more() + other(); }\nvoid loop() {}\n"),
        ],
        ..clause("version_control", true, "")
    },
];

const RECIPES: &[Clause] = &[
    clause("hook_empties", false, "nothing=\nrecipe.hooks.postbuild.1.pattern={nothing}"),
    clause("hook_empty", true, "recipe.hooks.postbuild.1.pattern="),
    clause("objcopy_empties", false, "nothing=\nrecipe.objcopy.eep.pattern={nothing}"),
    clause("objcopy_empty", true, "recipe.objcopy.eep.pattern="),
    clause("link_empties", false, "nothing=\nrecipe.c.combine.pattern={nothing}"),
    clause(
        "link_empty",
        true,
        "recipe.c.combine.pattern=\nrecipe.objcopy.eep.pattern=\nrecipe.objcopy.hex.pattern=",
    ),
    clause("archive_empties", false, "nothing=\nrecipe.ar.pattern={nothing}"),
    clause("archive_empty", false, "recipe.ar.pattern="),
    clause("compile_empties", false, "nothing=\nrecipe.cpp.o.pattern={nothing}"),
    clause("compile_empty", false, "recipe.cpp.o.pattern="),
    clause("compile_empty_for_no_source", true, "recipe.cxx.o.pattern=\nrecipe.S.o.pattern="),
    Clause {
        files: &[("S/x.cxx", "int x;\n")],
        ..clause("compile_empty_for_a_source", false, "recipe.cxx.o.pattern=")
    },
    clause("preprocessor_empties", false, "nothing=\nrecipe.preproc.macros={nothing}"),
    clause("preprocessor_empty", true, "recipe.preproc.macros="),
    clause("size_empties", true, "nothing=\nrecipe.size.pattern={nothing}\nupload.maximum_size=1"),
    clause("size_empty", true, "recipe.size.pattern=\nupload.maximum_size=1"),
    clause("advanced_size_empty", false, "recipe.advanced_size.pattern="),
    clause("output_missing", true, "recipe.output.tmp_file=nothing.bin"),
    clause(
        "hook_names",
        true,
        concat!(
            append!("objcopy.postobjcopy.foo.pattern", "foo"),
            append!("objcopy.postobjcopyX.pattern", "X"),
            append!("objcopy.postobjcopy.10.pattern", "ten"),
            append!("objcopy.postobjcopy.2.pattern", "two"),
            append!("objcopy.postobjcopy.pattern", "single"),
            append!("objcopy.postobjcopy.1.windows.pattern", "windows"),
            append!("objcopy.postobjcopy.1.pattern.windows", "none"),
        ),
    ),
    clause("hook_without_a_number", true, append!("objcopy.postobjcopy.pattern", "single")),
    clause(
        "quote_open_at_the_end",
        true,
        concat!(
            "recipe.hooks.postbuild.2.pattern=/bin/sh -c \"echo b >> {build.path}/{build.project_name}.hex\" 'gone \"\n",
            "build.extra_flags=\n"
        ),
    ),
    clause("quote_open_at_the_beginning", false, "recipe.hooks.postbuild.1.pattern='/bin/true x"),
    clause(
        "quote_open_before_the_output",
        false,
        "recipe.cpp.o.pattern=\"{compiler.path}avr-g++\" -c {compiler.cpp.flags} -mmcu={build.mcu} {includes} \"{source_file}\" -o \"{object_file}",
    ),
    clause("unset_in_the_link", true, "compiler.c.elf.extra_flags=-Wl,-Map,{build.path}/{nobody}.map"),
    clause("unset_in_an_archive", false, "compiler.ar.extra_flags={nobody}"),
    clause("unset_in_objcopy", false, "compiler.elf2hex.extra_flags={nobody}"),
    clause(
        "preprocessor_without_an_output",
        false,
        "recipe.preproc.macros=\"{compiler.path}avr-g++\" -w -x c++ -E -CC -mmcu={build.mcu} {includes} \"{source_file}\"",
    ),
    clause(
        "preprocessor_without_lines",
        false,
        "recipe.preproc.macros=\"{compiler.path}avr-g++\" -w -x c++ -E -P -mmcu={build.mcu} {includes} \"{source_file}\" -o \"{preprocessed_file_path}\"",
    ),
    clause("quote_open_in_objcopy", true, "recipe.objcopy.eep.pattern=/bin/true \"x"),
    clause("discovery_without_flags", false, without_flags!("")),
    clause("discovery_compiles", false, without_flags!("-w -x c++")),
    Clause {
        files: &[("S/S.ino", WITH_LIBRARY)],
        ..clause("discovery_compiles_with_library", true, without_flags!("-w -x c++"))
    },
    Clause {
        files: &[("S/S.ino", WITH_LIBRARY)],
        ..clause(
            "discovery_leaves_mp",
            false,
            "recipe.preproc.macros=\ncompiler.cpp.flags=-c -Os -w -MMD -MP",
        )
    },
    clause("discovery_with_md", true, "recipe.preproc.macros=\ncompiler.cpp.flags=-c -Os -w -MD -MP"),
    clause(
        "compile_with_mp",
        true,
        "compiler.cpp.flags=-c -Os -w -MMD -MP\nrecipe.preproc.macros=\"{compiler.path}avr-g++\" {nobody} -w -x c++ -E -CC -mmcu={build.mcu} {includes} \"{source_file}\" -o \"{preprocessed_file_path}\"",
    ),
];

/// A size recipe that prints a line.
macro_rules! says {
    ($text:literal, $more:literal) => {
        concat!(
            "recipe.size.pattern=/bin/echo ",
            $text,
            "\nrecipe.size.regex=^x ([0-9]+)\nrecipe.size.regex.data=y ([0-9]+)\nrecipe.size.regex.eeprom=\n",
            $more
        )
    };
}

const SIZES: &[Clause] = &[
    clause("size_fits", true, says!("x 100 y 10", "upload.maximum_size=100\nupload.maximum_data_size=10")),
    clause(
        "flash_too_small",
        false,
        says!("x 100 y 10", "upload.maximum_size=99\nupload.maximum_data_size=10"),
    ),
    clause(
        "ram_too_small",
        false,
        says!("x 100 y 10", "upload.maximum_size=100\nupload.maximum_data_size=9"),
    ),
    clause("ram_without_flash", true, says!("x 100 y 10", "upload.maximum_data_size=9")),
    clause("ram_zero", true, says!("x 100 y 10", "upload.maximum_size=100\nupload.maximum_data_size=0")),
    clause("flash_zero", false, says!("x 100 y 10", "upload.maximum_size=0")),
    clause("flash_negative", false, says!("x 100 y 10", "upload.maximum_size=-1")),
    clause("flash_no_number", false, says!("x 100 y 10", "upload.maximum_size=32k")),
    clause("flash_reference", false, says!("x 100 y 10", "kb=100\nupload.maximum_size={kb}")),
    clause(
        "ram_no_number",
        false,
        says!("x 100 y 10", "upload.maximum_size=100\nupload.maximum_data_size=2k"),
    ),
    clause("ram_no_number_without_flash", true, says!("x 100 y 10", "upload.maximum_data_size=2k")),
    clause(
        "size_tool_fails",
        true,
        says!("x 100", "upload.maximum_size=1\nrecipe.size.pattern=/bin/sh -c \"echo x 100; exit 1\""),
    ),
    clause(
        "size_tool_missing",
        true,
        says!("x 100", "upload.maximum_size=1\nrecipe.size.pattern=/nowhere/size"),
    ),
    clause("no_expression", true, says!("x 100", "upload.maximum_size=1\nrecipe.size.regex=")),
    clause("bad_expression", true, says!("x 100", "upload.maximum_size=1\nrecipe.size.regex=(")),
    clause("bad_expression_for_ram", true, says!("x 100", "upload.maximum_size=1\nrecipe.size.regex.data=(")),
    clause(
        "bad_expression_for_eeprom",
        true,
        says!("x 100", "upload.maximum_size=1\nrecipe.size.regex.eeprom=["),
    ),
    clause("no_group_fits", true, says!("100 200", "upload.maximum_size=300\nrecipe.size.regex=[0-9]+")),
    clause("no_group", false, says!("100 200", "upload.maximum_size=299\nrecipe.size.regex=[0-9]+")),
    clause(
        "group_is_the_match",
        false,
        says!("100", "upload.maximum_size=199\nrecipe.size.regex=^([0-9]+)$"),
    ),
    clause(
        "no_match",
        true,
        says!("100", "upload.maximum_size=1\nupload.maximum_data_size=1\nrecipe.size.regex=no ([0-9]+)"),
    ),
    clause(
        "advanced_info",
        true,
        "recipe.advanced_size.pattern=/bin/echo '{\"severity\":\"info\",\"output\":\"x\"}'\nupload.maximum_size=1",
    ),
    clause(
        "advanced_warning",
        true,
        "recipe.advanced_size.pattern=/bin/echo '{\"Severity\":\"warning\",\"sections\":[{\"name\":\"text\"},null]}'",
    ),
    clause(
        "advanced_error",
        false,
        "recipe.advanced_size.pattern=/bin/echo '{\"severity\":\"error\",\"error\":\"too big\"}'",
    ),
    clause("advanced_unknown", false, "recipe.advanced_size.pattern=/bin/echo '{\"severity\":\"fatal\"}'"),
    clause("advanced_nothing", false, "recipe.advanced_size.pattern=/bin/true"),
    clause(
        "advanced_other_type",
        false,
        "recipe.advanced_size.pattern=/bin/echo '{\"severity\":\"info\",\"sections\":[{\"size\":\"1\"}]}'",
    ),
    clause("advanced_tool_fails", false, "recipe.advanced_size.pattern=/bin/sh -c 'echo \"{}\" ; exit 1'"),
];

/// Platforms and boards that arduino-cli refuses.
const REFUSED: &[Clause] = &[
    Clause {
        files: &[("PLATFORM/platform.local.txt", "\u{feff}# a comment\nx=1\n")],
        ..clause("byte_order_mark_before_a_comment", false, "")
    },
    Clause {
        files: &[("PLATFORM/programmers.txt", "a line\n")],
        ..clause("programmers_with_a_bad_line", false, "")
    },
    Clause {
        files: &[("PLATFORM/boards.local.txt", "b.menu.cpu.a=A\nb.menu.cpu.a.x=1\n")],
        ..clause("menu_without_a_title", false, "")
    },
    Clause {
        files: &[("PLATFORM/boards.local.txt", "menu.cpu=CPU\nb.menu.cpu.a.x=1\nb.menu.cpu.b=B\n")],
        ..clause("option_without_a_label", false, "")
    },
];

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Writes a clause's platform and sketch, and the library of all.
fn case(workspace: &Workspace, dir: &str, clause: &Clause) -> Case {
    let Clause { name, platform, files, .. } = clause;
    let place = workspace.path(dir).join(name);
    let root = place.join("hardware").join(name).join("avr");
    write(&root.join("boards.txt"), BOARDS);
    write(&root.join("platform.txt"), &format!("name=T\nversion=1.0.0\n{platform}\n"));
    write(&root.join("cores/c/Arduino.h"), ARDUINO_H);
    write(&root.join("cores/c/main.cpp"), MAIN);
    write(&place.join("S/S.ino"), SKETCH);
    for (path, text) in *files {
        match path.strip_prefix("PLATFORM/") {
            Some(path) => write(&root.join(path), text),
            None => write(&place.join(path), text),
        }
    }
    let library = place.join("libs/Lib");
    write(&library.join("library.properties"), "name=Lib\nversion=1.0.0\n");
    write(&library.join("Lib.h"), "void g();\n");
    write(&library.join("Lib.cpp"), "#include <Arduino.h>\n#include \"Lib.h\"\nvoid g() { PORTB = 3; }\n");
    let fqbn = Box::leak(format!("{name}:avr:b").into_boxed_str());
    Case {
        name: format!("{name}/S"),
        board: Board { name, fqbn },
        content: content(&[&place]),
        libraries: vec![place.join("libs")],
        sketch: place.join("S"),
    }
}

#[track_caller]
fn check(dir: &'static str, clauses: &[Clause]) -> (Vec<Case>, Vec<Outcome>, Workspace) {
    let workspace = Workspace::named(&format!("arduino-platform-{dir}"));
    let cases: Vec<Case> = clauses.iter().map(|clause| case(&workspace, dir, clause)).collect();
    let theirs = expected(Some(&format!("platform-cases/{dir}")), &cases);
    let other: Vec<&str> = clauses
        .iter()
        .zip(&theirs)
        .filter(|(clause, outcome)| clause.builds != matches!(outcome, Outcome::Builds { .. }))
        .map(|(clause, _)| clause.name)
        .collect();
    assert!(other.is_empty(), "arduino-cli does otherwise than the clause says: {other:?}");
    (cases, theirs, workspace)
}

/// Compares all clauses in one run of ours.
#[track_caller]
fn compare(dir: &'static str, clauses: &[Clause]) {
    let (cases, theirs, workspace) = check(dir, clauses);
    let boards: Vec<Board> = cases.iter().map(|case| case.board).collect();
    let entries: Vec<String> =
        clauses.iter().map(|it| format!("{{path: {0}/S, boards: [{0}]}}", it.name)).collect();
    let sketches: Vec<&str> = entries.iter().map(String::as_str).collect();
    let ours = Project { workspace: &workspace, dir, boards: &boards, sketches: &sketches }.build(&cases);
    // What fails in the core is told of its cells.
    let told = |ours| match ours {
        Outcome::Broken { why } if why.starts_with("blocked by core") => Outcome::Fails { why },
        other => other,
    };
    let ours: Vec<Outcome> = ours.into_iter().map(told).collect();
    assert_agree(&cases, &theirs, &ours);
}

#[test]
fn properties() {
    compare("properties", PROPERTIES);
}

#[test]
fn recipes() {
    compare("recipes", RECIPES);
}

#[test]
fn sizes() {
    compare("sizes", SIZES);
}

#[test]
fn refused() {
    let (cases, _, workspace) = check("refused", REFUSED);
    for case in cases {
        let name = case.board.name;
        let entry = format!("{{path: {name}/S, boards: [{name}]}}");
        let project =
            Project { workspace: &workspace, dir: "refused", boards: &[case.board], sketches: &[&entry] };
        let ours = project.build(&[case]).remove(0);
        assert!(
            matches!(&ours, Outcome::Broken { why } if why.starts_with("exit Some(3)")),
            "{name}: {ours}"
        );
    }
}
