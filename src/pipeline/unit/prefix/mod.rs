//! Precompiled prefixes: the headers that the sketches of a board begin with, compiled once to a precompiled header of GCC
//! (GCC manual, "Precompiled Headers"), and included in front of the other sketches.
//!
//! A prefix changes only the time of a compile. The object has the key, and was verified to have the bytes, of a plain
//! compile; a compile that prints anything is repeated plainly. See `docs/decisions/0046-precompiled-prefixes.md`.

mod apply;
mod candidate;
mod check;
mod lead;
mod make;
mod table;

pub(super) use apply::Call;
pub(super) use candidate::{Due, Prefixes, prefixes};
pub(super) use make::make;
pub use table::PrefixTable;
