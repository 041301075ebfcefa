//! What a run keeps for the next one: in the work folder objects by key and a record for each core and
//! cell of what was made from what, in the cache folder what whole cores and links came to. Knows keys
//! and files, not what they mean.

mod artifacts;
mod costs;
mod link;
mod own_directory;
mod records;
mod sweep;
mod units;

pub use artifacts::{Artifact, Artifacts};
pub use costs::{Cost, CostName, Costs, Subject};
pub use link::{Sharing, write_atomically};
pub use own_directory::make_own_directory;
pub use records::{Output, Record};
pub use sweep::{Daily, Keep, Swept, Taken};
pub use units::{StoredUnit, Units};
