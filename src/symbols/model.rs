//! The symbols of a firmware, as values.

use serde::{Deserialize, Serialize};

use super::area::{Area, AreaSize, Areas};
use super::owner::Owner;

/// The symbols of a firmware.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbols {
    /// Sizes of its areas.
    pub areas: Areas<AreaSize>,
    /// The symbols with a size, the largest first.
    pub symbols: Vec<Symbol>,
}

/// A function or variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbol {
    /// Its name, as the source spells it.
    pub name: String,
    /// Its owner.
    pub owner: Owner,
    /// Its area.
    pub area: Area,
    /// Function or data.
    pub kind: Kind,
    /// Size in bytes.
    pub size: u64,
}

/// Kind of a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Code.
    Function,
    /// A variable or constant.
    Data,
}

/// The symbols of a cell, as stored beside its firmware.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellSymbols {
    /// Hash of the ELF, in hexadecimal.
    pub elf: String,
    /// The symbols of that ELF.
    #[serde(flatten)]
    pub symbols: Symbols,
}

impl CellSymbols {
    /// Name of the file in the cell's directory. It does not count as an output of the cell.
    pub const FILE: &'static str = ".symbols.json";
}
