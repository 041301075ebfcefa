//! Compares two finished runs: cells whose outcome differs, firmware whose size differs, the sections and symbols that
//! cause it, warnings and times. Knows nothing of where the reports are.

mod change;
mod make;
mod markdown;
mod model;
mod symbols;
mod table;
#[cfg(test)]
mod tests;
mod threshold;

pub use model::Comparison;
pub use threshold::{Threshold, ThresholdError};
