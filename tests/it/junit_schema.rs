//! `junit.xml` against the schema of Jenkins' xUnit plugin, by Debian's xmllint.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::failures_core::{EMPTY, core, workspace};
use crate::support::{packages, repository};

fn validate(file: &Path) -> Output {
    let mut xmllint = packages(&["libxml2-utils"]).program("xmllint");
    let schema = repository("tests/it/junit_schema/jenkins.xsd");
    xmllint.args(["--noout", "--nonet", "--schema"]).arg(schema).arg(file).output().unwrap()
}

#[test]
fn the_strict_dialect_is_valid_and_the_default_one_has_file_and_line() {
    let matrix = format!(
        "version: 1\nname: mixed\ncores:\n{}boards: {{uno: \"mini:mcu:uno\", broken: \"mini:mcu:broken\"}}\n\
         sketches: [\"s/*\"]\ndefaults: {{warnings: all}}\n\
         exclude: [{{sketch: \"**/Bad\", board: broken, reason: \"no <LED> & no \\\"pin\\\"\"}}]\n",
        core()
    );
    let workspace = workspace()
        .sketch("s/Good", &format!("{EMPTY}static int unused;\n"))
        .sketch("s/Bad", "void setup() { missing(\"]]>\"); }\nvoid loop() {}\n")
        .file("m.yml", matrix);
    // A failure, a warning, a skipped cell, a blocked one with its core's diagnostic.
    let run = workspace.run(["run", "m.yml", "--junit-dialect", "jenkins-xsd"]).assert_exit(1);
    let file = workspace.path(".fbuild-matrix/reports/junit.xml");
    let output = validate(&file);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let strict = run.reports().text("junit.xml");
    assert!(strict.contains("<skipped type=\"skipped\" message=\"no "), "{strict}");

    // The schema refuses what the default dialect has beside, or anything else that it does not know.
    let run = workspace.run(["run", "m.yml"]).assert_exit(1);
    assert!(run.reports().text("junit.xml").contains(" file=\"s/Bad/Bad.ino\" line=\"1\""));
    let output = validate(&file);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    fs::write(&file, strict.replacen("<testcase ", "<testcase line=\"1\" ", 1)).unwrap();
    assert_eq!(validate(&file).status.code(), Some(3));
}
