//! What the jobs of a run make once for all of them.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::event::{CoreId, Failure};
use crate::includes::Hash;
use crate::pipeline::convert::Verdict;
use crate::pipeline::job::product::CoreArtifacts;
use crate::pipeline::prepare::staged_sketch::Sketches;
use crate::pipeline::unit::UnitTable;
use crate::plan::Layout;
use crate::sync::OncePerKey;

/// Tables of a run.
#[derive(Debug)]
pub struct Tables {
    /// Units.
    pub(in crate::pipeline) units: UnitTable,
    /// Staged sketches.
    pub(in crate::pipeline) sketches: Sketches,
    /// Cores that belong to single sketches, by name.
    pub(in crate::pipeline) own_cores: OncePerKey<CoreId, Result<Arc<CoreArtifacts>, Box<Failure>>>,
    /// Conversions that were compared with their tool's.
    pub(in crate::pipeline) proofs: OncePerKey<Hash, Verdict>,
    /// Tells this run from every other.
    pub(in crate::pipeline) nonce: u128,
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
