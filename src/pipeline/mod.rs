//! Builds one core or one cell: chooses the sources and runs the commands in order. Knows nothing of how many
//! jobs run in parallel, nor of the consumers of events.

mod build;
mod cell;
mod convert;
mod core;
mod discover;
mod failure;
mod firmware;
mod hooks;
mod job;
mod link;
mod output;
mod prepare;
mod run;
mod shared;
mod unit;

pub use build::{build_cell, build_core};
pub use convert::in_process as convert_in_process;
pub use discover::library_use::log_paragraph;
pub use failure::error::{Blocked, BuildError};
pub use failure::stored::StoredFailures;
pub use failure::warnings::{WarningOwners, find_warnings};
pub use job::ahead::Ahead;
pub use job::core_handle::{CoreHandle, CorePromise, core_promise};
pub use job::in_flight::InFlight;
pub use job::job_context::{JobContext, JobLibraries};
pub use job::product::{CellArtifacts, CoreArtifacts, CoreOutline};
pub use job::stopwatch::Stopwatch;
pub use job::track::Track;
pub use output::directory::{renew_log, write_log};
pub use prepare::staged::sweep as sweep_staged;
pub use shared::checkout::Checkout;
pub use shared::context::{BuildContext, Emulators, Helpers, Stores};
pub use shared::inputs::{CellReach, InputTable};
pub use shared::known::Known;
pub use shared::runner::Runner;
pub use shared::tables::Tables;
pub use shared::tool::{LazyTool, Tool};
pub use unit::PrefixTable;
