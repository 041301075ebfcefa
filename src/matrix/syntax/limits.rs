//! The limits of a tree.

/// Limits of a tree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Nesting of lists and mappings.
    pub(crate) depth: usize,
    /// Keys, scalars, lists and mappings in all.
    pub(crate) nodes: usize,
    /// Bytes of scalars and keys in all.
    pub(crate) bytes: usize,
}

/// The limits for a matrix, far above its needs.
pub(crate) const LIMITS: Limits = Limits { depth: 64, nodes: 200_000, bytes: 16 << 20 };
