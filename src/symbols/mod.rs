//! What a firmware is made of: its functions and data, how much each takes, and whose they are. Bytes in, data
//! out: it reads ELFs and objects that it is given, and knows nothing of who makes them or who asks.
//!
//! `docs/symbols.md` says what the numbers mean and how an owner is found.

mod definitions;
mod demangle;
mod measure;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use definitions::Definitions;
pub use measure::{MeasureError, measure};

/// The symbols of one firmware.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbols {
    /// What its sections take.
    pub areas: Areas<AreaSize>,
    /// All that have a size, the largest first.
    pub symbols: Vec<Symbol>,
}

/// One function or variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbol {
    /// As the source spells it.
    pub name: String,
    /// Whose it is.
    pub owner: Owner,
    /// Where it lies.
    pub area: Area,
    /// Whether it is code.
    pub kind: Kind,
    /// Bytes.
    pub size: u64,
}

/// Whether a symbol is code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It is.
    Function,
    /// It is not.
    Data,
}

/// A part of the memory, by the flags of its sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// Executable: flash.
    Text,
    /// Read-only: flash.
    Rodata,
    /// Initialised: RAM, and its first values in flash.
    Data,
    /// Zero at the start: RAM.
    Bss,
}

impl Area {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Text, Self::Rodata, Self::Data, Self::Bss];

    /// Whether it takes flash.
    pub const fn is_in_flash(self) -> bool {
        !matches!(self, Self::Bss)
    }

    /// Whether it takes RAM.
    pub const fn is_in_ram(self) -> bool {
        matches!(self, Self::Data | Self::Bss)
    }

    /// The word for tables.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Rodata => "rodata",
            Self::Data => "data",
            Self::Bss => "bss",
        }
    }
}

/// Something for each area.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names of the areas
pub struct Areas<T> {
    pub text: T,
    pub rodata: T,
    pub data: T,
    pub bss: T,
}

impl<T> Areas<T> {
    /// That of one.
    pub const fn get(&self, area: Area) -> &T {
        match area {
            Area::Text => &self.text,
            Area::Rodata => &self.rodata,
            Area::Data => &self.data,
            Area::Bss => &self.bss,
        }
    }

    /// The same to be changed.
    pub const fn get_mut(&mut self, area: Area) -> &mut T {
        match area {
            Area::Text => &mut self.text,
            Area::Rodata => &mut self.rodata,
            Area::Data => &mut self.data,
            Area::Bss => &mut self.bss,
        }
    }
}

/// How large an area is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreaSize {
    /// Bytes of its sections.
    pub bytes: u64,
    /// Those of them that a symbol names. The others are literals, tables, vectors and gaps.
    pub named: u64,
}

/// Whose a symbol is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum Owner {
    /// The sketch's.
    Sketch,
    /// A library's, by the name of its folder.
    Library(String),
    /// The core's.
    Core,
    /// The variant's.
    Variant,
    /// No object of the build defines it: it is the tool chain's (libc, libgcc), or comes from an archive that is
    /// linked as it is.
    Other,
    /// It can't be told. With link-time optimisation nothing says where a static variable comes from.
    Unknown,
}

const LIBRARY: &str = "library ";

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sketch => f.write_str("sketch"),
            Self::Library(name) => write!(f, "{LIBRARY}{name}"),
            Self::Core => f.write_str("core"),
            Self::Variant => f.write_str("variant"),
            Self::Other => f.write_str("other"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

impl From<Owner> for String {
    fn from(owner: Owner) -> Self {
        owner.to_string()
    }
}

impl From<String> for Owner {
    fn from(word: String) -> Self {
        match (word.as_str(), word.strip_prefix(LIBRARY)) {
            ("sketch", _) => Self::Sketch,
            ("core", _) => Self::Core,
            ("variant", _) => Self::Variant,
            ("other", _) => Self::Other,
            (_, Some(name)) => Self::Library(name.to_owned()),
            // Also what a later version may say.
            _ => Self::Unknown,
        }
    }
}

/// The symbols of one cell, as they are kept beside its firmware.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellSymbols {
    /// The hash of the ELF that they are of, in hexadecimal.
    pub elf: String,
    /// They.
    #[serde(flatten)]
    pub symbols: Symbols,
}

impl CellSymbols {
    /// Their name in the cell's folder. It is none of the firmware's files.
    pub const FILE: &'static str = ".symbols.json";
}
