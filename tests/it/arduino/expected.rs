//! What arduino-cli makes of cases: asked for, remembered between runs, recorded for machines that have none.
//!
//! With an arduino-cli on the machine its answers are the expected values, and the recorded table is checked against
//! them; without one the table answers. `FBUILD_MATRIX_RECORD=1` writes the table.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::case::Case;
use super::outcome::Outcome;
use super::peer::{ArduinoCli, arduino_cli, kept, toolchain};
use crate::support::{repository, skip};

/// arduino-cli works on one file at a time here, two of it at once.
static POOL: LazyLock<rayon::ThreadPool> =
    LazyLock::new(|| rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap());

/// A recorded table: a file of `tests/it/arduino/recorded`.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Table {
    /// Packages that made the firmware.
    toolchain: String,
    cases: BTreeMap<String, Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    /// Hash of the case that this is the outcome of.
    content: String,
    #[serde(flatten)]
    outcome: Outcome,
}

/// The outcomes that arduino-cli has for `cases`, in their order. `table` names the recorded table; cases without one
/// need an arduino-cli.
#[track_caller]
pub(crate) fn expected(table: Option<&str>, cases: &[Case]) -> Vec<Outcome> {
    let Some(real) = arduino_cli() else {
        let table = table.expect("these cases have no recorded table: they need an arduino-cli");
        return from_table(table, cases);
    };
    let outcomes = ask(real, cases);
    if let Some(table) = table {
        let made = Table {
            toolchain: toolchain(),
            cases: cases
                .iter()
                .zip(&outcomes)
                .map(|(case, outcome)| (case.id(), entry(case, outcome)))
                .collect(),
        };
        record(table, &made);
    }
    outcomes
}

fn entry(case: &Case, outcome: &Outcome) -> Entry {
    Entry { content: case.content.clone(), outcome: outcome.clone() }
}

fn table_path(table: &str) -> PathBuf {
    repository(&format!("tests/it/arduino/recorded/{table}.json"))
}

fn read(table: &str) -> Table {
    let path = table_path(table);
    let text = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; FBUILD_MATRIX_RECORD=1 writes it", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Writes the table, if that was asked for, else checks it.
#[track_caller]
fn record(name: &str, made: &Table) {
    let path = table_path(name);
    if std::env::var_os("FBUILD_MATRIX_RECORD").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, serde_json::to_string_pretty(made).unwrap() + "\n").unwrap();
        return;
    }
    let recorded = read(name);
    if recorded.toolchain == made.toolchain {
        let same = |id: &String| match (recorded.cases.get(id), made.cases.get(id)) {
            (Some(one), Some(other)) => one.content == other.content && one.outcome.agrees(&other.outcome),
            _ => false,
        };
        let ids: Vec<&String> =
            recorded.cases.keys().chain(made.cases.keys()).filter(|id| !same(id)).collect();
        assert!(
            ids.is_empty(),
            "{} is not what arduino-cli does: {ids:?}; FBUILD_MATRIX_RECORD=1 writes it anew",
            path.display()
        );
    } else {
        skip(format!("{name}.json was recorded with other packages, so it is not compared with arduino-cli"));
    }
}

/// What the table says, if it was recorded for these cases and with these packages.
#[track_caller]
fn from_table(name: &str, cases: &[Case]) -> Vec<Outcome> {
    let table = read(name);
    assert_eq!(
        table.toolchain,
        toolchain(),
        "{name}.json was recorded with other packages; give the tests an arduino-cli, or record it anew"
    );
    let find = |case: &Case| {
        let entry = table.cases.get(&case.id());
        let entry = entry.unwrap_or_else(|| panic!("{name}.json does not have {}", case.id()));
        assert_eq!(entry.content, case.content, "{name}.json was recorded for other files of {}", case.id());
        entry.outcome.clone()
    };
    cases.iter().map(find).collect()
}

/// Builds all cases, but for those whose outcome is known from an earlier run of the tests.
fn ask(real: &ArduinoCli, cases: &[Case]) -> Vec<Outcome> {
    let remembered = kept().join("outcomes");
    fs::create_dir_all(&remembered).unwrap();
    let paths: Vec<PathBuf> = cases.iter().map(|case| remembered.join(key(real, case))).collect();
    let one = |(case, path): (&Case, &PathBuf)| {
        recall(path).unwrap_or_else(|| {
            let outcome = real.build(case);
            let part = tempfile::NamedTempFile::new_in(&remembered).unwrap();
            fs::write(part.path(), serde_json::to_vec(&outcome).unwrap()).unwrap();
            part.persist(path).unwrap();
            outcome
        })
    };
    POOL.install(|| cases.par_iter().zip(&paths).map(one).collect())
}

/// Whether arduino-cli, asked again, gives another answer than `first`: it chooses at random among equal libraries.
pub(super) fn wavers(case: &Case, first: &Outcome) -> bool {
    let Some(real) = arduino_cli() else { return false };
    (0..6).any(|_| !real.build(case).agrees(first))
}

fn recall(path: &Path) -> Option<Outcome> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Names an outcome by all that it depends on. The place is part of it, because `__FILE__` can be.
fn key(real: &ArduinoCli, case: &Case) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [real.identity.as_str(), case.board.fqbn, &case.content, &case.name] {
        hasher.update(part.as_bytes()).update(b"\0");
    }
    for path in std::iter::once(&case.sketch).chain(&case.libraries) {
        hasher.update(path.as_os_str().as_encoded_bytes()).update(b"\0");
    }
    hasher.finalize().to_hex()[..32].to_owned()
}
