//! Starts programs, watches them, limits their output, measures their memory and ends whole process trees. Knows argv
//! and environments, but no compiler.

mod environment;
mod marker;
mod memory;
mod orphans;
mod output;
mod peaks;
mod proc;
mod run;
mod start;
mod surroundings;
mod watch;

pub use environment::Environment;
pub use marker::RunMarker;
pub use memory::memory_budget;
pub(crate) use orphans::end_marked;
pub use orphans::{adopt, end_descendants, end_leftovers};
pub(crate) use output::Printed;
pub use output::{OutputLimit, Transcript};
pub(crate) use peaks::Tree;
pub use peaks::{Meter, Peaks};
pub(crate) use run::LAST_WORDS;
pub use run::{Finished, ProcessEnd, run};
pub use start::{Process, ProcessError};
pub(crate) use surroundings::CAPTURED;
pub use surroundings::settle;
pub use watch::{Stream, WatchEnd, Watched, watch};
