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
mod extract;
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

pub(crate) use error::{ArchiveError, ArchiveFault};
pub(crate) use extract::extract;
#[doc(hidden)]
pub use fuzz_entry::fuzz_archive;
pub(crate) use limits::ArchiveLimits;
