//! A warning of a compiler, an assembler or a linker.

use serde::{Deserialize, Serialize};

use super::location::Location;

/// A warning: a place and a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Warning {
    /// Owner of the code.
    pub owner: WarningOwner,
    /// Its place, if the tool names one.
    pub location: Option<Location>,
    /// The text in one line: `unused variable 'x' [-Wunused-variable]`.
    pub message: String,
}

/// Owner of the code that a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningOwner {
    /// The sketch, or the library under test.
    Own,
    /// Another library.
    Library,
    /// The core, the variant or the toolchain; also where no place is given.
    Core,
}

impl WarningOwner {
    /// All owners, in the order of reports.
    pub const ALL: [Self; 3] = [Self::Own, Self::Library, Self::Core];
}
