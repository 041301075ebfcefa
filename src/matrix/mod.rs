//! The matrix file: from YAML to cells, with a diagnostic for every error in it. Knows no installed core, no compiler and
//! no report.
//!
//! ```text
//! text ─▶ syntax ─▶ validate ─▶ schema ─▶ resolve ─▶ Matrix ─▶ expand ─▶ Expansion ─▶ select
//!         tree      against      types     meaning              discover  cells        expression
//!                   JSON Schema
//! ```
//!
//! Each step returns all errors that it finds, as [`Diagnostic`]s with places. A step runs only if the one before found
//! none.

mod board_names;
mod board_profile;
mod board_variant;
mod cell;
mod date;
mod diagnostic;
mod discover;
mod duration;
mod expand;
mod expectation;
mod expression;
mod filtered;
mod model;
mod name_glob;
mod path_pattern;
mod possible;
mod profiles;
mod ratchet;
mod read;
mod resolve;
mod schema;
mod select;
mod sketch_dir;
mod sketch_project;
mod source;
mod syntax;
#[cfg(test)]
mod tests;
mod validate;
mod variants;
mod walk;

pub use board_profile::{BoardProfile, PinnedPlatform};
pub use board_variant::BoardVariant;
pub use cell::{Cell, Expansion, NotASketch, NotInstalled, SketchRef, SkippedCell};
pub use date::{Date, DateError};
pub use diagnostic::{Diagnostic, Invalid, MatrixError};
pub use discover::{SketchKind, sketches_at};
pub use duration::{DurationError, parse_duration};
pub use expand::{Hardwares, expand, expand_installed};
pub use expectation::{Expectation, ExpectedResult};
pub use expression::{BoardFacts, ExpressionError, Facts, Filter, FilterError, Hardware, SketchFacts};
pub use model::{
    BUILTIN, Board, Core, Defaults, Embed, Emulation, EntryLimits, ExcludeRule, From, IndexedCore,
    LibraryEntries, LibraryEntry, LibrarySource, Matrix, Overrides, Packages, Provider, Run, RunSettings,
    SketchEntry, SketchRoots, Tool,
};
pub use name_glob::{GlobError, NameGlob, NameGlobs};
pub use possible::{Possible, possible};
pub use ratchet::{PresentValues, Ratcheted};
pub use schema::{Emulator, Precompile, Warnings, json_schema};
pub use select::{SelectError, Selection, select};
pub use source::{Position, Span, Spanned};
