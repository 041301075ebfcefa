//! The parts of a run that is built on several machines: which cells each one builds. Knows no matrix, no core and no
//! report: cells are numbers here, with a group (their core) and an expected cost.

mod choose;
mod id;
mod load;
mod pack;
mod plan_file;
mod share;

pub use choose::{Loss, choose, loss};
pub use id::{ShardArgument, ShardId, ShardIdError};
pub use load::{CellLoad, Workload};
pub use pack::{Packing, pack};
pub use plan_file::{PlanFile, PlanFileError, PlannedCell, PlannedMatrix, PlannedShard, PlannedSkip};
pub use share::{GITHUB_JOBS, TooManyJobs, github_matrix, shard_name};
