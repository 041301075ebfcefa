//! A prefix that is to be made.

use std::time::Duration;

use super::candidate::Candidate;

/// A prefix that is to be made, and its measure.
#[derive(Debug)]
pub(in crate::pipeline::unit) struct Due {
    pub(super) candidate: Candidate,
    /// Duration of the compile that it was counted with.
    pub(super) took: Duration,
}
