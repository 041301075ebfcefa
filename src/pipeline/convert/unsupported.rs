//! Reasons to leave a recipe to its tool.

/// Reason to leave a recipe to its tool.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unsupported {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Elf(#[from] object::Error),
    #[error("{0}")]
    Odd(&'static str),
}
