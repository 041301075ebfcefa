//! A warning of a compiler, an assembler or a linker.

use serde::Serialize;

use super::Location;

/// A warning: a place and a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Warning {
    /// In whose code it is.
    pub owner: WarningOwner,
    /// Where, if the tool says so.
    pub location: Option<Location>,
    /// In one line: `unused variable 'x' [-Wunused-variable]`.
    pub message: String,
}

/// In whose code a warning is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningOwner {
    /// The sketch's or the library's under test.
    Own,
    /// Another library's.
    Library,
    /// The core's, the variant's or the tool chain's; also where no place is given.
    Core,
}

impl WarningOwner {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 3] = [Self::Own, Self::Library, Self::Core];
}
