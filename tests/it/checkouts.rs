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
    run(workspace, twin).assert_exit(0)
}

/// Runs its matrix.
fn run(workspace: &Workspace, twin: &str) -> Finished {
    let matrix = format!("{twin}/m.yml");
    let work = format!("{twin}/.fbuild-matrix");
    // The reports of a test are where reports are by default.
    let arguments = ["run", &matrix, "--work-dir", &work, "--report-dir", ".fbuild-matrix/reports"];
    workspace.run(arguments)
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
        // Without the firmware, so that the objects are wanted.
        fs::remove_dir_all(workspace.cache().join("artifacts")).unwrap();
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
        fs::remove_dir_all(workspace.cache().join("zccache")).unwrap();
        fs::remove_dir_all(workspace.cache().join("artifacts")).unwrap();
        assert!(compiled(&build(&workspace, "two")) > 0);
        assert_eq!(objects(&workspace, "two"), found, "{flags}: a compile there makes the same");
    }
}

#[test]
fn a_failure_of_one_checkout_is_that_of_another() {
    for wrong in [
        "void setup() { int x = ; }\nvoid loop() {}\n",
        "int elsewhere();\nvoid setup() { elsewhere(); }\nvoid loop() {}\n",
        "char data[3000];\nvoid setup() { data[millis()] = 1; }\nvoid loop() {}\n",
        "volatile char data[3000];\nvoid setup() { data[1] = 1; }\nvoid loop() {}\n",
    ] {
        let workspace = twins(wrong, "-g");
        let [one, two] = ["one", "two"].map(|twin| {
            let run = run(&workspace, twin).assert_exit(1);
            let verdict = run.reports().junit().case("uno", "s/A").verdict.clone();
            let log = workspace.path(twin).join(".fbuild-matrix/cells/uno/s/A/build.log");
            (format!("{verdict:?}"), fs::read_to_string(log).unwrap(), run.steps())
        });
        assert!(!one.2.is_empty());
        assert!(two.2.is_empty(), "{wrong}{:?}", two.2);
        for (one, two) in [(&one.0, &two.0), (&one.1, &two.1)] {
            assert_eq!(one.replace("one/", "two/"), *two, "{wrong}");
            assert!(two.contains("two/"), "{two}");
        }
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

/// `far/one` is a repository with a matrix below its root, `two/deep` the same, and `bare` a copy without `.git`, which may
/// not be in a repository. The map of its links names directories, and its assembler source has debug information.
fn copies(bare: &str) -> Workspace {
    let board = "{fqbn: \"mini:mcu:uno\", properties: {build.extra_flags: -g -flto -ffat-lto-objects}}";
    let text = matrix("libraries: [../libs]\nsketches: [\"../s/*\"]\ndefaults: {warnings: all}\n")
        .replace("path: core", "path: ../core")
        .replace("{uno: mini:mcu:uno}", &format!("{{uno: {board}}}"));
    let workspace = workspace()
        .file("libs/Lib/library.properties", "name=Lib\nversion=1.0.0\narchitectures=*\n")
        .file("libs/Lib/src/Lib.h", "#pragma once\n#include <stdint.h>\nextern \"C\" uint8_t lib();\n")
        .file("libs/Lib/src/lib.S", ".global lib\nlib:\n  ldi r24, 1\n  ret\n")
        .sketch("s/A", WARNS)
        .sketch("s/B", "void setup() {}\nvoid loop() {}\n")
        .file("ci/m.yml", text);
    let platform = workspace.path("core/platform.txt");
    let link =
        "-g -flto \"-Wl,-Map,{build.path}/{build.project_name}.map\" \"-L{build.path}\" -mmcu={build.mcu} -o";
    let recipes = fs::read_to_string(&platform).unwrap();
    let (before, recipe) = recipes.split_once("recipe.c.combine.pattern=").unwrap();
    let recipe = recipe.replacen("-mmcu={build.mcu} -o", link, 1);
    fs::write(platform, format!("{before}recipe.c.combine.pattern={recipe}")).unwrap();
    for copy in ["far/one", "two/deep", bare] {
        fs::create_dir_all(workspace.path(copy)).unwrap();
        for part in ["core", "libs", "s", "ci"] {
            let mut cp = Command::new("cp");
            let copied = cp.arg("-r").args([workspace.path(part), workspace.path(copy)]).status().unwrap();
            assert!(copied.success());
        }
        if copy != bare {
            fs::create_dir(workspace.path(copy).join(".git")).unwrap();
        }
    }
    workspace
}

/// Every file that a build leaves for its user, by its path in the directory of the cells.
fn made(cells: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let kinds = ["elf", "hex", "map"];
    let files = kinds.into_iter().flat_map(|kind| files_below(cells, kind));
    files.map(|(path, bytes)| (path.strip_prefix(cells).unwrap_or(&path).to_owned(), bytes)).collect()
}

#[test]
fn firmware_is_restored_wherever_the_repository_and_the_work_directory_are() {
    let outside = tempfile::tempdir().unwrap();
    let bare = outside.path().to_str().unwrap();
    let workspace = copies(bare);
    let build = |copy: &str, work: &str| {
        let (matrix, work) = (format!("{copy}/ci/m.yml"), workspace.path(work).display().to_string());
        let arguments = ["run", &matrix, "--work-dir", &work, "--report-dir", ".fbuild-matrix/reports"];
        workspace.run(arguments).assert_exit(0)
    };
    build("far/one", "far/one/.fbuild-matrix");
    for (copy, work) in [
        ("two/deep", "two/deep/.fbuild-matrix"),
        ("far/one", "elsewhere/w"),
        (bare, &format!("{bare}/ci/.fbuild-matrix")),
    ] {
        let run = build(copy, work);
        assert_eq!(run.steps(), Vec::<String>::new(), "{copy}");
        let cells = workspace.path(work).join("cells");
        let restored = made(&cells);
        assert_eq!(restored.len(), 6, "{:?}", restored.keys());
        // A record that is good here: nothing is restored again.
        let again = build(copy, work);
        assert!(again.stdout.contains("2 up-to-date") || again.stderr.contains("2 up-to-date"), "{copy}");

        let clean = workspace.path(format!("{work}-clean"));
        for part in ["zccache", "artifacts"] {
            fs::remove_dir_all(workspace.cache().join(part)).unwrap();
        }
        assert!(compiled(&build(copy, clean.to_str().unwrap())) > 0);
        for (path, bytes) in made(&clean.join("cells")) {
            let text = |bytes: &[u8], work: &Path| {
                let text = String::from_utf8_lossy(bytes).replace(work.to_str().unwrap(), "WORK");
                without_random_names(&text)
            };
            let (here, there) = (text(&restored[&path], &workspace.path(work)), text(&bytes, &clean));
            assert!(here == there, "{copy}: {} is another in a clean build", path.display());
            let is_map = path.extension().is_some_and(|extension| extension == "map");
            assert_eq!(here.contains("WORK"), is_map, "{copy}: {}", path.display());
        }
        // What is printed and logged again names the files that the user has before him.
        let log = fs::read_to_string(cells.join("uno/s/A/build.log")).unwrap();
        let own = workspace.path(copy).join("s/A/A.ino:3");
        assert!(log.contains(own.to_str().unwrap()), "{copy}: {log}");
        let others = ["far/one/", "two/deep/", bare].into_iter().filter(|other| !other.starts_with(copy));
        for other in others {
            assert!(!log.contains(workspace.path(other).to_str().unwrap()), "{copy}: {log}");
        }
    }
}

/// The names of temporary files, which GCC chooses at random, replaced.
fn without_random_names(text: &str) -> String {
    let mut parts = text.split(".tmp/cc");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.char_indices().nth(6).map_or("", |(at, _)| &part[at..]);
        format!("{text}.tmp/cc{rest}")
    })
}

#[test]
fn a_directory_in_the_firmware_keeps_it_where_it_was_made() {
    let workspace = copies("bare");
    let sketch = "const char *volatile name = __FILE__;\nvoid setup() { name; }\nvoid loop() {}\n";
    for copy in ["far/one", "two/deep"] {
        fs::write(workspace.path(copy).join("s/B/B.ino"), sketch).unwrap();
        let work = workspace.path(copy).join(".w").display().to_string();
        let matrix = format!("{copy}/ci/m.yml");
        let arguments = ["run", &matrix, "--work-dir", &work, "--report-dir", ".fbuild-matrix/reports"];
        let run = workspace.run(arguments).assert_exit(0);
        assert!(run.steps().iter().any(|step| step.contains("link")), "{copy}");
        for (path, bytes) in made(&Path::new(&work).join("cells")) {
            if path.ends_with("B.ino.elf") {
                assert!(holds(&bytes, &workspace.path(copy)), "{copy}: the path is in the firmware");
            }
        }
        // The same directories find it again when the work directory is gone.
        fs::remove_dir_all(&work).unwrap();
        let again = workspace.run(arguments).assert_exit(0);
        assert_eq!(again.steps(), Vec::<String>::new(), "{copy}");
    }
}
