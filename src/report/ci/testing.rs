//! Runs for the tests of this module.

use std::path::Path;

use super::findings::Findings;
use super::workspace::Workspace;
use crate::event::{Failure, Location, Outcome};
use crate::report::options::CiOptions;
use crate::report::testing::{Script, cell, failure};

/// The checkout `/here`, whose changed files are unknown.
pub(super) fn workspace() -> Workspace {
    let ci = CiOptions { workspace: "/here".into(), ..CiOptions::default() };
    Workspace::new(&ci, Path::new("/here"))
}

pub(super) fn findings(script: Script) -> Findings {
    let mut findings = Findings::new(Path::new("/here"));
    for event in script.events() {
        findings.fold(&event);
    }
    findings.tally.close();
    findings
}

/// A compile error at a line of the library, as GCC prints it.
fn at(file: &str, line: u32, message: &str) -> Outcome {
    Outcome::Failed(Failure {
        location: Some(Location { file: file.into(), line, column: Some(10) }),
        diagnostic: format!("{file}:{line}:10: fatal error: {message}\n"),
        ..failure(message, None)
    })
}

/// Ten sketches on three boards that include a header of the library, which includes a missing one.
pub(super) fn missing_header() -> Script {
    let names: Vec<String> = ["uno", "mega", "due"]
        .iter()
        .flat_map(|board| (0..10).map(move |number| format!("{board}/Sketch{number}")))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let outcome = at("/here/src/Lib.h", 3, "Gone.h: No such file or directory");
    let script = Script::new().plan(&names, &[]);
    names.iter().fold(script, |script, name| script.finished(&cell(name), outcome.clone(), 200)).end(300, 1)
}

/// As many sketches, each with an error of its own.
pub(super) fn many_causes(count: u32) -> Script {
    let names: Vec<String> = (0..count).map(|number| format!("uno/Sketch{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let script = Script::new().plan(&names, &[]);
    let failed = |script: Script, (number, name): (u32, &&str)| {
        let file = format!("/here/examples/Sketch{number}/Sketch{number}.ino");
        script.finished(&cell(name), at(&file, number + 1, &format!("'wrong{number}' was not declared")), 200)
    };
    (0..).zip(&names).fold(script, failed).end(300, 1)
}
