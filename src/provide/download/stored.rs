//! The names of an archive's files in the download directory, and the record of its verification.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::checksum::{Checksum, ChecksumHasher};
use super::error::DownloadError;

/// Directory of locks and records beside the archives.
const RECORDS: &str = ".downloads";

/// Limit of a file name's length in bytes: most file systems have 255, and `.verified.json` is appended.
const LONGEST_NAME: usize = 200;

/// A verified archive in the download directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StagedArchive {
    /// Its path.
    pub(crate) path: PathBuf,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// Its SHA-256, also where the index has another algorithm.
    pub(crate) sha256: Checksum,
}

/// The files of one archive.
#[derive(Debug, Clone)]
pub(super) struct ArchivePaths {
    /// The verified archive.
    pub(super) file: PathBuf,
    /// The incomplete archive.
    pub(super) part: PathBuf,
    /// URL, validator and checksum of the incomplete archive.
    pub(super) part_state: PathBuf,
    /// Size, time and checksum of the verified archive.
    pub(super) verified: PathBuf,
    /// The lock.
    pub(super) lock: PathBuf,
}

impl ArchivePaths {
    /// Returns the paths of the archive `name` in a directory.
    ///
    /// # Errors
    /// [`DownloadError::FileName`].
    pub(super) fn new(directory: &Path, name: &str) -> Result<Self, DownloadError> {
        let bad = |reason| DownloadError::FileName { name: name.chars().take(80).collect(), reason };
        match name {
            "" => return Err(bad("it is empty")),
            _ if name.starts_with('.') => return Err(bad("it starts with a dot")),
            _ if name.contains(['/', '\\']) => return Err(bad("it is a path")),
            _ if name.chars().any(char::is_control) => return Err(bad("it has control characters")),
            _ if name.len() > LONGEST_NAME => return Err(bad("it is too long")),
            _ if name.to_ascii_lowercase().ends_with(".part") => {
                return Err(bad("`.part` marks an incomplete download"));
            }
            _ => {}
        }
        Ok(Self::below(directory, name))
    }

    fn below(directory: &Path, name: &str) -> Self {
        let records = directory.join(RECORDS);
        Self {
            file: directory.join(name),
            part: directory.join(format!("{name}.part")),
            part_state: records.join(format!("{name}.part.json")),
            verified: records.join(format!("{name}.verified.json")),
            lock: records.join(format!("{name}.lock")),
        }
    }

    /// Returns the paths of an archive whose name belongs to another archive: in a subdirectory named after the
    /// checksum.
    pub(super) fn of_checksum(&self, checksum: &Checksum) -> Self {
        let directory = self.file.parent().unwrap_or(Path::new("."));
        let name = self.file.file_name().unwrap_or_default().to_string_lossy();
        let hex = checksum.hex();
        Self::below(&directory.join(&hex[..hex.len().min(16)]), &name)
    }

    /// Creates the directories.
    ///
    /// # Errors
    /// An error of the file system.
    pub(super) fn make_directories(&self) -> Result<(), DownloadError> {
        let records = self.lock.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(records).map_err(|source| DownloadError::io("create", records, source))
    }

    /// Returns what is at the archive's final name, without reading the file.
    ///
    /// # Errors
    /// An error of the file system.
    pub(super) fn look(&self, checksum: &Checksum) -> Result<Present, DownloadError> {
        let found = match std::fs::metadata(&self.file) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Present::Missing),
            Err(error) => return Err(DownloadError::io("read", &self.file, error)),
        };
        let record = std::fs::read(&self.verified).ok();
        let record = record.and_then(|bytes| serde_json::from_slice::<VerifiedRecord>(&bytes).ok());
        let Some(record) = record.filter(|record| record.is_of(&found)) else {
            return Ok(Present::Unverified);
        };
        let Ok(sha256) = record.sha256.parse::<Checksum>() else { return Ok(Present::Unverified) };
        if record.checksum == checksum.to_string() || sha256 == *checksum {
            Ok(Present::Verified(StagedArchive { path: self.file.clone(), size: found.len(), sha256 }))
        } else {
            Ok(Present::Other)
        }
    }

    /// Calculates the checksum of the file at the final name. Records and returns it if it is the expected one.
    ///
    /// # Errors
    /// An error of the file system, or the run is cancelled.
    pub(super) fn verify(
        &self,
        checksum: &Checksum,
        cancel: &CancellationToken,
    ) -> Result<Option<StagedArchive>, DownloadError> {
        let error = |source| DownloadError::io("read", &self.file, source);
        let mut file = File::open(&self.file).map_err(error)?;
        let hasher = hash(&mut file, &self.file, checksum, cancel)?;
        if hasher.0.checksum() != *checksum {
            return Ok(None);
        }
        let found = file.metadata().map_err(error)?;
        self.record(checksum, &hasher.0.sha256(), &found).map(Some)
    }

    /// Records that the file at the final name, with metadata `found`, has a checksum.
    ///
    /// # Errors
    /// An error of the file system.
    pub(super) fn record(
        &self,
        checksum: &Checksum,
        sha256: &Checksum,
        found: &Metadata,
    ) -> Result<StagedArchive, DownloadError> {
        let record = VerifiedRecord {
            size: found.len(),
            modified_ns: modified(found),
            checksum: checksum.to_string(),
            sha256: sha256.to_string(),
        };
        write_record(&self.verified, &record)?;
        Ok(StagedArchive { path: self.file.clone(), size: found.len(), sha256: sha256.clone() })
    }
}

/// What is at the final name of an archive.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Present {
    /// Nothing.
    Missing,
    /// A file of unknown content.
    Unverified,
    /// A verified archive with another checksum.
    Other,
    /// The archive.
    Verified(StagedArchive),
}

/// Result of a verification. Valid while size and modification time are the same.
#[derive(Debug, Serialize, Deserialize)]
struct VerifiedRecord {
    size: u64,
    /// Nanoseconds since 1970.
    modified_ns: u128,
    checksum: String,
    sha256: String,
}

impl VerifiedRecord {
    fn is_of(&self, found: &Metadata) -> bool {
        found.is_file() && found.len() == self.size && modified(found) == self.modified_ns
    }
}

/// Returns the modification time in nanoseconds since 1970.
fn modified(found: &Metadata) -> u128 {
    let time = found.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    time.unwrap_or_default().as_nanos()
}

/// Writes a record atomically.
///
/// # Errors
/// An error of the file system.
pub(super) fn write_record(path: &Path, record: &impl Serialize) -> Result<(), DownloadError> {
    let bytes = serde_json::to_vec(record).map_err(io::Error::from);
    bytes
        .and_then(|bytes| crate::fs::write_atomically(path, &bytes))
        .map_err(|source| DownloadError::io("write", path, source))
}

/// Reads a file from its current position to its end. Returns the hasher and the number of bytes.
///
/// # Errors
/// An error of the file system, or the run is cancelled.
pub(super) fn hash(
    file: &mut File,
    path: &Path,
    checksum: &Checksum,
    cancel: &CancellationToken,
) -> Result<(ChecksumHasher, u64), DownloadError> {
    let (mut hasher, mut length) = (ChecksumHasher::new(checksum), 0);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        if cancel.is_cancelled() {
            let what = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Err(DownloadError::Cancelled { what });
        }
        match file.read(&mut buffer) {
            Ok(0) => return Ok((hasher, length)),
            Ok(read) => {
                hasher.update(&buffer[..read]);
                length += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(DownloadError::io("read", path, error)),
        }
    }
}
