//! `--changed-since`: which cells a change of the Git checkout can affect. Git lists the changed files, and the recorded
//! inputs of earlier builds tell which cells can read them. A run records the inputs of the cells that it plans.

mod definition;
mod git;
mod judge;
mod places;
mod recorder;
mod select;
mod touched;

pub use git::Changes;
pub(super) use recorder::Recorder;
pub use select::{Inputs, Wanted, select};
