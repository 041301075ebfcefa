//! `timing.json`: times of every job, of every slot, and along the critical path. Stores numbers, and no log text.
//!
//! `fold` collects the data of a run, `job` of a job; `critical` finds the critical path; `model` is the file's format.

mod critical;
mod fold;
mod job;
mod libraries;
mod model;
mod reporter;
#[cfg(test)]
mod tests;

pub(super) use reporter::Timing;
