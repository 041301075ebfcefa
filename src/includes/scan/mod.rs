//! Reads the preprocessor lines of one file, without preprocessing it: its includes in any branch, and
//! its dependencies on more than files. Knows no other file and no macro's value.
//!
//! Follows the phases of translation of C and C++ as far as they matter here: line splices, comments,
//! string and raw string literals, digraphs, trigraphs. Where a compiler's options decide the meaning of a text,
//! the text is read with each of them, and the results are merged.
//!
//! Limits: names that the preprocessor joins from pieces of tokens (`a##b`) in `__has_include`, `__DATE__` and
//! the like, and directives of the assembler that are split over several strings, are not found.

mod assembler;
mod definitions;
mod header_name;
mod lines;
mod model;
mod needs;
mod readings;
mod scanner;
mod splices;
mod traits;
mod words;

pub(super) use definitions::definitions;
pub use model::{Condition, Directive, Form, Include, Scan, Trait};
pub use needs::{MacroName, Needs};
pub use scanner::scan;
pub use words::{BASE_NAME, OWN_NAMES, TIMES};
