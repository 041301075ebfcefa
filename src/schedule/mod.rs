//! Schedules the jobs of a plan: every core and every cell is a spawned task, and one loop over a
//! `FuturesUnordered` of their handles awaits nothing else. There is no barrier: a cell compiles while
//! its core does, and only its link waits for it.

mod ended;
mod finish;
mod job;
mod judge;
mod needs;
mod outcome;
mod run;
mod stop;
mod work_directory;

pub use ended::{Ended, FULL, StorageFault};
pub use run::{Options, run};
