//! Stage 2: cells.

mod build;
mod explained;
mod generated;
mod inputs;
mod parts;
mod plan;

pub(super) use build::build;
pub(super) use parts::{CellCore, LibrarySources, Source};
