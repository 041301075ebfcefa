//! Results that are computed once for all jobs of a run.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::inputs::InputTable;
use crate::event::{CoreId, Failure};
use crate::includes::Hash;
use crate::pipeline::convert::Verdict;
use crate::pipeline::job::product::CoreArtifacts;
use crate::pipeline::prepare::staged_sketch::Sketches;
use crate::pipeline::unit::{PrefixTable, UnitTable};
use crate::plan::Layout;
use crate::sync::OncePerKey;

/// Tables of a run.
#[derive(Debug)]
pub struct Tables {
    /// Units.
    pub(in crate::pipeline) units: UnitTable,
    /// Precompiled prefixes.
    pub(in crate::pipeline) prefixes: PrefixTable,
    /// Staged sketches.
    pub(in crate::pipeline) sketches: Sketches,
    /// Cores for single sketches, by id.
    pub(in crate::pipeline) own_cores: OncePerKey<CoreId, Result<Arc<CoreArtifacts>, Box<Failure>>>,
    /// The preprocessor's answers about missing includes.
    pub(in crate::pipeline) missing: OncePerKey<Hash, Option<String>>,
    /// Verdicts on the tools of conversions.
    pub(in crate::pipeline) proofs: OncePerKey<Hash, Verdict>,
    /// Inputs of cores and cells, for `--changed-since`.
    pub inputs: InputTable,
    /// Number that no other run has.
    pub(in crate::pipeline) nonce: u128,
}

impl Tables {
    /// Returns empty tables for a run in a work directory.
    pub fn new(layout: &Layout, prefixes: PrefixTable, inputs: InputTable) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            units: UnitTable::new(layout),
            prefixes,
            sketches: Sketches::new(layout.sketches()),
            own_cores: OncePerKey::default(),
            missing: OncePerKey::default(),
            proofs: OncePerKey::default(),
            inputs,
            nonce: (now.as_nanos() << 32) | u128::from(std::process::id()),
        }
    }
}
