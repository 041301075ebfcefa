//! The plan of a run: core jobs and cells, each with everything that its build needs. Reads the directories of platforms
//! and libraries; starts no process.

mod boards;
mod cache_layout;
mod core_id;
mod error;
mod family;
mod hardware;
mod layout;
mod libraries;
mod library_root;
mod make;
mod model;
mod run;
mod verdict;

pub(crate) use boards::{Cores, ResolvedBoard, platforms};
pub use cache_layout::CacheLayout;
pub use error::PlanError;
pub use family::Family;
pub use hardware::hardware;
pub use layout::Layout;
pub use libraries::LibraryPlaces;
pub use library_root::LibraryRoot;
pub use make::{Sources, make};
pub use model::{CellJob, CellReason, CellTerms, Checks, CoreJob, Plan, Sketch, Target};
pub use run::{EmulatorProgram, InstalledEmulator, Run};
pub use verdict::judged;

pub use crate::matrix::{Date, Embed, Emulator, NotASketch};
