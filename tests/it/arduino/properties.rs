//! `arduino-cli compile --show-properties=expanded` and `fbuild-matrix boards FQBN --properties` print the same, but for
//! what docs/arduino.md lists: for every board of Arduino's core with every option of its menus, and for every board of
//! `matrices/platforms.yml`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fbuild_matrix::matrix::{Matrix, Provider};
use rayon::prelude::*;

use super::peer::{WithPlatforms, arduino_cli};
use crate::support::{Workspace, repository};

/// What differs: the sketch, the build directory, the clock, the program's own place.
const DIFFERENT: [&str; 9] = [
    "build.path",
    "build.project_name",
    "build.source.path",
    "extra.time.dst",
    "extra.time.local",
    "extra.time.utc",
    "extra.time.zone",
    "runtime.ide.path",
    "sketch_path",
];

/// What arduino-cli prints of its own built-in tools.
const OWN_TOOLS: &str = "runtime.tools.ctags";

/// A board of the comparison.
struct Subject {
    fqbn: String,
    /// Arguments of ours before `--properties`.
    of: Vec<String>,
}

/// The properties that a board is given in both: where the tools are, and what Debian's compiler needs.
pub(super) fn given(lines: &[String]) -> Vec<String> {
    let is_given = |line: &&String| {
        ["runtime.tools.", "compiler.path=", "compiler.cpp.extra_flags="]
            .iter()
            .any(|it| line.starts_with(it))
    };
    lines.iter().filter(is_given).cloned().collect()
}

fn key(line: &str) -> &str {
    line.split_once('=').map_or(line, |(key, _)| key)
}

fn value<'a>(lines: &'a [String], name: &str) -> &'a str {
    let line = lines.iter().find(|line| key(line) == name);
    line.unwrap_or_else(|| panic!("no {name} in {lines:?}")).split_once('=').unwrap().1
}

/// The lines that should be equal, with names for directories.
fn comparable(lines: &[String], of: &[&[String]]) -> Vec<String> {
    let mut names: BTreeMap<&str, String> = BTreeMap::new();
    for lines in of {
        for line in lines.iter().filter(|line| line.starts_with("runtime.tools.")) {
            names.insert(line.split_once('=').unwrap().1, "TOOL".to_owned());
        }
        names.insert(value(lines, "runtime.hardware.path"), "HARDWARE".to_owned());
    }
    for lines in of {
        names.insert(value(lines, "runtime.platform.path"), "PLATFORM".to_owned());
        names.insert(value(lines, "build.core.platform.path"), "CORE".to_owned());
    }
    let mut names: Vec<_> = names.into_iter().filter(|(path, _)| path.starts_with('/')).collect();
    names.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
    let named = |line: &String| {
        let line = names.iter().fold(line.clone(), |line, (path, name)| line.replace(path, name));
        // Where a tool is not given, the platform's own path to it is left.
        line.replace("PLATFORM", "CORE")
    };
    let is_compared = |line: &&String| !DIFFERENT.contains(&key(line)) && !line.starts_with(OWN_TOOLS);
    lines.iter().filter(is_compared).map(named).collect()
}

fn ours(workspace: &Workspace, subject: &Subject) -> Vec<String> {
    let arguments = ["boards", subject.fqbn.as_str(), "--properties"].into_iter().map(str::to_owned);
    let run = workspace.run(arguments.chain(subject.of.clone())).assert_exit(0);
    run.stdout.lines().map(str::to_owned).collect()
}

fn theirs(peer: &WithPlatforms, subject: &Subject, ours: &[String], sketch: &Path) -> Vec<String> {
    let mut properties = given(ours);
    // As if nobody had set them: they stay as they are written.
    properties.extend(DIFFERENT.map(|key| format!("{key}={{{key}}}")));
    let mut command = peer.compile(&subject.fqbn, &properties, &[]);
    let output = command.arg("--show-properties=expanded").arg(sketch).output().unwrap();
    assert!(output.status.success(), "{}: {}", subject.fqbn, String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn hash(lines: &[String]) -> String {
    blake3::hash(lines.join("\n").as_bytes()).to_hex()[..16].to_owned()
}

/// Compares all, and with the recorded table: hashes of what arduino-cli prints, by FQBN.
#[track_caller]
fn compare(table: &str, platforms: &[(String, PathBuf)], subjects: &[Subject]) {
    let workspace = Workspace::new().sketch("S", "void setup() {}\nvoid loop() {}\n");
    let sketch = workspace.path("S");
    let peer = arduino_cli().map(|cli| cli.with(platforms, &workspace.path("")));
    let one = |subject: &Subject| {
        let ours = ours(&workspace, subject);
        let Some(peer) = &peer else {
            return (subject.fqbn.clone(), hash(&comparable(&ours, &[&ours])), Vec::new());
        };
        let theirs = theirs(peer, subject, &ours, &sketch);
        let both = [ours.as_slice(), theirs.as_slice()];
        let (ours_lines, their_lines) = (comparable(&ours, &both), comparable(&theirs, &both));
        let mut differences: Vec<String> = Vec::new();
        differences.extend(
            their_lines.iter().filter(|it| !ours_lines.contains(it)).map(|it| format!("theirs {it}")),
        );
        differences.extend(
            ours_lines.iter().filter(|it| !their_lines.contains(it)).map(|it| format!("ours   {it}")),
        );
        if differences.is_empty() && ours_lines != their_lines {
            differences.push("another order".to_owned());
        }
        (subject.fqbn.clone(), hash(&comparable(&ours, &[&ours])), differences)
    };
    let results: Vec<_> = subjects.par_iter().map(one).collect();
    let different: Vec<String> = results
        .iter()
        .filter(|(_, _, differences)| !differences.is_empty())
        .map(|(fqbn, _, differences)| format!("{fqbn}\n  {}", differences.join("\n  ")))
        .collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
    let made: BTreeMap<String, String> = results.into_iter().map(|(fqbn, hash, _)| (fqbn, hash)).collect();
    let path = repository(&format!("tests/it/arduino/recorded/{table}.json"));
    if peer.is_some() && std::env::var_os("FBUILD_MATRIX_RECORD").is_some() {
        fs::write(&path, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
    }
    let recorded: BTreeMap<String, String> =
        serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(
        made,
        recorded,
        "{} is not what arduino-cli prints; FBUILD_MATRIX_RECORD=1 writes it",
        path.display()
    );
}

/// Every board that is listed, with each option of its menus.
#[test]
fn of_every_board_of_arduinos_core_with_every_option() {
    crate::support::avr_core();
    let workspace = Workspace::new();
    let run = workspace.run(["boards", "-b", "arduino:avr:*"]).assert_exit(0);
    let mut fqbns: Vec<String> = Vec::new();
    let mut board = "";
    for line in run.stdout.lines() {
        let word = line.split_whitespace().next().unwrap();
        if line.starts_with(' ') {
            fqbns.push(format!("{board}:{word}"));
        } else {
            board = word;
            fqbns.push(word.to_owned());
        }
    }
    let subject = |fqbn| Subject { fqbn, of: vec!["--offline".to_owned()] };
    let subjects: Vec<Subject> = fqbns.into_iter().map(subject).collect();
    assert!(subjects.len() >= 40, "{} boards and options", subjects.len());
    compare("properties-avr", &[], &subjects);
}

#[test]
fn of_every_board_of_the_platforms_matrix() {
    let path = repository("matrices/platforms.yml");
    let matrix = Matrix::read(&path).unwrap();
    let platforms: Vec<(String, PathBuf)> = matrix
        .cores
        .iter()
        .filter_map(|(name, core)| match &core.provider {
            Provider::Path { dir, .. } => Some((name.clone(), dir.value.clone())),
            _ => None,
        })
        .collect();
    let of = vec![path.display().to_string()];
    let subject = |fqbn: String| Subject { fqbn, of: of.clone() };
    let subjects: Vec<Subject> =
        matrix.boards.values().map(|board| subject(board.fqbn.value.to_string())).collect();
    compare("properties-platforms", &platforms, &subjects);
}
