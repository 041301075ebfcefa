//! What the jobs of a run make once for all of them.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::convert::Verdict;
use super::prepare::Sketches;
use super::product::CoreArtifacts;
use super::unit::UnitTable;
use crate::event::{CoreId, Failure};
use crate::includes::Hash;
use crate::plan::Layout;
use crate::sync::OncePerKey;

/// Tables of a run.
#[derive(Debug)]
pub struct Tables {
    /// Units.
    pub(super) units: UnitTable,
    /// Staged sketches.
    pub(super) sketches: Sketches,
    /// Cores that belong to single sketches, by name.
    pub(super) own_cores: OncePerKey<CoreId, Result<Arc<CoreArtifacts>, Box<Failure>>>,
    /// Conversions that were compared with their tool's.
    pub(super) proofs: OncePerKey<Hash, Verdict>,
    /// Tells this run from every other.
    pub(super) nonce: u128,
}

impl Tables {
    /// Empty tables for a run in a work directory.
    pub fn new(layout: &Layout) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            units: UnitTable::new(layout),
            sketches: Sketches::new(layout.sketches()),
            own_cores: OncePerKey::default(),
            proofs: OncePerKey::default(),
            nonce: (now.as_nanos() << 32) | u128::from(std::process::id()),
        }
    }
}
