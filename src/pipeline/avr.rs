//! AVR. Everything is in its `platform.txt`.

use super::BuildOrchestrator;
use crate::plan::Family;

/// Builds for AVR.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avr;

impl BuildOrchestrator for Avr {
    fn family(&self) -> Family {
        Family::Avr
    }
}
