//! Reports as folds over [events](crate::event): each [`Reporter`] collects the data that it needs, and writes its file
//! or the terminal from that. Only this module prints or writes reports; it knows nothing of how anything is built.
//!
//! ```text
//! Receiver<Event> ─▶ listener thread ─┬▶ events.jsonl   as it happens
//!                                     ├▶ console        as it happens, closing table at the end
//!                                     ├▶ junit.xml, timing.json, trace.json, sizes.json, summary.md   at the end
//!                                     └▶ annotations, step summary and outputs of a CI system   at the end
//! ```
//!
//! A new report is a file here that implements [`Reporter`], and an entry in [`Reports::open`]. The files are described
//! in `docs/reports.md`.

#![cfg_attr(test, allow(clippy::expect_used))] // a test that can't go on says why

mod busy;
mod causes;
mod ci;
mod compact;
mod compare;
mod console;
mod copies;
mod error;
mod failure_text;
mod failures;
mod file;
mod growth;
mod held;
mod jsonl;
mod junit;
mod last_run;
mod markdown;
mod merge;
mod notes;
mod notices;
mod options;
mod past;
mod paths;
mod recorded;
mod report_dir;
mod reporter;
mod reports;
mod roster;
mod sizes;
mod summary;
mod symbols;
mod tally;
#[cfg(test)]
mod testing;
mod text;
mod timestamp;
mod timing;
mod trace;
mod uncacheable;
mod warnings;
mod words;

pub use ci::{EarlyError, announce_error};
pub use compare::{Comparison, Threshold, ThresholdError};
pub use error::{ReportError, ReportOutcome};
pub use last_run::LastRun;
pub use merge::{MergeError, MergedRun};
pub use options::{Annotations, CiOptions, Color, JunitDialect, Progress, ReportOptions, Verbosity};
pub use past::{Past, PastCell, PastError, PastOutcome, reports_in};
pub use recorded::RecordedTimes;
pub use reporter::Reporter;
pub use reports::Reports;
pub use symbols::{NamedSymbols, SymbolReport};
pub(crate) use text::bytes;
