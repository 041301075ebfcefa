//! A cell's firmware: found in the cell's directory or in the artifact store, and stored there.

mod data;
mod find;
mod keep;

pub(super) use data::{Firmware, FirmwareKeys, recorded};
pub(super) use find::{find, remove};
pub(super) use keep::keep;
