//! Areas of the memory.

use serde::{Deserialize, Serialize};

/// An area of the memory, by the flags of its sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// Executable, in flash.
    Text,
    /// Read-only, in flash.
    Rodata,
    /// Initialised, in RAM, with its initial values in flash.
    Data,
    /// Zero at the start, in RAM.
    Bss,
}

impl Area {
    /// All areas.
    pub const ALL: [Self; 4] = [Self::Text, Self::Rodata, Self::Data, Self::Bss];

    /// Returns whether it occupies flash.
    pub const fn is_in_flash(self) -> bool {
        !matches!(self, Self::Bss)
    }

    /// Returns whether it occupies RAM.
    pub const fn is_in_ram(self) -> bool {
        matches!(self, Self::Data | Self::Bss)
    }

    /// Returns the word for tables.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Rodata => "rodata",
            Self::Data => "data",
            Self::Bss => "bss",
        }
    }
}

/// A value for each area.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names of the areas
pub struct Areas<T> {
    pub text: T,
    pub rodata: T,
    pub data: T,
    pub bss: T,
}

impl<T> Areas<T> {
    /// Returns the value of an area.
    pub const fn get(&self, area: Area) -> &T {
        match area {
            Area::Text => &self.text,
            Area::Rodata => &self.rodata,
            Area::Data => &self.data,
            Area::Bss => &self.bss,
        }
    }

    /// Returns the value of an area, mutably.
    pub const fn get_mut(&mut self, area: Area) -> &mut T {
        match area {
            Area::Text => &mut self.text,
            Area::Rodata => &mut self.rodata,
            Area::Data => &mut self.data,
            Area::Bss => &mut self.bss,
        }
    }
}

/// Size of an area.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreaSize {
    /// Bytes of its sections.
    pub bytes: u64,
    /// Bytes with a symbol. The others are literals, tables, vectors and gaps.
    pub named: u64,
}
