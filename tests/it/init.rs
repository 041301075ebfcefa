//! What `init` writes builds: a library whose core and libraries come from a vendor on loopback.

use std::fs;

use crate::support::{Vendor, Workspace};

/// A library with a workflow that compiles its example with the vendor's core.
fn library(vendor: &Vendor) -> Workspace {
    let workflow = format!(
        "jobs:\n  build:\n    strategy: {{matrix: {{board: [small]}}}}\n    steps:\n      \
         - uses: arduino/compile-sketches@v1\n        with:\n          fqbn: mini:avr:${{{{ matrix.board }}}}\n          \
         platforms: |\n            - name: mini:avr\n              version: 1.0.0\n              source-url: {}\n          \
         libraries: |\n            - source-path: ./\n            - name: Named\n              version: 1.2.0\n",
        vendor.index()
    );
    let example = "#include <Own.h>\n#include <Named.h>\n#include <Needed.h>\n\
                   static_assert(__builtin_strcmp(Named_VERSION, \"1.2.0\") == 0, \"the version of the workflow\");\n\
                   void setup() { own(); }\nvoid loop() {}\n";
    Workspace::new()
        .file("library.properties", "name=Own\nversion=1.0.0\narchitectures=avr\ndepends=Needed (>=1.0)\n")
        .file("src/Own.h", "inline void own() {}\n")
        .file(".github/workflows/ci.yml", workflow)
        .sketch("examples/Show", example)
}

#[test]
fn a_library_with_dependencies_is_built_as_it_is_written() {
    let mut vendor = Vendor::with_cores(&["1.0.0", "1.1.0"]);
    vendor.library("Named", "1.2.0", &[]);
    vendor.library("Named", "1.3.0", &[]);
    vendor.library("Needed", "1.1.0", &["Deeper"]);
    vendor.library("Deeper", "0.1.0", &[]);
    let workspace = library(&vendor);
    workspace.run(["init"]).assert_exit(0).assert_stdout("1 sketch for 1 board, 1 cell");
    // The library index is Arduino's, which tests do not ask.
    let path = workspace.path("fbuild-matrix.yml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}\n{}", vendor.mirrors())).unwrap();
    let run = workspace.run(["run", "fbuild-matrix.yml"]).assert_exit(0);
    assert!(run.workspace.path(".fbuild-matrix/cells/small/examples/Show/Show.ino.hex").is_file());
    workspace.run(["core", "lock", "fbuild-matrix.yml"]).assert_exit(0);
    let lock = fs::read_to_string(workspace.path("fbuild-matrix.lock")).unwrap();
    for part in ["mini:avr", "\"Named\"", "\"Needed\"", "\"Deeper\""] {
        assert!(lock.contains(part), "`{part}` is not in {lock}");
    }
}

#[test]
fn sketches_and_a_library_without_dependencies_are_built_with_debians_core() {
    let blink = "void setup() { pinMode(13, OUTPUT); }\nvoid loop() {}\n";
    let sketches = Workspace::new().sketch("Blink", blink).sketch("more/Fade", blink);
    sketches.run(["init"]).assert_exit(0).assert_stdout("2 sketches for 1 board");
    sketches.run(["run", "fbuild-matrix.yml"]).assert_exit(0);
    let library = Workspace::new()
        .file("library.properties", "name=Own\nversion=1.0.0\narchitectures=*\n")
        .file("src/Own.h", "inline void own() {}\n")
        .sketch("examples/Show", "#include <Own.h>\nvoid setup() { own(); }\nvoid loop() {}\n");
    library.run(["init", "--output", "ci.yml"]).assert_exit(0);
    library.run(["run", "ci.yml"]).assert_exit(0);
}
