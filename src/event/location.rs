//! A line in a source file, as a tool names it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::path_text;

/// A place in a source file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Location {
    /// The file, as the tool named it.
    #[serde(serialize_with = "path_text::one")]
    pub file: PathBuf,
    /// Line number, from 1.
    pub line: u32,
    /// Column number, from 1, where known.
    pub column: Option<u32>,
}
