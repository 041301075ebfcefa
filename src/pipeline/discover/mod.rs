//! Finds the libraries and the sources that a cell needs.

pub(super) mod compiler_directories;
pub(super) mod libraries;
pub(super) mod library_use;
pub(super) mod missing;
pub(super) mod search;
pub(super) mod sources;
mod walk;
