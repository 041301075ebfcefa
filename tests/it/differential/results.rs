//! What a run came to, so that two runs can be compared.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use crate::support::{Reports, Verdict, Workspace};

/// Everything of a run that must not depend on what was kept from earlier ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Results {
    code: Option<i32>,
    /// By board and sketch.
    cells: BTreeMap<String, Cell>,
    /// What was said, where there are no reports.
    complaint: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Cell {
    verdict: Verdict,
    sizes: String,
    /// Of one that passed: the firmware in every form, by name.
    files: BTreeMap<PathBuf, Vec<u8>>,
}

/// Runs the project as it is, in a work directory, and reads what it came to.
pub(super) fn run(workspace: &Workspace, work: &str, more: &[&str]) -> Results {
    let directory = workspace.path(work);
    let _ = fs::remove_dir_all(directory.join("reports"));
    let run = workspace.run(["run", "m.yml", "--work-dir", work].iter().chain(more));
    // Where a path of the work directory is in a message it is the same directory in both.
    let neutral =
        |text: &str| text.replace(workspace.path(work).to_str().unwrap(), "WORK").replace(work, "WORK");
    // Not there where the matrix or the core can't be read.
    if !directory.join("reports/junit.xml").exists() || !matches!(run.code, Some(0 | 1)) {
        return Results { code: run.code, cells: BTreeMap::new(), complaint: Some(neutral(&run.stderr)) };
    }
    let reports = Reports::new(directory.join("reports"));
    let sizes: BTreeMap<String, String> = reports
        .events()
        .iter()
        .filter(|event| event["event"] == "job_finished" && event["job"]["cell"].is_object())
        .map(|event| {
            let cell = &event["job"]["cell"];
            let id = format!("{}/{}", cell["board"].as_str().unwrap(), cell["sketch"].as_str().unwrap());
            (id, event["sizes"].to_string())
        })
        .collect();
    let mut cells = BTreeMap::new();
    for case in reports.junit().cases() {
        let id = format!("{}/{}", case.classname, case.name);
        let verdict = match case.verdict.clone() {
            Verdict::Failure { message, body } => Verdict::Failure {
                message: neutral(&message),
                body: if body.is_empty() { body } else { String::new() },
            },
            Verdict::Error { message, .. } => {
                Verdict::Error { message: neutral(&message), body: String::new() }
            }
            other => other,
        };
        let directory = directory.join("cells").join(&id);
        let files = if verdict == Verdict::Passed { firmware(&directory) } else { BTreeMap::new() };
        let sizes = sizes.get(&id).cloned().unwrap_or_default();
        cells.insert(id, Cell { verdict, sizes, files });
    }
    Results { code: run.code, cells, complaint: None }
}

fn firmware(directory: &std::path::Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (PathBuf::from(path.file_name().unwrap()), fs::read(&path).unwrap()))
        .filter(|(name, _)| name.extension().is_some_and(|end| end == "hex" || end == "elf" || end == "bin"))
        .collect()
}

impl Results {
    /// Whether a cell was built.
    pub(super) fn any_built(&self) -> bool {
        self.cells.values().any(|cell| cell.verdict == Verdict::Passed)
    }

    /// How many cells tell of another error than those of a clean run.
    pub(super) fn other_errors(&self, clean: &Self) -> usize {
        self.cells
            .iter()
            .filter(|(id, cell)| clean.cells.get(*id).is_some_and(|it| it.verdict != cell.verdict))
            .count()
    }

    /// What was not built, and why.
    pub(super) fn failed(&self) -> Vec<String> {
        let cells = self.cells.iter().filter(|(_, cell)| cell.verdict != Verdict::Passed);
        let cells = cells.map(|(id, cell)| format!("{id}: {:?}", cell.verdict));
        cells.chain(self.complaint.clone()).collect()
    }

    /// Whether a cell came to the same in both.
    pub(super) fn has_same(&self, other: &Self, cell: &str) -> bool {
        let same = |one: &Cell, other: &Cell| one.files == other.files && one.sizes == other.sizes;
        matches!((self.cells.get(cell), other.cells.get(cell)), (Some(one), Some(two)) if same(one, two))
    }

    /// Whether every cell was built.
    pub(super) fn all_built(&self) -> bool {
        self.code == Some(0)
    }

    /// How these, of a warm run, differ from those of a clean one; nothing where they don't.
    pub(super) fn difference(&self, clean: &Self) -> String {
        let mut text = String::new();
        if self.code != clean.code {
            writeln!(text, "exit code: {:?}, clean {:?}", self.code, clean.code).unwrap();
        }
        if self.complaint != clean.complaint {
            writeln!(text, "complaint: {:?}\n    clean: {:?}", self.complaint, clean.complaint).unwrap();
        }
        if !self.cells.keys().eq(clean.cells.keys()) {
            writeln!(text, "cells: {:?}, clean {:?}", self.cells.keys(), clean.cells.keys()).unwrap();
        }
        for (id, cell) in &self.cells {
            let Some(expected) = clean.cells.get(id) else { continue };
            // Of several errors the first to be met is told, and a core's may come before a cell's own.
            let failed = |cell: &Cell| cell.verdict != Verdict::Passed;
            if failed(cell) != failed(expected) {
                writeln!(text, "{id}: {:?}\n    clean: {:?}", cell.verdict, expected.verdict).unwrap();
            }
            if cell.sizes != expected.sizes {
                writeln!(text, "{id}: sizes {}, clean {}", cell.sizes, expected.sizes).unwrap();
            }
            let names = cell.files.keys().chain(expected.files.keys());
            let mut names: Vec<_> =
                names.filter(|name| cell.files.get(*name) != expected.files.get(*name)).collect();
            names.sort();
            names.dedup();
            for name in names {
                let length = |files: &BTreeMap<PathBuf, Vec<u8>>| files.get(name).map(Vec::len);
                let (is, should) = (length(&cell.files), length(&expected.files));
                writeln!(text, "{id}: {} differs ({is:?} bytes, clean {should:?})", name.display()).unwrap();
            }
        }
        text
    }
}
