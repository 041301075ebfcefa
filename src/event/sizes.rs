//! The memory use of a firmware.

use serde::{Deserialize, Serialize};

/// Sizes of a firmware in the memories of its board.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// Program memory.
    pub flash: Option<Usage>,
    /// Static data.
    pub ram: Option<Usage>,
    /// EEPROM image.
    pub eeprom: Option<Usage>,
    /// Sections of the ELF that occupy memory, in its order; empty where no ELF was read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Section>,
}

/// A section of an ELF.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Its name: `.text`.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Bytes used of a memory, and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Bytes used.
    pub used: u64,
    /// Bytes available, where the board says so.
    pub max: Option<u64>,
}
