//! The lock file: exact versions, addresses and checksums of everything that a matrix installs.

mod file;
mod missing;
mod model;

pub use file::{lock_path, lock_text, read_lock, write_lock};
pub use missing::{MissingItem, missing_items};
pub use model::{
    Locked, LockedArchive, LockedCore, LockedFile, LockedHost, LockedLibrary, LockedPython, LockedTool,
};
