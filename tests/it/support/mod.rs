//! What all subjects share: a directory to work in, the program, and what it left behind.

mod finished;
// Its tests are those of downloads in the library; the end-to-end tests serve indexes and archives with it.
#[allow(dead_code, unused_imports)]
pub(crate) mod http_server;
mod junit;
mod packages;
mod reports;
mod skip;
mod workspace;
mod yaml;

pub(crate) use finished::{Finished, files_below};
pub(crate) use junit::{Junit, Verdict};
pub(crate) use packages::{avr_core, builtin_examples, esptool, packages, python_programs, tool};
pub(crate) use reports::Reports;
pub(crate) use skip::skip;
pub(crate) use workspace::{Workspace, repository};
pub(crate) use yaml::yaml;
