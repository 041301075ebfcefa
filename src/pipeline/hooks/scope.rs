//! The surroundings of a job's hooks.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::plan::Target;

/// Where the hooks of a job run, and what they find there.
#[derive(Debug, Clone, Copy)]
pub(in crate::pipeline) struct HookScope<'a> {
    /// The board.
    pub(in crate::pipeline) target: &'a Target,
    /// The sketch's directory; `None` for the core of an empty sketch.
    pub(in crate::pipeline) sketch: Option<&'a Path>,
    /// The build directory.
    pub(in crate::pipeline) directory: &'a Path,
    /// Files of an earlier build in it, which are not for hooks.
    pub(in crate::pipeline) kept: &'a HashSet<PathBuf>,
}
