//! Starts programs, watches them, bounds what they print, measures their memory and ends whole process trees. Knows
//! argv and environments; nothing of compilers.

mod memory;
mod orphans;
mod output;
mod peaks;
mod spawn;
mod surroundings;
mod watch;

pub use memory::memory_budget;
pub(crate) use orphans::end_marked;
pub use orphans::{RunMarker, adopt, end_descendants, end_leftovers};
pub(crate) use output::Printed;
pub use output::{OutputLimit, Transcript};
pub(crate) use peaks::Tree;
pub use peaks::{Meter, Peaks};
pub(crate) use spawn::LAST_WORDS;
pub use spawn::{Environment, Finished, Process, ProcessEnd, ProcessError, run};
pub(crate) use surroundings::CAPTURED;
pub use surroundings::settle;
pub use watch::{Stream, WatchEnd, Watched, watch};
