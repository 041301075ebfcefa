//! The memory use of a firmware.

use serde::{Deserialize, Serialize};

/// Sizes of a firmware in the memories of its board.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// Program memory.
    pub flash: Option<Usage>,
    /// Static data.
    pub ram: Option<Usage>,
    /// EEPROM image.
    pub eeprom: Option<Usage>,
}

/// Bytes used of a memory, and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Bytes used.
    pub used: u64,
    /// Bytes available, where the board says so.
    pub max: Option<u64>,
}
