//! From what `arduino-ctags` prints to prototypes, by the rules of arduino-cli
//! (`internal/arduino/builder/internal/preprocessor/internal/ctags`). Its oddities are kept: a sketch that only builds
//! because of one of them builds here too, and one that fails because of one fails.

mod code;
mod lines;
mod linkage;
mod list;
mod tag;
#[cfg(test)]
mod tests;

pub use code::Sources;
pub use lines::{ARGUMENTS, sketch_lines};
pub use list::prototypes;
pub(super) use list::uses;
