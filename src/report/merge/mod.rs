//! One run out of the runs of several shards: checks that they belong together, and combines their events into those of
//! a single run. All reports are folds over events, so the combined events make all of them.

mod check;
mod combine;
mod cores;
mod error;
mod find;
mod merged;
mod rebase;
mod shard_run;
#[cfg(test)]
mod tests;

pub use error::MergeError;
pub use merged::MergedRun;
