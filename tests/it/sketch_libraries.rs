//! `libs` of a `ci.yml` of arduino-esp32: libraries of an index on loopback, for one sketch.

use crate::offline::stub::sketch;
use crate::offline::variants::{FILTERED, cells, plan, set, workspace};
use crate::support::{LIBRARIES, Vendor};

#[test]
fn libraries_are_for_the_sketch_that_needs_them() {
    let mut vendor = Vendor::new();
    vendor.library("Thing", "1.0.0", &[]);
    vendor.library("Thing", "2.0.0", &["Part"]);
    vendor.library("Part", "1.0.0", &[]);
    let needs = format!("#include <Thing.h>\n#include <Part.h>\n{}", sketch("flash=9 ram=9"));
    let workspace = workspace(&format!("{FILTERED}{}", vendor.mirrors()))
        .sketch("s/Plain", &sketch("flash=9 ram=9"))
        .sketch("s/Needs", &needs)
        .file("s/Needs/ci.yml", "libs: [Thing]\n")
        .sketch("s/Older", &sketch("flash=9 ram=9"))
        .file("s/Older/ci.yml", "libs: [Thing@1.0.0]\n");
    let selected: &[&str] = &["-b", "esp32"];
    let expected = set(&["esp32 Plain", "esp32+Thing Needs", "esp32+Thing-2 Older"]);
    let plan = plan(&workspace, selected);
    assert_eq!(cells(&plan), expected);
    assert_eq!(plan["cores"].as_array().unwrap().len(), 1, "libraries are no input of a core");
    workspace.run(["core", "lock", "matrix.yml"]).assert_exit(0);
    let lock = std::fs::read_to_string(workspace.path("matrix.lock")).unwrap();
    for part in
        ["name = \"Thing\"\nversion = \"1.0.0\"", "name = \"Thing\"\nversion = \"2.0.0\"", "name = \"Part\""]
    {
        assert!(lock.contains(part), "`{part}` is not in {lock}");
    }
    workspace.run(["run", "matrix.yml", "-b", "esp32", "--locked"]).assert_exit(0);
    assert!(!vendor.server.requests_of(LIBRARIES).is_empty());

    // A library that the matrix has is used, and the index is not asked.
    let own = workspace
        .file("own/Other/src/Other.h", "")
        .file("own/Other/library.properties", "name=Other\nversion=1.0.0\n");
    let matrix = std::fs::read_to_string(own.path("matrix.yml")).unwrap();
    let own = own
        .file("s/Needs/ci.yml", "libs: [Other]\n")
        .file("s/Older/ci.yml", "tags: []\n")
        .file("s/Needs/Needs.ino", format!("#include <Other.h>\n{}", sketch("flash=9 ram=9")))
        .file("matrix.yml", format!("{matrix}libraries: [own]\n"));
    own.run(["run", "matrix.yml", "-b", "esp32"]).assert_exit(0);
    let unknown = own.file("s/Older/ci.yml", "libs: [Thign]\n");
    let run = unknown.run(["run", "matrix.yml"]).assert_exit(3);
    run.assert_stderr("`libs` of s/Older/ci.yml").assert_stderr("`Thing`");
}
