//! The same repository in two places: what was compiled in one is found in the other, with the bytes that
//! a compile there would make.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failures_core::{matrix, workspace};
use crate::support::{Finished, Workspace, files_below};

const WARNS: &str =
    "#include <Lib.h>\nvolatile uint8_t x;\nvoid setup() { int unused; x = lib(); }\nvoid loop() {}\n";

/// `one` and `two` hold the same repository, whose sketch `s/A` is this.
fn twins(sketch: &str, flags: &str) -> Workspace {
    let board = format!("{{fqbn: \"mini:mcu:uno\", properties: {{build.extra_flags: \"{flags}\"}}}}");
    let text = matrix("libraries: [libs]\nsketches: [\"s/*\"]\ndefaults: {warnings: all}\n")
        .replace("{uno: mini:mcu:uno}", &format!("{{uno: {board}}}"));
    let workspace = workspace()
        .file("libs/Lib/library.properties", "name=Lib\nversion=1.0.0\narchitectures=*\n")
        .file("libs/Lib/src/Lib.h", "#pragma once\n#include <stdint.h>\nuint8_t lib();\n")
        .file("libs/Lib/src/Lib.cpp", "#include \"Lib.h\"\nuint8_t lib() { return 1; }\n")
        .sketch("s/A", sketch)
        .file("s/A/tab.cpp", "#include \"tab.h\"\nint tab() { return TAB; }\n")
        .file("s/A/tab.h", "#define TAB 7\n")
        .file("m.yml", text);
    for twin in ["one", "two"] {
        fs::create_dir_all(workspace.path(twin).join(".git")).unwrap();
        for part in ["core", "libs", "s", "m.yml"] {
            let copied = Command::new("cp")
                .arg("-r")
                .args([workspace.path(part), workspace.path(twin)])
                .status()
                .unwrap();
            assert!(copied.success());
        }
    }
    workspace
}

/// Builds one of them.
#[track_caller]
fn build(workspace: &Workspace, twin: &str) -> Finished {
    let matrix = format!("{twin}/m.yml");
    let work = format!("{twin}/.fbuild-matrix");
    // The reports of a test are where reports are by default.
    let arguments = ["run", &matrix, "--work-dir", &work, "--report-dir", ".fbuild-matrix/reports"];
    workspace.run(arguments).assert_exit(0)
}

fn objects(workspace: &Workspace, twin: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let objects = files_below(&workspace.path(twin).join(".fbuild-matrix/cells"), "o");
    assert!(objects.len() >= 4, "{:?}", objects.keys());
    objects
}

/// How many compilers were started.
fn compiled(run: &Finished) -> u64 {
    let timing = run.reports().timing();
    let jobs = timing["jobs"].as_array().unwrap().iter();
    jobs.map(|job| job["units"]["compiled"].as_u64().unwrap()).sum()
}

fn holds(bytes: &[u8], text: &Path) -> bool {
    let text = text.to_str().unwrap().as_bytes();
    bytes.windows(text.len()).any(|window| window == text)
}

#[test]
fn objects_of_one_checkout_are_those_of_another() {
    for flags in ["-g", "-g -flto -ffat-lto-objects"] {
        let workspace = twins(WARNS, flags);
        assert!(compiled(&build(&workspace, "one")) > 0);
        let two = build(&workspace, "two");
        assert_eq!(compiled(&two), 0, "{flags}: the cache has every object");
        let found = objects(&workspace, "two");
        assert_eq!(found, objects(&workspace, "one"), "{flags}");
        assert!(found.values().all(|object| !holds(object, &workspace.path("two"))), "{flags}");
        // What is printed again names the files that the user has before him.
        let log = workspace.path("two/.fbuild-matrix/cells/uno/s/A/build.log");
        let printed = fs::read_to_string(log).unwrap();
        assert!(printed.contains("two/s/A/A.ino:3"), "{flags}: {printed}");
        assert!(!printed.contains("one/s/A") && !printed.contains("staging"), "{flags}: {printed}");

        fs::remove_dir_all(workspace.path("two/.fbuild-matrix")).unwrap();
        for part in ["zccache", "artifacts", "memo"] {
            let path = workspace.cache().join(part);
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.unwrap();
        }
        assert!(compiled(&build(&workspace, "two")) > 0);
        assert_eq!(objects(&workspace, "two"), found, "{flags}: a compile there makes the same");
    }
}

#[test]
fn a_path_that_enters_the_firmware_is_the_checkouts_own() {
    for sketch in [
        "const char *volatile name = __FILE__;\nvoid setup() { name; }\nvoid loop() {}\n",
        "#include \"own.h\"\nconst char *volatile name = OWN;\nvoid setup() { name; }\nvoid loop() {}\n",
    ] {
        let workspace = twins(sketch, "");
        for twin in ["one", "two"] {
            fs::write(workspace.path(twin).join("s/A/own.h"), "#define OWN __BASE_FILE__ __FILE__\n")
                .unwrap();
        }
        build(&workspace, "one");
        let two = build(&workspace, "two");
        assert!(compiled(&two) > 0);
        let elf = files_below(&workspace.path("two/.fbuild-matrix/cells"), "elf");
        for bytes in elf.values() {
            assert!(holds(bytes, &workspace.path("two")), "the path is in the firmware");
            assert!(!holds(bytes, &workspace.path("one")) && !holds(bytes, Path::new("staging")));
        }
    }
}

#[test]
fn an_error_is_shown_where_the_user_has_it() {
    let workspace = twins("void setup() { missing(); }\nvoid loop() {}\n", "");
    let run = workspace.run(["run", "one/m.yml"]).assert_exit(1).assert_stderr("one/s/A/A.ino:1");
    assert!(!run.stderr.contains("staging"), "{}", run.stderr);
    let workspace = twins("#include \"broken.h\"\nvoid setup() {}\nvoid loop() {}\n", "");
    fs::write(workspace.path("one/s/A/broken.h"), "int x = nothing;\n").unwrap();
    let run = workspace.run(["run", "one/m.yml"]).assert_exit(1).assert_stderr("one/s/A/broken.h:1");
    assert!(!run.stderr.contains("staging"), "{}", run.stderr);
}
