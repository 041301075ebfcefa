//! What all subjects share: a folder to work in, the program, and what it left behind.

mod finished;
mod junit;
mod packages;
mod reports;
mod workspace;

pub(crate) use finished::{Finished, files_below};
pub(crate) use junit::{Junit, Verdict};
pub(crate) use packages::{Packages, avr_core, builtin_examples, esptool, packages, tool};
pub(crate) use reports::Reports;
pub(crate) use workspace::{Workspace, repository};
