//! The requests of a resolution.

use crate::versions::VersionRange;

/// A requested library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryRequest {
    /// Name of the library; its case may differ from the index.
    pub name: String,
    /// Versions that are good. The newest one is preferred.
    pub range: VersionRange,
    /// The requirer as the subject of a sentence, such as ``the matrix`` or ``library `Blinker` ``.
    pub required_by: String,
}
