//! Prepares a sketch: staged files, prototypes, calls of the preprocessor.

pub(super) mod preprocessor;
pub(super) mod prototypes;
pub(super) mod staged;
pub(super) mod staged_sketch;
