//! A directory with libraries that the sketches of some boards can use.

use std::path::PathBuf;

use indexmap::IndexSet;

use crate::matrix::Span;

/// A directory that is searched for libraries: one of `libraries`, or that of an installed library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryRoot {
    /// A library, or a directory of libraries; absolute.
    pub path: PathBuf,
    /// The place in the matrix that asks for it.
    pub span: Span,
    /// The boards that see it, by index into [`Matrix::boards`](crate::matrix::Matrix::boards); `None` for all.
    pub boards: Option<IndexSet<usize>>,
}
