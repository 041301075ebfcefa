//! The differences between two runs, as values. Their names are those of the JSON form.

use serde::Serialize;

use super::change::Change;
use crate::symbols::{Area, Kind, Owner};

/// Differences between two runs.
#[derive(Debug, Default, Serialize)]
pub struct Comparison {
    /// Cells whose outcome changed, or that only one run has.
    pub(super) results: Vec<ResultChange>,
    /// Durations of the runs in milliseconds.
    pub(super) wall_ms: Change<u64>,
    /// Times in which steps held slots, over all jobs, in milliseconds.
    pub(super) slot_ms: Change<u64>,
    /// Cells that both runs built from scratch, with the time in which their steps held slots.
    pub(super) times: Vec<TimeChange>,
    /// Cells whose number of warnings changed.
    pub(super) warnings: Vec<WarningChange>,
    /// Cells whose use of flash or RAM, or whose sections changed.
    pub(super) sizes: Vec<SizeChange>,
    /// Number of cells whose sizes both runs have.
    pub(super) compared: usize,
    /// Sizes of symbols by owner, over all cells that have symbols in both runs; `None` where a run has none.
    pub(super) owners: Option<Vec<OwnerChange>>,
    /// Symbols whose size changed, the largest change first. The same change in several cells is listed once.
    pub(super) symbols: Option<Vec<SymbolChange>>,
    /// Exceeded thresholds, in the order of `--fail-on`.
    pub(super) exceeded: Vec<Exceeded>,
}

/// A cell whose outcome changed.
#[derive(Debug, Serialize)]
pub(super) struct ResultChange {
    pub(super) cell: String,
    #[serde(flatten)]
    pub(super) outcome: Change<Option<&'static str>>,
    /// The reason in the head run.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) reason: String,
    /// Whether the cell fails in the head and did not fail in the base.
    #[serde(skip)]
    pub(super) is_new_failure: bool,
}

/// A cell whose time can be compared.
#[derive(Debug, Serialize)]
pub(super) struct TimeChange {
    pub(super) cell: String,
    /// In milliseconds.
    #[serde(flatten)]
    pub(super) time: Change<u64>,
}

/// A cell whose number of warnings changed.
#[derive(Debug, Serialize)]
pub(super) struct WarningChange {
    pub(super) cell: String,
    #[serde(flatten)]
    pub(super) count: Change<u64>,
    /// Warnings in the sketch and the library under test.
    pub(super) own: Change<u64>,
}

/// A cell whose sizes changed.
#[derive(Debug, Serialize)]
pub(super) struct SizeChange {
    pub(super) cell: String,
    pub(super) flash: Option<Change<u64>>,
    pub(super) ram: Option<Change<u64>>,
    /// The sections whose size changed.
    pub(super) sections: Vec<SectionChange>,
}

/// A section whose size changed; 0 where it is missing.
#[derive(Debug, Serialize)]
pub(super) struct SectionChange {
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) bytes: Change<u64>,
}

/// Sizes of an owner's symbols.
#[derive(Debug, Serialize)]
pub(super) struct OwnerChange {
    pub(super) owner: Owner,
    pub(super) flash: Change<u64>,
    pub(super) ram: Change<u64>,
}

/// A symbol whose size changed.
#[derive(Debug, Serialize)]
pub(super) struct SymbolChange {
    #[serde(flatten)]
    pub(super) what: What,
    #[serde(flatten)]
    pub(super) size: Change<u64>,
    pub(super) cells: Vec<String>,
}

/// Identity of a symbol across runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub(super) struct What {
    pub(super) name: String,
    pub(super) owner: Owner,
    pub(super) area: Area,
    pub(super) kind: Kind,
}

/// An exceeded threshold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Exceeded {
    /// The threshold, as it was written.
    pub(super) threshold: String,
    /// The cell; `None` where the threshold is for the whole run.
    pub(super) cell: Option<String>,
    /// Value and limit in words.
    pub(super) message: String,
}

impl SizeChange {
    /// Returns the larger change of the two memories.
    pub(super) fn largest(&self) -> u64 {
        [self.flash, self.ram].into_iter().flatten().map(Change::size).max().unwrap_or(0)
    }
}
