//! Extracts one archive: recognises its format, and unpacks it within the limits.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::destination::Destination;
use super::error::{ArchiveError, ArchiveFault};
use super::format::{ArchiveFormat, DETECTION, detect};
use super::limits::{ArchiveLimits, ByteBudget};
use super::unpack::{ExtractedArchive, Unpacking};
use super::unpack_tar::unpack_tar;
use super::unpack_zip::unpack_zip;

/// Extracts `archive` into the existing, empty directory `destination`, without the archive's root directory.
///
/// Files get the mode of the archive without write permission for others, and their modification times; directories
/// get 755. `cancelled` is asked for each entry and each chunk of data.
///
/// # Errors
/// The archive is unsafe, broken or too large, or an error of the file system. The destination then holds a part of the
/// archive, which the caller removes; nothing outside it was written.
pub(crate) fn extract(
    archive: &Path,
    destination: &Path,
    limits: &ArchiveLimits,
    cancelled: &dyn Fn() -> bool,
) -> Result<ExtractedArchive, ArchiveError> {
    run(archive, destination, limits, cancelled).map_err(|fault| ArchiveError::new(archive, fault))
}

fn run(
    archive: &Path,
    destination: &Path,
    limits: &ArchiveLimits,
    cancelled: &dyn Fn() -> bool,
) -> Result<ExtractedArchive, ArchiveFault> {
    let file = File::open(archive).map_err(ArchiveFault::Read)?;
    let size = file.metadata().map_err(ArchiveFault::Read)?.len();
    let mut start = [0; DETECTION];
    let filled = read_start(&file, &mut start).map_err(ArchiveFault::Read)?;
    let format = detect(archive, &start[..filled])?;
    let budget = ByteBudget::new(limits, size);
    let destination = Destination::open(destination)?;
    let mut unpacking = Unpacking::new(destination, limits, &budget, cancelled);
    match format {
        ArchiveFormat::Zip => unpack_zip(file, size, &mut unpacking)?,
        ArchiveFormat::Tar(compressor) => unpack_tar(file, compressor, &mut unpacking)?,
    }
    unpacking.finish()
}

/// Reads the first bytes without moving the file's position. Returns their number.
fn read_start(file: &File, start: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < start.len() {
        match file.read_at(&mut start[filled..], filled as u64)? {
            0 => break,
            bytes => filled += bytes,
        }
    }
    Ok(filled)
}
