//! The imports of a crate, file by file. Shared by the architecture tests and by the example `modules`, which draws them.
//!
//! ```text
//! sources ─▶ module tree ─▶ uses ─▶ imports ─▶ digraph ─▶ drawing
//! (files)    (mod items)   (paths)  (resolved)  (cycles, layers)
//! ```

use std::sync::LazyLock;

mod digraph;
mod drawing;
mod imports;
mod sources;
mod tree;
mod uses;

pub(crate) use digraph::Digraph;
pub(crate) use drawing::{Form, draw};
pub(crate) use imports::Imports;
pub(crate) use sources::{Sources, of_this_crate};

/// Returns the imports of this package, resolved once.
pub(crate) fn imports_of_this_crate() -> &'static Imports {
    static IMPORTS: LazyLock<Imports> = LazyLock::new(|| Imports::of(&of_this_crate()));
    &IMPORTS
}
