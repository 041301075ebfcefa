//! What CI systems read: groups and annotations in the log, the step summary, the outputs of a step, the code quality
//! report.
//!
//! `marks` and `commands` have the forms of GitHub, GitLab and Azure; `findings` collects what is shown, `workspace`
//! names files as the systems do; `annotations`, `outputs` and `code_quality` are made from both; `reporter`,
//! `step_summary` and `early` write them.

mod annotations;
mod code_quality;
mod commands;
mod early;
mod environment_file;
mod findings;
mod marks;
mod outputs;
mod reporter;
mod step_summary;
#[cfg(test)]
mod testing;
mod workspace;

pub(super) use code_quality::CodeQuality;
pub use early::{EarlyError, announce_error};
pub(super) use marks::Marks;
pub(super) use reporter::CiReporter;
pub(super) use step_summary::StepSummary;
