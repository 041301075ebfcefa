//! AVR. Everything is in its `platform.txt`; that the `ATmega2560` is linked with `--relax`, which is
//! not, comes with the board's properties ([`crate::board::RuntimeEnv::relax_atmega2560`]).

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
