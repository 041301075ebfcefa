//! The content of a firmware: its functions and data, their sizes, their owners. Takes the bytes of ELFs and objects,
//! and returns data; knows nothing of a build.
//!
//! `docs/symbols.md` explains the numbers and how an owner is found.

mod area;
mod definitions;
mod demangle;
mod measure;
mod model;
mod owner;
mod sections;
#[cfg(test)]
mod tests;

pub use area::{Area, AreaSize, Areas};
pub use definitions::Definitions;
pub use measure::{MeasureError, measure};
pub use model::{CellSymbols, Kind, Symbol, Symbols};
pub use owner::Owner;
pub use sections::sections;
