//! Any core in Arduino's format: what its `platform.txt` says is all that is done.

use super::BuildOrchestrator;
use crate::plan::Family;

/// Builds for a family that needs no code of its own.
#[derive(Debug, Clone)]
pub(super) struct Generic(Family);

impl Generic {
    /// Builds for `family`.
    pub(super) fn new(family: Family) -> Self {
        Self(family)
    }
}

impl BuildOrchestrator for Generic {
    fn family(&self) -> Family {
        self.0.clone()
    }
}
