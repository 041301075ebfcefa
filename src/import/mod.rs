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

mod adafruit_board;
mod adafruit_platforms;
mod arduino_ci;
mod arduino_ci_platforms;
mod compile_sketches;
mod expression;
mod filters;
mod imported;
mod library;
mod model;
mod notes;
mod strategy;
mod test_marks;
mod words;
mod workflow;
mod yaml;

use std::path::Path;

use filters::described_sketches;
pub use filters::{
    DescribedSketch, Esp32Build, Esp32Builds, Esp32Problem, FilteredBoard, SketchFilter, SketchRules,
    chip_of_mcu,
};
pub use imported::Imported;
pub use library::{LibraryFacts, holds_libraries};
pub use model::{CoreSource, ImportedBuild, ImportedCore, ImportedLibrary, LeftOut};
use notes::Notes;

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
    let sketches = described_sketches(dir);
    Imported { library, builds, sketches, unused, warnings: notes.into_lines() }
}
