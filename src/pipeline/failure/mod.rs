//! Errors of the pipeline, and their explanations for users.

pub(super) mod error;
pub(super) mod gaps;
pub(super) mod incomplete;
pub(super) mod locate;
pub(super) mod no_library;
pub(super) mod stored;
pub(super) mod undeclared;
pub(super) mod unstaged;
pub(super) mod warnings;
