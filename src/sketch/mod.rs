//! Converts a sketch directory to C++, as arduino-cli does: finds the sketch's files ([`mod@files`]), merges its `.ino`
//! files into one source ([`mod@merge`]), and inserts prototypes ([`mod@prototypes`]).
//!
//! arduino-cli preprocesses the merged source with the board's compiler and lists its functions with `arduino-ctags`.
//! [`mod@ctags`] reads that list. [`mod@plain`] derives the same prototypes without a process for sources whose result
//! is certain.
//!
//! Everything but [`files::load`] and [`ctags::Sources`] is a pure function of bytes.

pub mod ctags;
pub mod files;
pub mod merge;
pub mod plain;
pub mod prototypes;

pub use files::{SketchError, SketchFiles, load, load_file};
pub use merge::{Merged, SketchFile, line_directive, merge, without_mark};
pub use plain::Plain;
pub use prototypes::{Prototype, Prototypes};
