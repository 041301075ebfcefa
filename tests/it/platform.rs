//! The sketches of `tests/platform/`: what they build to is what the boards' processors run.

use crate::support::{Verdict, Workspace};

#[test]
fn a_sketch_becomes_firmware() {
    let matrix = "\
version: 1
cores: {'arduino:avr': {provider: apt}}
boards: {uno: arduino:avr:uno}
sketches: [Small]
";
    let run = Workspace::new()
        .sketch("Small", "void setup() { pinMode(13, OUTPUT); }\nvoid loop() {}\n")
        .file("matrix.yml", matrix)
        .run(["run", "matrix.yml"])
        .assert_exit(0);
    assert_eq!(run.reports().junit().case("uno", "Small").verdict, Verdict::Passed);
    assert_eq!(run.firmware().len(), 1);
}
