//! Converts the output of `arduino-ctags` to prototypes, by the rules of arduino-cli
//! (`internal/arduino/builder/internal/preprocessor/internal/ctags`). Its oddities are reproduced: a sketch that builds
//! or fails only because of one does the same here.

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
