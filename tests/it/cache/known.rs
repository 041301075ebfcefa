//! Keys that are taken from the run before: only as long as nothing that it looked at has changed. What changed less
//! than two seconds before a run is not believed, so each of these waits.

use super::*;

/// What a change is called, and how it is made.
type Change = (&'static str, fn(&Workspace));

/// Changes after which other cells than none are to be built.
const BUILT: [Change; 10] = [
    ("a library's directory hides a header of the compiler's", |workspace| {
        write(
            workspace,
            "libs/Lib/src/stdint.h",
            "#pragma once\n#include_next <stdint.h>\n__attribute__((used)) static char more[5] = {1};\n",
        );
    }),
    ("a source more", |workspace| {
        write(
            workspace,
            "libs/Lib/src/more.cpp",
            "#include <stdint.h>\n__attribute__((used)) uint8_t more[9] = {1};\n",
        );
    }),
    ("a tab more", |workspace| {
        write(workspace, "s/A/more.ino", "__attribute__((used)) int more() { return x; }\n");
    }),
    ("a directory that was looked for", |workspace| {
        write(workspace, "s/A/src/deep/more.cpp", "__attribute__((used)) int more() { return 3; }\n");
    }),
    ("the same size and time, another content", |workspace| {
        let path = workspace.path("libs/Lib/src/Lib.h");
        let (text, time) =
            (fs::read_to_string(&path).unwrap(), fs::metadata(&path).unwrap().modified().unwrap());
        fs::write(&path, text.replace("LIB 1", "LIB 2")).unwrap();
        File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    }),
    ("a property of the platform", |workspace| {
        write(workspace, "core/platform.local.txt", "build.extra_flags=-O0\n");
    }),
    ("another directory in the place of one", |workspace| {
        fs::rename(workspace.path("libs/Lib"), workspace.path("Lib")).unwrap();
        fs::write(workspace.path("Lib/src/Lib.cpp"), "#include \"Lib.h\"\nuint8_t lib() { return 9; }\n")
            .unwrap();
        std::os::unix::fs::symlink(workspace.path("Lib"), workspace.path("libs/Lib")).unwrap();
    }),
    ("a library that wants an archive of its own", |workspace| {
        let text = "name=Lib\nversion=1.0.0\narchitectures=*\ndot_a_linkage=true\n";
        write(workspace, "libs/Lib/library.properties", text);
    }),
    ("firmware that is gone", |workspace| {
        fs::remove_dir_all(workspace.path("../cache")).ok();
        fs::remove_file(workspace.path(".fbuild-matrix/cells/uno/s/C/C.ino.hex")).unwrap();
    }),
    ("firmware that is another", |workspace| {
        fs::write(workspace.path(".fbuild-matrix/cells/uno/s/C/C.ino.hex"), ":00000001FF\n").unwrap();
    }),
];

fn write(workspace: &Workspace, path: &str, text: &str) {
    let path = workspace.path(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Whether a cell was looked at as if nothing were known of it.
fn asks_anew(run: &Finished) -> bool {
    run.reports().events().iter().any(|event| event["event"] == "job_phase" && event["phase"] == "preprocess")
}

#[test]
fn keys_hold_as_long_as_nothing_has_changed() {
    std::thread::scope(|scope| {
        for change in BUILT.chunks(3) {
            scope.spawn(move || {
                for (name, change) in change {
                    let workspace = project();
                    std::thread::sleep(Duration::from_millis(2100));
                    assert!(asks_anew(&run(&workspace)), "{name}: at first");
                    let again = run(&workspace);
                    assert!(!asks_anew(&again), "{name}: nothing has changed");
                    assert_eq!(cells(&again).0, BTreeSet::new(), "{name}");
                    change(&workspace);
                    let changed = run(&workspace);
                    assert_ne!(cells(&changed).0, BTreeSet::new(), "{name}");
                }
            });
        }
    });
}
