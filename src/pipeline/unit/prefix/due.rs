//! A prefix that is to be made.

use std::time::Duration;

use super::candidate::Candidate;

/// A prefix that is to be made, and its measure.
#[derive(Debug)]
pub(in crate::pipeline::unit) struct Due {
    pub(super) candidate: Candidate,
    /// Mean duration of the plain compiles that it was counted with.
    pub(super) plain: Duration,
}
