//! One run from start to end: setup, lock, recovery, plan, caches, jobs, shutdown. Knows nothing of how options are
//! spelled or how errors are printed.

mod announce;
mod base;
mod cells;
pub mod changed;
mod commit;
mod compiler_cache;
mod context;
mod emulators;
mod error;
mod gone;
mod leftovers;
mod lock;
mod maintenance;
mod open;
mod options;
mod phases;
mod prepare;
mod run;
mod setup;
mod shards;
mod signal;
mod space;
mod unfinished;

pub use cells::{Cells, Request, warnings};
pub use error::SessionError;
pub use options::{BaseReports, ChangedSince, Directories, Limits, Options, Part, Selected};
pub(crate) use prepare::shrunk;
pub use run::run;
pub(crate) use setup::install_cores;
pub use setup::{
    InstallSet, Installed, Locking, Missing, Needs, OfferedCore, SetupError, bring_in, lock_matrix, needs,
    offered_core,
};
pub use shards::Share;
