//! Every event of a run, as values. The modules that build send events through an [`EventSink`]; [`crate::report`]
//! folds them into reports. This module depends on neither.
//!
//! Events can be written as JSON and read back. Files of earlier versions stay readable: a new field of a kind has a
//! default (`#[serde(default)]`). Files of later versions are readable as far as their kinds are known here: a reader
//! ignores other fields, and other kinds are [`EventKind::Unknown`].

mod base;
mod id;
mod job;
mod kind;
mod libraries;
mod location;
mod micros;
mod notes;
mod outcome;
mod overflow;
mod path_text;
mod run;
mod seconds;
mod sink;
mod sizes;
mod span;
mod step;
#[cfg(test)]
mod tests;
mod warning;

pub use base::{Base, BaseCell};
pub use id::{CellId, CoreId, JobId};
pub use job::{CellInfo, CoreInfo, JobResult, Phase, SkippedCell, UnitCounts, UsedPackage};
pub use kind::{Event, EventKind};
pub use libraries::{Listed, NamedLibrary, Replaced, UsedLibrary};
pub use location::Location;
pub use micros::whole_micros;
pub use notes::{BudgetKind, JobNotes, OverBudget};
pub use outcome::{Failure, FailureKind, Outcome, StorageCause};
pub use overflow::{FullMemory, LargeObject, Overflow, grouped};
pub use run::{Commit, Level, RunInfo, RunPhase, ShardCells, ShardInfo};
pub use sink::{EventSink, channel};
pub use sizes::{Section, Sizes, Usage};
pub use span::Span;
pub use step::{CacheOutcome, Step, StepInfo};
pub use warning::{Warning, WarningOwner};
