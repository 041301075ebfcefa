//! What an index says of an archive.

use super::checksum::Checksum;

/// Subdirectory of the download directory, as arduino-cli names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum StagingDirectory {
    /// `packages`: archives of cores and tools.
    Packages,
    /// `libraries`: archives of libraries.
    Libraries,
}

impl StagingDirectory {
    /// Returns its name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Packages => "packages",
            Self::Libraries => "libraries",
        }
    }
}

/// An archive that an index describes.
#[derive(Debug, Clone)]
pub(crate) struct ArchiveRequest {
    /// URL (https, http, file), or an absolute path.
    pub(crate) url: String,
    /// Name in the download directory: one path component.
    pub(crate) file_name: String,
    /// Size in bytes, where the index states it. The checksum decides; a wrong size is logged.
    pub(crate) size: Option<u64>,
    /// Expected checksum.
    pub(crate) checksum: Checksum,
    /// Subdirectory.
    pub(crate) directory: StagingDirectory,
}
