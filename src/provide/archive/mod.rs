//! Extracts archives of cores, tools and libraries: zip, and tar with gzip, bzip2, xz or Zstandard. Knows nothing of
//! packages and downloads.
//!
//! # Safety against malicious archives
//!
//! * Names are checked before use ([`entry_name`]): relative, without `..` and NUL.
//! * Each path is walked from the destination's descriptor without following links ([`destination`]), and files are
//!   created, never opened. So nothing outside can be written, even if a check were wrong.
//! * Symlinks are created after all else, so no entry is written through one. Before that, the way to each target is
//!   followed over all links of the archive ([`link_table`]), so none leads outside when it is used later.
//! * Hardlinks refer to files in the destination, and never to symlinks.
//! * Size, ratio, number of entries, and the memory of decompressors, headers and links are limited.
//!
//! # Root directory
//!
//! As arduino-cli does: an archive has exactly one root directory, which is stripped. Files beside it and directories
//! `__MACOSX*` are ignored.

mod decompress;
mod destination;
mod entry_name;
mod error;
mod format;
mod fuzz_entry;
mod limits;
mod link_table;
mod pipe;
mod taken_names;
mod tar_data;
mod tar_entries;
mod tar_extensions;
mod tar_number;
mod tar_sparse;
#[cfg(test)]
mod tests;
mod unpack;
mod unpack_tar;
mod unpack_zip;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

#[doc(hidden)]
pub use fuzz_entry::fuzz_archive;

pub(crate) use error::{ArchiveError, ArchiveFault};
pub(crate) use limits::ArchiveLimits;
pub(crate) use unpack::ExtractedArchive;

use destination::Destination;
use format::{ArchiveFormat, DETECTION, detect};
use limits::ByteBudget;
use unpack::Unpacking;
use unpack_tar::unpack_tar;
use unpack_zip::unpack_zip;

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
