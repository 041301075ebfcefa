//! The base of a run: results of an earlier run that this one is compared with.

use serde::{Deserialize, Serialize};

use super::id::CellId;
use super::sizes::Sizes;

/// Results of an earlier run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// Its place, as the user named it: a report directory or a Git revision.
    pub name: String,
    /// Its cells that have firmware.
    pub cells: Vec<BaseCell>,
}

/// A cell of an earlier run, with firmware.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseCell {
    /// Its id.
    #[serde(flatten)]
    pub id: CellId,
    /// Flash, RAM and EEPROM.
    pub sizes: Sizes,
    /// Number of warnings in the sketch and the library under test.
    pub own_warnings: u64,
    /// Number of all warnings.
    pub warnings: u64,
}
