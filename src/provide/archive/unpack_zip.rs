//! Extracts a zip.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::os::unix::fs::FileExt;

use zip::CompressionMethod;
use zip::extra_fields::ExtraField;
use zip::read::{Config, ZipFile, ZipFileEntry, ZipReadOptions};
use zip::result::ZipError;
use zip::unstable::read::ZipIterable;

use super::entry_name::LONGEST_PATH;
use super::error::{ArchiveFault, EntryProblem};
use super::unpack::{EntryShape, Unpacking};

/// Buffer of the copy, in bytes.
const BUFFER: usize = 128 << 10;
/// Size of the record at the end without its comment, and its first bytes.
const END_RECORD: (usize, &[u8]) = (22, b"PK\x05\x06");
/// Longest comment of an archive, in bytes.
const LONGEST_COMMENT: usize = u16::MAX as usize;
/// Bits of a mode that are the type of the file.
const TYPE: u32 = 0o170_000;

/// Extracts a zip, in the order of its central directory.
///
/// # Errors
/// The archive is unsafe, broken or too large, or an error of the file system.
pub(super) fn unpack_zip(file: File, size: u64, unpacking: &mut Unpacking<'_>) -> Result<(), ArchiveFault> {
    check_end(&file, size)?;
    let failed = |error| fault(error, None);
    let mut archive = ZipIterable::try_new(BufReader::new(file), Config::default()).map_err(failed)?;
    let files = archive.files().map_err(failed)?;
    let mut ranges = EntryRanges::default();
    let mut buffer = vec![0; BUFFER];
    while let Some(entry) = files.next() {
        let entry = entry.map_err(failed)?;
        unpack_entry(entry, files.reader_mut(), &mut ranges, &mut buffer, unpacking)?;
    }
    Ok(())
}

fn unpack_entry(
    entry: ZipFileEntry<'_>,
    reader: &mut (impl Read + Seek),
    ranges: &mut EntryRanges,
    buffer: &mut [u8],
    unpacking: &mut Unpacking<'_>,
) -> Result<(), ArchiveFault> {
    // Some Windows programs write backslashes, which the format forbids; arduino-cli accepts them, too.
    let name: Vec<u8> =
        entry.name_raw().iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect();
    let problem = |problem| ArchiveFault::entry(&name, problem);
    if entry.encrypted() {
        return Err(problem(EntryProblem::Encrypted));
    }
    let mode = entry.unix_mode();
    let kind = match mode.unwrap_or_default() & TYPE {
        0o040_000 => ZipKind::Directory,
        0o120_000 => ZipKind::Symlink,
        0o010_000 => return Err(problem(EntryProblem::Device("named pipe"))),
        0o020_000 => return Err(problem(EntryProblem::Device("character device"))),
        0o060_000 => return Err(problem(EntryProblem::Device("block device"))),
        0o140_000 => return Err(problem(EntryProblem::Device("socket"))),
        _ if name.ends_with(b"/") => ZipKind::Directory,
        _ => ZipKind::File,
    };
    if !matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
        let method = format!("{:?}", entry.compression().into_compression());
        return Err(problem(EntryProblem::Method(method)));
    }
    let (start, directory) = (entry.header_start(), entry.central_header_start());
    let options = ZipReadOptions::new();
    let mut file = entry.with_reader(reader, options).map_err(|error| fault(error, Some(&name)))?;
    ranges.add(start, &file, directory).ok_or_else(|| problem(EntryProblem::Overlap))?;
    match kind {
        ZipKind::Directory => match unpacking.place(&name, EntryShape::Directory)? {
            Some(path) => unpacking.directory(&path),
            None => Ok(()),
        },
        ZipKind::Symlink => {
            let mut target = Vec::new();
            let read = (&mut file).take(LONGEST_PATH as u64 + 1).read_to_end(&mut target);
            read.map_err(|error| ArchiveFault::read(error, Some(&name)))?;
            match unpacking.place(&name, EntryShape::Symlink(&target))? {
                Some(path) => unpacking.symlink(&path, &target),
                None => Ok(()),
            }
        }
        ZipKind::File => {
            let Some(path) = unpacking.place(&name, EntryShape::File)? else { return Ok(()) };
            // Programs that know no modes write none.
            let mode = mode.map(|mode| mode & 0o777).filter(|mode| *mode != 0).unwrap_or(0o644);
            unpack_file(&mut file, &name, (&path, mode), buffer, unpacking)
        }
    }
}

/// Type of an entry.
#[derive(Debug, Clone, Copy)]
enum ZipKind {
    Directory,
    Symlink,
    File,
}

fn unpack_file<R: Read>(
    file: &mut ZipFile<'_, R>,
    name: &[u8],
    (path, mode): (&[u8], u32),
    buffer: &mut [u8],
    unpacking: &mut Unpacking<'_>,
) -> Result<(), ArchiveFault> {
    let declared = file.size();
    let mut new = unpacking.file(path, mode, declared)?;
    let mut actual = 0_u64;
    loop {
        unpacking.check_cancelled()?;
        let bytes = file.read(buffer).map_err(|error| ArchiveFault::read(error, Some(name)))?;
        if bytes == 0 {
            break;
        }
        actual += bytes as u64;
        unpacking.budget.spend(bytes as u64)?;
        new.write(&buffer[..bytes])?;
    }
    if actual != declared {
        return Err(ArchiveFault::entry(name, EntryProblem::Size { declared, actual }));
    }
    // The time of MS-DOS has no time zone; this one has.
    let modified = file.extra_data_fields().find_map(|field| match field {
        ExtraField::ExtendedTimestamp(times) => times.mod_time(),
        _ => None,
    });
    new.finish(modified.map(u64::from));
    Ok(())
}

/// The bytes that entries occupy in the archive.
#[derive(Debug, Default)]
struct EntryRanges {
    /// The end of each entry by its start.
    ends: BTreeMap<u64, u64>,
    /// Start of the central directory.
    directory: Option<u64>,
}

impl EntryRanges {
    /// Adds an entry with its local header; none where it shares bytes with another one, or with the central directory.
    fn add<R: Read>(&mut self, start: u64, file: &ZipFile<'_, R>, directory: u64) -> Option<()> {
        let directory = *self.directory.get_or_insert(directory);
        let end = file.data_start()?.checked_add(file.compressed_size())?;
        let before = self.ends.range(..=start).next_back().map_or(0, |(_, end)| *end);
        let after = self.ends.range(start..).next().map_or(directory, |(start, _)| *start);
        let free = start < end && before <= start && end <= after.min(directory);
        free.then(|| self.ends.insert(start, end)).map(drop)
    }
}

/// Checks that the archive ends with its end record, a comment and zeros.
fn check_end(file: &File, size: u64) -> Result<(), ArchiveFault> {
    let most = (END_RECORD.0 + LONGEST_COMMENT) as u64;
    let mut tail = vec![0; usize::try_from(size.min(most)).unwrap_or_default()];
    file.read_exact_at(&mut tail, size.saturating_sub(most)).map_err(ArchiveFault::Read)?;
    let records = memchr::memmem::find_iter(&tail, END_RECORD.1);
    let mut records = records.filter(|at| at + END_RECORD.0 <= tail.len()).peekable();
    if records.peek().is_none() {
        return Err(ArchiveFault::Truncated { entry: None });
    }
    let whole = records.any(|at| {
        let comment = usize::from(u16::from_le_bytes([tail[at + 20], tail[at + 21]]));
        let rest = tail.get(at + END_RECORD.0 + comment..);
        rest.is_some_and(|rest| rest.iter().all(|byte| *byte == 0))
    });
    if whole { Ok(()) } else { Err(ArchiveFault::TrailingData) }
}

/// Classifies an error of the zip reader.
fn fault(error: ZipError, entry: Option<&[u8]>) -> ArchiveFault {
    match error {
        ZipError::Io(error) => ArchiveFault::read(error, entry),
        other => {
            let entry = entry.map(super::error::shown);
            ArchiveFault::Damaged { entry, detail: other.to_string() }
        }
    }
}
