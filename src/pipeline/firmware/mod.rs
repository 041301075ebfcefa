//! A cell's firmware: found in the cell's directory or in the artifact store, and stored there.

mod data;
mod find;

pub(super) use data::{Firmware, recorded};
pub(super) use find::{find, keep, remove};
