//! Streams the entries of a tar: V7, ustar, PAX and GNU, with long names and sparse files. Writes nothing.
//!
//! The crate `tar` lays out the fields of headers. Its own iterator reads headers of any length into memory and ignores
//! the sparse files of PAX, so the walk over the headers is here.

use std::borrow::Cow;
use std::io::BufRead;

use super::error::{ArchiveFault, EntryProblem};
use super::tar_data::TarData;
use super::tar_extensions::TarExtensions;
use super::tar_number::number;
use super::tar_sparse::{SparseMap, gnu_map, pax_map};

/// Type of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TarKind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// Another name of an earlier file.
    Hardlink,
    /// A device or pipe, with its name.
    Device(&'static str),
    /// A type that describes no file.
    Unknown(u8),
}

/// One entry. Its data is [`TarEntries::data`].
#[derive(Debug)]
pub(super) struct TarEntry {
    pub(super) path: Vec<u8>,
    pub(super) link: Vec<u8>,
    pub(super) kind: TarKind,
    pub(super) mode: u32,
    /// Seconds since 1970.
    pub(super) modified: Option<u64>,
    pub(super) sparse: Option<SparseMap>,
}

/// The entries of a tar, and the data of the one last returned.
pub(super) struct TarEntries<R> {
    /// The data of the entry last returned.
    pub(super) data: TarData<R>,
}

impl<R: BufRead> TarEntries<R> {
    /// Reads the tar from its start. `needs_marker`: a missing end marker is an error.
    pub(super) fn new(reader: R, needs_marker: bool) -> Self {
        Self { data: TarData::new(reader, needs_marker) }
    }

    /// Skips the data of the present entry and returns the next one; none at the end of the archive.
    ///
    /// # Errors
    /// The archive can't be read, is truncated or damaged.
    pub(super) fn next_entry(&mut self) -> Result<Option<TarEntry>, ArchiveFault> {
        let mut extensions = None;
        loop {
            self.data.finish()?;
            let Some(header) = self.data.read_header()? else {
                return match extensions {
                    None => self.data.read_end().map(|()| None),
                    Some(_) => {
                        Err(ArchiveFault::damaged("its last header describes an entry that is missing"))
                    }
                };
            };
            let flag = header.as_old().linkflag[0];
            if !matches!(flag, b'L' | b'K' | b'x' | b'g' | b'V') {
                return self.entry(&header, extensions.unwrap_or_default()).map(Some);
            }
            let size = number(&header.as_old().size);
            let size = size.ok_or_else(|| ArchiveFault::damaged("the size in a tar header is invalid"))?;
            self.data.start(size, b"");
            if matches!(flag, b'g' | b'V') {
                // Records for all entries (Git writes a comment), and a label. arduino-cli ignores them, too.
                continue;
            }
            let next: &mut TarExtensions = extensions.get_or_insert_default();
            let data = self.data.read_extension()?;
            match flag {
                b'L' => next.path = Some(until_nul(data)),
                b'K' => next.link = Some(until_nul(data)),
                _ => next.read_pax(&data)?,
            }
        }
    }

    /// Returns the entry of a header and those before it.
    fn entry(
        &mut self,
        header: &tar::Header,
        mut extensions: TarExtensions,
    ) -> Result<TarEntry, ArchiveFault> {
        let fields = header.as_old();
        let path = extensions.sparse.name.take().or(extensions.path.take());
        let path = path.unwrap_or_else(|| header.path_bytes().into_owned());
        let kind = kind(fields.linkflag[0], &path);
        // Entries without data have a size in some archives: that of the linked file.
        let size = match (kind, extensions.size) {
            (TarKind::File | TarKind::Unknown(_), Some(size)) => size,
            (TarKind::File | TarKind::Unknown(_), None) => {
                number(&fields.size).ok_or_else(|| ArchiveFault::entry(&path, EntryProblem::Field("size")))?
            }
            _ => 0,
        };
        self.data.start(size, &path);
        let sparse = match kind {
            TarKind::File if fields.linkflag[0] == b'S' => Some(gnu_map(header, &mut self.data)?),
            TarKind::File => pax_map(&mut extensions.sparse, &mut self.data)?,
            _ => None,
        };
        let link = extensions.link.or_else(|| header.link_name_bytes().map(Cow::into_owned));
        Ok(TarEntry {
            link: link.unwrap_or_default(),
            kind,
            mode: number(&fields.mode).and_then(|mode| u32::try_from(mode).ok()).unwrap_or(0o644),
            modified: extensions.modified.or_else(|| number(&fields.mtime)),
            sparse,
            path,
        })
    }
}

/// Returns the type of an entry by its flag. V7 marks a directory by the slash at the end of its name.
fn kind(flag: u8, path: &[u8]) -> TarKind {
    match flag {
        0 | b'0' | b'7' if path.ends_with(b"/") => TarKind::Directory,
        0 | b'0' | b'7' | b'S' => TarKind::File,
        b'1' => TarKind::Hardlink,
        b'2' => TarKind::Symlink,
        b'3' => TarKind::Device("character device"),
        b'4' => TarKind::Device("block device"),
        b'5' => TarKind::Directory,
        b'6' => TarKind::Device("named pipe"),
        other => TarKind::Unknown(other),
    }
}

/// Returns the bytes before the first NUL.
fn until_nul(mut data: Vec<u8>) -> Vec<u8> {
    data.truncate(data.iter().position(|byte| *byte == 0).unwrap_or(data.len()));
    data
}
