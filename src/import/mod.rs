//! Descriptions of builds that other tools read: a library's `library.properties`, GitHub workflows with
//! `arduino/compile-sketches`, `.arduino-ci.yml`, and the marks of Adafruit's libraries. Turns them into plain values. Runs nothing, and knows no matrix.
//!
//! ```text
//! yaml ─▶ workflow ─▶ strategy ─▶ compile_sketches ─▶ ImportedBuild
//!    │        └─────── expression ───────┘                 ▲
//!    └──▶ arduino_ci ──────────────────────────────────────┘
//! ```
//!
//! `filters` reads the same files and others as rules: for which boards a sketch is not built.

mod arduino_ci;
mod arduino_ci_platforms;
mod compile_sketches;
mod expression;
mod filters;
mod library;
mod model;
mod notes;
mod strategy;
mod test_marks;
mod words;
mod workflow;
mod yaml;

use std::path::Path;

pub use filters::{FilteredBoard, SketchFilter, SketchRules};
pub use library::{LibraryFacts, holds_libraries};
pub use model::{CoreSource, Imported, ImportedBuild, ImportedCore, ImportedLibrary, LeftOut};
use notes::Notes;
pub use test_marks::MarkedSketch;

/// Reads the descriptions in a directory. The builds are those of the workflows; without any, those of
/// `.arduino-ci.yml`. What can't be read is a warning.
pub fn import(dir: &Path) -> Imported {
    let mut notes = Notes::default();
    let library = library::read(dir, &mut notes);
    let from_workflows = workflow::read(dir, &mut notes);
    let arduino_ci = arduino_ci::file(dir);
    let (builds, unused) = match arduino_ci {
        Some(file) if from_workflows.is_empty() => (arduino_ci::read(dir, &file, &mut notes), None),
        other => (from_workflows, other),
    };
    let marked = test_marks::read(dir);
    Imported { library, builds, marked, unused, warnings: notes.into_lines() }
}
