//! `timing.json`: where the time went, for every job, for every slot, and along the critical path. Keeps numbers, and
//! no text of any log.
//!
//! `fold` keeps what the report needs of a run, `job` of a job; `critical` finds the critical path; `model` is the
//! file's format.

mod critical;
mod fold;
mod job;
mod libraries;
mod model;
mod reporter;
#[cfg(test)]
mod tests;

pub(super) use reporter::Timing;
