//! What filters know of a board.

use std::path::PathBuf;

use super::esp32_chip::{ESP32, chip_of_mcu, early_chip};
use crate::platform::Fqbn;

/// A board as filters see it.
#[derive(Debug, Clone)]
pub struct FilteredBoard {
    /// Its name.
    pub name: String,
    /// Its FQBN.
    pub fqbn: Fqbn,
    /// Its tags; `memory-tiny`, `memory-low`, `memory-large` and `memory-huge` are memory tiers of `FastLED`, `chip-esp32s3` is a chip.
    pub tags: Vec<String>,
    /// `build.mcu`, if it is known.
    pub mcu: Option<String>,
    /// RAM for global variables in bytes, if it is known.
    pub ram: Option<u64>,
    /// The directory of the precompiled libraries of an ESP32, with its `sdkconfig`, if it is known.
    pub sdk: Option<PathBuf>,
}

impl FilteredBoard {
    /// Returns whether a description's FQBN means this board: the same board, and no menu option with another value.
    pub(super) fn is_meant_by(&self, other: &Fqbn) -> bool {
        let own = &self.fqbn;
        let is_board = (&own.vendor, &own.architecture, &own.board)
            == (&other.vendor, &other.architecture, &other.board);
        let contradicts = |(menu, option): &(String, String)| {
            own.options.iter().any(|(it, value)| it == menu && value != option)
        };
        is_board && !other.options.iter().any(contradicts)
    }

    /// Returns the chip of a board of an ESP32 core: `esp32s3`.
    pub(super) fn esp32_chip(&self) -> Option<String> {
        let known = || chip_of_mcu(self.mcu.as_deref()).map(str::to_owned);
        let chip = || known().or_else(|| early_chip(&self.fqbn, &self.tags));
        (self.fqbn.architecture == ESP32).then(|| chip().unwrap_or_else(|| self.fqbn.board.clone()))
    }
}
