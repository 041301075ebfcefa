//! The inputs of cells, as the last builds recorded them, for `--changed-since`: which files of the checkout a cell can
//! read, and which names it looks for. Paths are relative to the checkout, so that a record serves every checkout.

mod model;
mod store;

pub use model::{
    CellInputs, CellName, Digest, FileSet, InputFile, Mentions, Reach, Snapshot, digest_of, mention,
};
pub use store::InputRecords;
