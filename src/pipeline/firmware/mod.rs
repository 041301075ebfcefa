//! A cell's firmware: looked up in the cell's directory and in the artifact store, and stored there.

mod data;
mod find;
mod store;

pub(super) use data::{Firmware, recorded};
pub(super) use find::{find, remove};
pub(super) use store::store;
