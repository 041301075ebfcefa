//! Extracts a tar, compressed or not.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use super::decompress::DecompressedFile;
use super::destination::NewFile;
use super::error::{ArchiveFault, EntryProblem};
use super::format::Compressor;
use super::limits::ByteBudget;
use super::pipe::pipe;
use super::tar_data::TarData;
use super::tar_entries::{TarEntries, TarEntry, TarKind};
use super::tar_sparse::SparseMap;
use super::unpack::{EntryShape, Unpacking};

/// Buffer between the file and the decompressor, in bytes.
const BUFFER: usize = 128 << 10;

/// Extracts a tar. The file is read and decompressed on another thread.
///
/// # Errors
/// The archive is unsafe, broken or too large, or an error of the file system.
pub(super) fn unpack_tar(
    file: File,
    compressor: Compressor,
    unpacking: &mut Unpacking<'_>,
) -> Result<(), ArchiveFault> {
    let reader = BufReader::with_capacity(BUFFER, file);
    let reader =
        DecompressedFile::new(compressor, reader).map_err(|error| ArchiveFault::read(error, None))?;
    let (budget, cancelled) = (unpacking.budget, unpacking.cancelled);
    pipe(reader, |reader| {
        let reader = CountedReader { reader, budget, cancelled };
        let mut entries = TarEntries::new(reader, compressor == Compressor::None);
        while let Some(entry) = entries.next_entry()? {
            unpack_entry(&entry, &mut entries.data, unpacking)?;
        }
        Ok(())
    })
}

fn unpack_entry<R: BufRead>(
    entry: &TarEntry,
    data: &mut TarData<R>,
    unpacking: &mut Unpacking<'_>,
) -> Result<(), ArchiveFault> {
    let shape = match entry.kind {
        TarKind::File | TarKind::Hardlink => EntryShape::File,
        TarKind::Directory => EntryShape::Directory,
        TarKind::Symlink => EntryShape::Symlink(&entry.link),
        TarKind::Device(name) => {
            return Err(ArchiveFault::entry(&entry.path, EntryProblem::Device(name)));
        }
        TarKind::Unknown(flag) => {
            return Err(ArchiveFault::entry(&entry.path, EntryProblem::UnknownType(char::from(flag))));
        }
    };
    let Some(path) = unpacking.place(&entry.path, shape)? else { return Ok(()) };
    match entry.kind {
        TarKind::Directory => unpacking.directory(&path),
        TarKind::Symlink => unpacking.symlink(&path, &entry.link),
        TarKind::Hardlink => unpacking.hardlink(&path, &entry.link),
        _ => {
            let size = entry.sparse.as_ref().map_or(data.left(), |map| map.size);
            unpacking.budget.spend(entry.sparse.as_ref().map_or(0, SparseMap::holes))?;
            let mut file = unpacking.file(&path, entry.mode, size)?;
            match &entry.sparse {
                None => copy(data, u64::MAX, &mut file)?,
                Some(map) => {
                    for segment in &map.segments {
                        file.seek(segment.offset)?;
                        copy(data, segment.length, &mut file)?;
                    }
                    file.set_size(map.size)?;
                }
            }
            file.finish(entry.modified);
            Ok(())
        }
    }
}

/// Copies `length` bytes of the data, or what is left of it.
fn copy<R: BufRead>(data: &mut TarData<R>, mut length: u64, file: &mut NewFile) -> Result<(), ArchiveFault> {
    while length > 0 {
        let bytes = data.bytes()?;
        let bytes = &bytes[..bytes.len().min(usize::try_from(length).unwrap_or(usize::MAX))];
        if bytes.is_empty() {
            break;
        }
        file.write(bytes)?;
        let count = bytes.len();
        data.consume(count);
        length -= count as u64;
    }
    Ok(())
}

/// Counts each byte of a decompressed tar, extracted or not, and ends where the caller cancels.
struct CountedReader<'a, R> {
    reader: R,
    budget: &'a ByteBudget,
    cancelled: &'a dyn Fn() -> bool,
}

impl<R: BufRead> BufRead for CountedReader<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if (self.cancelled)() {
            return Err(ArchiveFault::Cancelled.into());
        }
        self.budget.spend(0)?;
        self.reader.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        // An excess is found by the next `fill_buf`.
        let _ = self.budget.spend(bytes as u64);
        self.reader.consume(bytes);
    }
}

impl<R: BufRead> Read for CountedReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?.read(buffer)?;
        self.consume(bytes);
        Ok(bytes)
    }
}
