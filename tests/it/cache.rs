//! What is built again, and what is not: nothing without a change, all that a change can reach, and
//! never a stale result. After each step the firmware is what a build from nothing makes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

mod known;
mod stale;
mod stores;

use crate::failures_core::{matrix, script, tools, workspace};
use crate::support::{Finished, Workspace, files_below};

/// Three sketches for two boards; A and B use the library `Lib`, C does not. The units of the second board
/// are light.
fn project() -> Workspace {
    let text = matrix("libraries: [libs]\nsketches: [\"s/*\"]\n").replace(
        "{uno: mini:mcu:uno}",
        "{uno: mini:mcu:uno, other: {fqbn: \"mini:avr:uno\", properties: {build.extra_flags: -DOTHER}}}",
    );
    workspace()
        .file("libs/Lib/library.properties", "name=Lib\nversion=1.0.0\narchitectures=*\n")
        .file("libs/Lib/src/Lib.h", "#pragma once\n#include <stdint.h>\n#define LIB 1\nuint8_t lib();\n")
        .file("libs/Lib/src/Lib.cpp", "#include \"Lib.h\"\nuint8_t lib() { return LIB; }\n")
        .sketch("s/A", "#include <Lib.h>\nvolatile uint8_t x;\nvoid setup() { x = lib(); }\nvoid loop() {}\n")
        .sketch(
            "s/B",
            "#include <Lib.h>\nvolatile uint8_t x;\nvoid setup() { x = lib() + 1; }\nvoid loop() {}\n",
        )
        .sketch("s/C", "volatile uint8_t x;\nvoid setup() { x = 3; }\nvoid loop() {}\n")
        .file("m.yml", text)
}

/// A run that succeeds and whose firmware is what a build from nothing makes.
#[track_caller]
fn run(workspace: &Workspace) -> Finished {
    let run = workspace.run(["run", "m.yml"]).assert_exit(0);
    let _ = fs::remove_dir_all(workspace.path("fresh"));
    workspace.run(["run", "m.yml", "--work-dir", "fresh", "--no-cache"]).assert_exit(0);
    let fresh = files_below(&workspace.path("fresh/cells"), "hex");
    let firmware = run.firmware();
    assert!(fresh.keys().eq(firmware.keys()), "{:?} {:?}", fresh.keys(), firmware.keys());
    for (path, bytes) in &fresh {
        assert!(firmware[path] == *bytes, "{} is stale", path.display());
    }
    run
}

/// The cells that were built, and those that were not.
fn cells(run: &Finished) -> (BTreeSet<String>, BTreeSet<String>) {
    let timing = run.reports().timing();
    let words: BTreeMap<String, String> = timing["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|job| job["kind"] == "cell")
        .map(|job| (job["id"].as_str().unwrap().to_owned(), job["outcome"].as_str().unwrap().to_owned()))
        .collect();
    let with =
        |wanted: &str| words.iter().filter(|(_, word)| *word == wanted).map(|(id, _)| id.clone()).collect();
    let (built, kept): (BTreeSet<_>, BTreeSet<_>) = (with("built"), with("up-to-date"));
    assert_eq!(built.len() + kept.len(), words.len(), "{words:?}");
    (built, kept)
}

#[track_caller]
fn assert_built(run: &Finished, expected: &[&str]) {
    let (built, _) = cells(run);
    assert_eq!(built.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{:#?}", run.steps());
}

const ALL: &[&str] = &["other/s/A", "other/s/B", "other/s/C", "uno/s/A", "uno/s/B", "uno/s/C"];

#[test]
fn a_second_run_starts_nothing() {
    let workspace = project();
    let first = run(&workspace);
    assert_built(&first, ALL);
    for arguments in [&["run", "m.yml"][..], &["run", "m.yml", "-j", "8"], &["run", "m.yml", "-s", "A"]] {
        let again = workspace.run(arguments).assert_exit(0);
        assert_eq!(again.steps(), Vec::<String>::new());
        assert_eq!(cells(&again).0.len(), 0);
    }
    assert_eq!(run(&workspace).firmware(), first.firmware());
}

#[test]
fn what_was_only_touched_is_not_built() {
    let workspace = project();
    run(&workspace);
    let later = SystemTime::now() + Duration::from_mins(1);
    let mut touched = 0;
    for directory in ["s", "libs", "core"] {
        for entry in walkdir::WalkDir::new(workspace.path(directory)) {
            let entry = entry.unwrap();
            if entry.file_type().is_file() {
                File::options().append(true).open(entry.path()).unwrap().set_modified(later).unwrap();
                touched += 1;
            }
        }
    }
    assert!(touched >= 10, "{touched}");
    let again = workspace.run(["run", "m.yml"]).assert_exit(0);
    assert_eq!(again.steps(), Vec::<String>::new());
}

#[test]
fn a_changed_sketch_builds_only_its_cells() {
    let workspace = project();
    run(&workspace);
    let text = fs::read_to_string(workspace.path("s/B/B.ino")).unwrap().replace("+ 1", "+ 2");
    let changed = run(&workspace.clone().sketch("s/B", &text));
    assert_built(&changed, &["other/s/B", "uno/s/B"]);
    let compiles: Vec<String> =
        changed.steps().into_iter().filter(|step| step.contains(": compile ")).collect();
    assert_eq!(compiles.len(), 2, "{compiles:?}");
    assert!(compiles.iter().all(|step| step.contains("s/B")), "{compiles:?}");
}

#[test]
fn a_comment_that_changes_no_object_changes_no_firmware() {
    let workspace = project();
    let before = run(&workspace).firmware();
    let text = fs::read_to_string(workspace.path("s/C/C.ino")).unwrap() + "// The end.\n";
    assert_eq!(run(&workspace.clone().sketch("s/C", &text)).firmware(), before);
}

/// With link-time optimisation the names of an object's sections come from a seed, which must not follow comments.
#[test]
fn a_comment_that_moves_no_line_links_nothing() {
    let boards = "{uno: {fqbn: \"mini:mcu:uno\", properties: {build.extra_flags: -flto -ffat-lto-objects -g}}, \
                  other: {fqbn: \"mini:avr:uno\", properties: {build.extra_flags: -flto -ffat-lto-objects -g -DOTHER}}}";
    let text = matrix("libraries: [libs]\nsketches: [\"s/A\"]\n").replace("{uno: mini:mcu:uno}", boards);
    let workspace = project().file("m.yml", text);
    let before = run(&workspace);
    let source = fs::read_to_string(workspace.path("libs/Lib/src/Lib.cpp")).unwrap();
    let commented = source.replacen('\n', " // built on __DATE__\n", 1);
    assert_ne!(commented, source);
    let after = run(&workspace.clone().file("libs/Lib/src/Lib.cpp", &commented));
    let steps = after.steps();
    assert_eq!(steps.iter().filter(|step| step.contains(": compile ")).count(), 2, "{steps:?}");
    assert!(!steps.iter().any(|step| step.contains(": link ")), "{steps:?}");
    assert_eq!(after.firmware(), before.firmware());
    assert_eq!(run(&workspace.clone().file("libs/Lib/src/Lib.cpp", &source)).firmware(), before.firmware());
}

#[test]
fn units_that_are_compiled_in_every_run_are_said_with_the_reason() {
    let workspace =
        project().file("libs/Lib/src/when.cpp", "const char *when() { return __DATE__ __TIME__; }\n");
    for _ in 0..2 {
        let run = workspace.run(["run", "m.yml"]).assert_exit(0);
        let run = run.assert_stdout("uncacheable units: repeated in every run").assert_stdout("when.cpp");
        let summary = run.reports().text("summary.md");
        assert!(summary.contains("uncacheable units, repeated in every run"), "{summary}");
        run.assert_stdout("-D__DATE__=…");
    }
    let text = fs::read_to_string(workspace.path("m.yml")).unwrap();
    let fixed =
        "properties: {build.extra_flags+: '-D__DATE__=\"\" -D__TIME__=\"\" -Wno-builtin-macro-redefined'}";
    let text = text.replace("uno: mini:mcu:uno", &format!("uno: {{fqbn: \"mini:mcu:uno\", {fixed}}}"));
    let workspace = workspace.file(
        "m.yml",
        text.replace(", other: {fqbn: \"mini:avr:uno\", properties: {build.extra_flags: -DOTHER}}", ""),
    );
    workspace.run(["run", "m.yml"]).assert_exit(0);
    let again = workspace.run(["run", "m.yml"]).assert_exit(0);
    assert_eq!(again.steps(), Vec::<String>::new());
}

#[test]
fn a_changed_header_of_a_library_builds_the_cells_that_use_it() {
    let workspace = project();
    run(&workspace);
    let header = fs::read_to_string(workspace.path("libs/Lib/src/Lib.h")).unwrap().replace("LIB 1", "LIB 7");
    let changed = run(&workspace.clone().file("libs/Lib/src/Lib.h", header));
    assert_built(&changed, &["other/s/A", "other/s/B", "uno/s/A", "uno/s/B"]);
}

#[test]
fn a_changed_core_builds_everything() {
    let workspace = project();
    run(&workspace);
    let main = "#include <Arduino.h>\nint main() {\n  __asm(\"nop\");\n  setup();\n  for (;;) loop();\n}\n";
    let changed = run(&workspace.clone().file("core/cores/mini/main.cpp", main));
    assert_built(&changed, ALL);
    let new_source = run(&workspace.clone().file("core/cores/mini/more.c", "int more(void) { return 1; }\n"));
    assert_built(&new_source, ALL);
    fs::remove_file(workspace.path("core/cores/mini/more.c")).unwrap();
    assert_built(&run(&workspace), ALL);
}

#[test]
fn a_change_that_keeps_size_and_time_is_seen() {
    let workspace = project();
    run(&workspace);
    for (path, from, to) in [
        ("s/C/C.ino", "x = 3", "x = 4"),
        ("libs/Lib/src/Lib.h", "LIB 1", "LIB 2"),
        ("libs/Lib/src/Lib.cpp", "return LIB", "return 123"),
        ("core/cores/mini/main.cpp", "setup();\n  for (;;) loop();", "for (;;) loop();\n  setup();"),
    ] {
        let path = workspace.path(path);
        let about = fs::metadata(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let changed = text.replace(from, to);
        assert!(changed != text && changed.len() == text.len(), "{}", path.display());
        fs::write(&path, changed).unwrap();
        File::options().append(true).open(&path).unwrap().set_modified(about.modified().unwrap()).unwrap();
        assert!(!cells(&run(&workspace)).0.is_empty(), "{}", path.display());
    }
}

#[test]
fn an_older_file_in_the_place_of_a_newer_one_is_seen() {
    let workspace = project();
    run(&workspace);
    let path = workspace.path("s/C/C.ino");
    fs::write(workspace.path("old"), "volatile uint8_t x;\nvoid setup() { x = 9; }\nvoid loop() {}\n")
        .unwrap();
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    File::options().append(true).open(workspace.path("old")).unwrap().set_modified(long_ago).unwrap();
    fs::rename(workspace.path("old"), path).unwrap();
    assert_built(&run(&workspace), &["other/s/C", "uno/s/C"]);
}

/// Does something to a file that a run left.
fn damage(path: &Path, how: &str) {
    match how {
        "gone" => fs::remove_file(path).unwrap(),
        "cut" => File::options().write(true).open(path).unwrap().set_len(10).unwrap(),
        "altered" => {
            let mut bytes = fs::read(path).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            let modified = fs::metadata(path).unwrap().modified().unwrap();
            // A new inode: what shares the old one is not touched.
            fs::remove_file(path).unwrap();
            fs::write(path, bytes).unwrap();
            File::options().append(true).open(path).unwrap().set_modified(modified).unwrap();
        }
        other => panic!("{other}"),
    }
}

#[test]
fn damaged_firmware_is_made_again() {
    let workspace = project();
    run(&workspace);
    for name in ["C.ino.hex", "C.ino.elf"] {
        for how in ["gone", "cut", "altered"] {
            let path = workspace.path(format!(".fbuild-matrix/cells/uno/s/C/{name}"));
            let right = fs::read(&path).unwrap();
            damage(&path, how);
            assert_built(&run(&workspace), &["uno/s/C"]);
            assert!(fs::read(&path).unwrap() == right, "{name} was {how}");
        }
    }
}

#[test]
fn damaged_objects_are_made_again() {
    let workspace = project();
    run(&workspace);
    for directory in ["units", "cores"] {
        let directory = workspace.path(format!(".fbuild-matrix/{directory}"));
        let objects = files_below(&directory, "o").into_iter().chain(files_below(&directory, "a"));
        for ((path, _), how) in objects.zip(["gone", "cut", "altered"].into_iter().cycle()) {
            // Another damage may have made this one go.
            if directory.join(&path).exists() {
                damage(&directory.join(&path), how);
            }
        }
        // Without the cells nothing but these is left to build from.
        fs::remove_dir_all(workspace.path(".fbuild-matrix/cells")).unwrap();
        run(&workspace);
    }
}

#[test]
fn damaged_records_are_not_believed() {
    let workspace = project();
    run(&workspace);
    let mut damaged = 0;
    for entry in walkdir::WalkDir::new(workspace.path(".fbuild-matrix")) {
        let entry = entry.unwrap();
        let name = entry.file_name().to_str().unwrap();
        let keeps_books = ["memo", "scans"].contains(&name)
            || name == ".record.json"
            || entry.path().extension().is_some_and(|it| it == "json");
        if keeps_books && entry.file_type().is_file() {
            damage(entry.path(), ["cut", "altered"][damaged % 2]);
            damaged += 1;
        }
    }
    assert!(damaged > 8, "{damaged}");
    run(&workspace);
    fs::write(workspace.path(".fbuild-matrix/memo"), "\u{0}nonsense").unwrap();
    run(&workspace);
}

#[test]
fn a_header_that_appears_earlier_in_the_search_path_is_seen() {
    let workspace = project().sketch(
        "s/D",
        "#include \"late.h\"\nvolatile uint8_t x;\nvoid setup() { x = LATE; }\nvoid loop() {}\n",
    );
    let workspace = workspace.file("libs/Late/late.h", "#define LATE 1\n");
    run(&workspace);
    // The core is searched before the libraries, and the sketch's own directory before the core.
    let core = run(&workspace.clone().file("core/cores/mini/late.h", "#define LATE 2\n"));
    assert!(cells(&core).0.is_superset(&BTreeSet::from(["other/s/D".to_owned(), "uno/s/D".to_owned()])));
    let own = run(&workspace.clone().file("s/D/late.h", "#define LATE 3\n"));
    assert_built(&own, &["other/s/D", "uno/s/D"]);
    fs::remove_file(workspace.path("s/D/late.h")).unwrap();
    assert_built(&run(&workspace), &["other/s/D", "uno/s/D"]);
}

#[test]
fn what_has_include_asks_for_is_seen_when_it_appears() {
    let text = "#ifdef __has_include\n#if __has_include(\"option.h\")\n#include \"option.h\"\n#endif\n#endif\n\
                #ifndef OPTION\n#define OPTION 1\n#endif\nvolatile uint8_t x;\nvoid setup() { x = OPTION; }\nvoid loop() {}\n";
    let workspace = project().sketch("s/D", text);
    run(&workspace);
    let workspace = workspace.file("s/D/option.h", "#define OPTION 2\n");
    assert_built(&run(&workspace), &["other/s/D", "uno/s/D"]);
}

#[test]
fn a_file_that_the_assembler_takes_in_is_an_input() {
    let text = "void setup() {}\nvoid loop() {}\n__asm(\".section .progmem.data,\\\"a\\\"\\n.global blob\\nblob: .incbin \\\"BLOB\\\"\\n.text\\n\");\n\
                extern const char blob[];\nconst char *volatile used = blob;\nvoid *keep() { return (void *)used; }\n";
    let workspace = project();
    let blob = workspace.path("blob.bin").display().to_string();
    let workspace = workspace.sketch("s/D", &text.replace("BLOB", &blob)).file("blob.bin", "one!");
    run(&workspace);
    let changed = run(&workspace.file("blob.bin", "two!"));
    assert!(cells(&changed).0.contains("uno/s/D"), "{:?}", changed.steps());
}

#[test]
fn a_header_that_says_when_it_was_compiled_is_compiled_in_each_run() {
    let workspace = project().file("libs/When/When.h", "#pragma once\n#define WHEN __TIME__\n").sketch(
        "s/D",
        "#include <When.h>\nconst char *volatile when = WHEN;\nvoid setup() { when; }\nvoid loop() {}\n",
    );
    workspace.run(["run", "m.yml"]).assert_exit(0);
    // The clock moves on.
    std::thread::sleep(Duration::from_millis(1100));
    let again = workspace.run(["run", "m.yml"]).assert_exit(0);
    assert_built(&again, &["other/s/D", "uno/s/D"]);
}

#[test]
fn what_is_compiled_in_each_run_is_linked_only_where_it_comes_out_otherwise() {
    let text = "static inline const char *when() { return __TIME__; }\nvoid setup() {}\nvoid loop() {}\n";
    let workspace = project().sketch("s/D", text);
    run(&workspace);
    let again = workspace.run(["run", "m.yml"]).assert_exit(0);
    assert_eq!(cells(&again).0.len(), 0, "the firmware is the same");
    let compiled = again.steps();
    assert_eq!(compiled.len(), 2, "one compile a board, no link: {compiled:?}");
}

#[test]
fn a_time_that_the_preprocessor_does_not_reach_is_none() {
    let text = "#ifdef NEVER\nconst char *when = __TIME__;\n#endif\n#define WHEN __DATE__\nvoid setup() {}\nvoid loop() {}\n";
    let workspace = project().sketch("s/D", text);
    let first = run(&workspace);
    assert!(!first.stdout.contains("uncacheable"), "{}", first.stdout);
    assert_eq!(workspace.run(["run", "m.yml"]).assert_exit(0).steps(), Vec::<String>::new());
    // Another line reaches it.
    let text = text.replace("#ifdef NEVER", "#ifndef NEVER");
    let workspace = workspace.sketch("s/D", &text);
    workspace.run(["run", "m.yml"]).assert_exit(0).assert_stdout("uncacheable");
}

/// Only the preprocessor knows the names here: of a header that the first computed include reaches, too.
#[test]
fn a_computed_include_is_asked_for_once_for_what_it_reads() {
    let text = "#include <stdint.h>\n#define TEXT_(x) #x\n#define TEXT(x) TEXT_(x)\n#ifndef CONFIG\n#define CONFIG conf/one.h\n\
                #endif\n#include TEXT(CONFIG)\nuint8_t picked() { return VALUE; }\n";
    let workspace = project()
        .file("libs/Lib/src/picked.cpp", text)
        .file("libs/Lib/src/conf/one.h", "#include TEXT(conf/PART)\n")
        .file("libs/Lib/src/conf/two.h", "#define VALUE 1\n")
        .file("libs/Lib/src/picked.h", "#define PART two.h\n#include TEXT(CONFIG)\nuint8_t picked();\n")
        .sketch(
            "s/D",
            "#define TEXT_(x) #x\n#define TEXT(x) TEXT_(x)\n#define CONFIG conf/one.h\n#include <Lib.h>\n#include <picked.h>\n\
             volatile uint8_t x;\nvoid setup() { x = picked() + VALUE; }\nvoid loop() {}\n",
        );
    let workspace = workspace
        .file("libs/Lib/src/picked.cpp", text.replace("#include TEXT", "#define PART two.h\n#include TEXT"));
    let asked = |run: &Finished| {
        run.steps().iter().filter(|step| step.contains(", for the names of its includes")).count()
    };
    let first = run(&workspace);
    assert!(asked(&first) > 0, "{:?}", first.steps());
    assert!(!first.stdout.contains("uncacheable"), "{}", first.stdout);
    let nothing = |why: &str| {
        let again = workspace.run(["run", "m.yml"]).assert_exit(0);
        assert_eq!(again.processes(), Vec::<String>::new(), "{why}");
    };
    nothing("nothing has changed");
    fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
    nothing("all is in the cache");
    // A file that only an answer leads to.
    let changed = run(&workspace.clone().file("libs/Lib/src/conf/two.h", "#define VALUE 2\n"));
    assert_built(&changed, &["other/s/A", "other/s/B", "other/s/D", "uno/s/A", "uno/s/B", "uno/s/D"]);
    nothing("the answer is known");
    // Headers that could come first, and do not: quotes search beside the including file.
    let changed = run(&workspace
        .clone()
        .file("s/D/conf/one.h", "#define VALUE 3\n")
        .file("core/cores/mini/conf/one.h", "#define VALUE 4\n"));
    assert_eq!(cells(&changed).0, BTreeSet::new());
    // The operand itself.
    fs::remove_dir_all(workspace.path("core/cores/mini/conf")).unwrap();
    fs::remove_dir_all(workspace.path("s/D/conf")).unwrap();
    let workspace = workspace.file("libs/Lib/src/conf/three.h", "#define VALUE 9\n");
    run(&workspace);
    let changed = run(&workspace
        .clone()
        .file("libs/Lib/src/picked.h", "#define PART three.h\n#include TEXT(CONFIG)\nuint8_t picked();\n"));
    assert_built(&changed, &["other/s/D", "uno/s/D"]);
}

#[test]
fn what_a_compile_read_without_our_knowing_is_good_for_one_run() {
    let workspace =
        project().sketch("s/D", "volatile uint8_t x;\nvoid setup() { x = SECRET; }\nvoid loop() {}\n");
    // A compiler by its name, which reads a file that neither its command nor a source names.
    let secret = workspace.path("secret.h");
    let compiler = tools().join("bin/avr-g++");
    let text = format!("exec \"{}\" -include \"{}\" \"$@\"\n", compiler.display(), secret.display());
    fs::create_dir(workspace.path("bin")).unwrap();
    let workspace = script(workspace, "bin/avr-g++", &text);
    let platform = fs::read_to_string(workspace.path("core/platform.txt")).unwrap();
    let path = workspace.path("bin/avr-g++").display().to_string();
    let platform = platform.replace("compiler.cpp={compiler.path}avr-g++", &format!("compiler.cpp={path}"));
    let workspace = workspace.file("core/platform.txt", platform).file("secret.h", "#define SECRET 1\n");
    run(&workspace);
    let changed = run(&workspace.clone().file("secret.h", "#define SECRET 2\n"));
    assert_built(&changed, &["other/s/D", "uno/s/D"]);
    fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
    let workspace = workspace.file("secret.h", "#define SECRET 3\n");
    run(&workspace);
    // A failure has no depfile that would name it.
    for (text, exit) in [("", 1), ("#define SECRET 4\n", 0)] {
        fs::write(&secret, text).unwrap();
        workspace.run(["run", "m.yml"]).assert_exit(exit);
    }
}

#[test]
fn a_cell_that_fails_leaves_no_firmware_of_an_earlier_build() {
    let workspace = project();
    run(&workspace);
    let good = fs::read_to_string(workspace.path("s/C/C.ino")).unwrap();
    let workspace = workspace.sketch("s/C", "void setup() { missing(); }\nvoid loop() {}\n");
    let failed = workspace.run(["run", "m.yml"]).assert_exit(1);
    let left: Vec<_> = failed.firmware().into_keys().filter(|path| path.starts_with("uno")).collect();
    assert_eq!(left, ["uno/s/A/A.ino.hex", "uno/s/B/B.ino.hex"].map(std::path::PathBuf::from));
    assert_built(&run(&workspace.sketch("s/C", &good)), &["other/s/C", "uno/s/C"]);
}

#[test]
fn a_source_that_is_gone_leaves_nothing_behind() {
    let workspace = project().file("s/C/extra.cpp", "extern \"C\" int extra() { return 42; }\n");
    run(&workspace);
    let object = workspace.path(".fbuild-matrix/cells/uno/s/C/sketch/extra.cpp.o");
    assert!(object.exists());
    fs::remove_file(workspace.path("s/C/extra.cpp")).unwrap();
    assert_built(&run(&workspace), &["other/s/C", "uno/s/C"]);
    assert!(!object.exists());
}

#[test]
fn changed_flags_and_recipes_build_what_they_reach() {
    let workspace = project().sketch("s/C", "#ifndef LEVEL\n#define LEVEL 1\n#endif\nvolatile uint8_t x;\nvoid setup() { x = LEVEL; }\nvoid loop() {}\n");
    run(&workspace);
    let matrix = fs::read_to_string(workspace.path("m.yml")).unwrap();
    let flagged = run(&workspace.clone().file("m.yml", matrix.replace("-DOTHER", "-DLEVEL=2")));
    // All are compiled; only what comes out otherwise is linked.
    assert_built(&flagged, &["other/s/C"]);
    let platform = fs::read_to_string(workspace.path("core/platform.txt")).unwrap();
    let slower = run(&workspace.clone().file("core/platform.txt", platform.replace("-Os", "-O0")));
    assert_built(&slower, ALL);
    let local =
        run(&workspace.clone().file("core/platform.local.txt", "compiler.warning_flags.default=-DLEVEL=5\n"));
    // The other board says `-DLEVEL=2` behind that.
    assert_built(&local, &["uno/s/C"]);
}

#[test]
fn a_replaced_compiler_compiles_everything() {
    let wrapper =
        |level: u8| format!("exec \"{}\" \"$@\" -DLEVEL={level}\n", tools().join("bin/avr-g++").display());
    let workspace =
        project().sketch("s/C", "volatile uint8_t x;\nvoid setup() { x = LEVEL; }\nvoid loop() {}\n");
    let workspace = script(workspace, "wrapper", &wrapper(1));
    let path = workspace.path("wrapper").display().to_string();
    let platform = fs::read_to_string(workspace.path("core/platform.txt")).unwrap();
    let platform = platform.replace("compiler.cpp={compiler.path}avr-g++", &format!("compiler.cpp={path}"));
    let workspace = workspace.file("core/platform.txt", platform);
    run(&workspace);
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let workspace = script(workspace, "wrapper", &wrapper(2));
    File::options().append(true).open(&path).unwrap().set_modified(modified).unwrap();
    let replaced = run(&workspace);
    let compiled = replaced.steps().iter().filter(|step| step.contains(": compile ")).count();
    assert_eq!(compiled, 2 * 5, "core, library and three sketches for two boards");
    assert_built(&replaced, &["other/s/C", "uno/s/C"]);
}
