//! What all subjects share: a directory to work in, the program, and what it left behind.

mod finished;
// Also the server of the download tests in the library (`src/provide/download/tests.rs`).
mod http_server;
mod junit;
mod packages;
mod reports;
mod skip;
mod vendor;
mod workspace;
mod yaml;

pub(crate) use finished::{Finished, files_below};
pub(crate) use junit::{Junit, Verdict};
pub(crate) use packages::{avr_core, builtin_examples, esptool, packages, python_programs, tool};
pub(crate) use reports::Reports;
pub(crate) use skip::skip;
pub(crate) use vendor::{INDEX, LIBRARIES, Vendor, packed, packed_directory, sha256};
pub(crate) use workspace::{Workspace, repository};
pub(crate) use yaml::yaml;
