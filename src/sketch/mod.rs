//! From a sketch directory to C++, as arduino-cli does it: which files belong to the sketch
//! ([`mod@files`]), its `.ino` files in one source ([`mod@merge`]), and that source with prototypes
//! ([`mod@prototypes`]).
//!
//! arduino-cli preprocesses the merged source with the board's compiler and asks `arduino-ctags` which
//! functions it has. [`mod@ctags`] reads that answer. [`mod@plain`] finds the same prototypes without any
//! process in sources of a class for which the answer is certain.
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
