//! What a run keeps in the work folder for the next one: objects by key, and a record for each core
//! and cell of what was made from what. Knows keys and files, not what they mean.

mod link;
mod records;
mod units;

pub use link::{link_or_copy, write_atomically};
pub use records::{Output, Record};
pub use units::{StoredUnit, Units};
