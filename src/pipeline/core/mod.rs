//! Stage 1: cores.

mod build;
mod empty_sketch;
mod make;
mod own;
mod plan;
mod stored;

pub(super) use build::build;
pub(super) use own::{build_own, names_the_job};
pub(super) use plan::{include_directories, plan_sources};
