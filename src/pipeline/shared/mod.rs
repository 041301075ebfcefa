//! State that all jobs of a run share: files, tools, tables, remembered keys.

pub(super) mod blocking;
pub(super) mod checkout;
pub(super) mod context;
pub(super) mod inputs;
pub(super) mod key;
pub(super) mod known;
pub(super) mod places;
pub(super) mod runner;
pub(super) mod tables;
pub(super) mod tool;
