//! The map of a sparse file in a tar: where the file has data. Knows the encodings of GNU and PAX.
//!
//! Source: the GNU tar manual, "Storing Sparse Files".

use std::io::BufRead;

use super::error::{ArchiveFault, EntryProblem, shown};
use super::tar_data::{BLOCK, TarData};
use super::tar_number::number;

/// Limit of the number of segments of a map: 16 MB of memory.
const MOST_SEGMENTS: usize = 1_000_000;

/// Part of a sparse file that has data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SparseSegment {
    /// Position in the file, in bytes.
    pub(super) offset: u64,
    /// Length, in bytes.
    pub(super) length: u64,
}

/// A sparse file: its parts with data, in order, and its size with the holes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SparseMap {
    pub(super) segments: Vec<SparseSegment>,
    pub(super) size: u64,
}

impl SparseMap {
    /// Returns the map, if the segments are in order, inside of the file, and hold `data` bytes.
    pub(super) fn new(segments: Vec<SparseSegment>, size: u64, data: u64) -> Option<Self> {
        let (mut end, mut total) = (0_u64, 0_u64);
        for segment in &segments {
            if segment.offset < end {
                return None;
            }
            end = segment.offset.checked_add(segment.length)?;
            total = total.checked_add(segment.length)?;
        }
        (end <= size && total == data && segments.len() <= MOST_SEGMENTS).then_some(Self { segments, size })
    }

    /// Returns the size of the holes, in bytes.
    pub(super) fn holes(&self) -> u64 {
        self.size - self.segments.iter().map(|segment| segment.length).sum::<u64>()
    }
}

/// What PAX records say of a sparse file.
#[derive(Debug, Default)]
pub(super) struct PaxSparse {
    /// The name, in place of `path`.
    pub(super) name: Option<Vec<u8>>,
    /// The size with the holes. Its presence makes the file sparse.
    pub(super) size: Option<u64>,
    /// Major and minor version of the format; 1.0 has its map in the data.
    version: (u64, u64),
    segments: Vec<SparseSegment>,
    offset: Option<u64>,
}

impl PaxSparse {
    /// Takes the record `GNU.sparse.KEY`.
    ///
    /// # Errors
    /// Its value is malformed.
    pub(super) fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), ArchiveFault> {
        let number = || parse(value).ok_or_else(malformed);
        match key {
            b"name" => self.name = Some(value.to_vec()),
            b"size" | b"realsize" => self.size = Some(number()?),
            b"major" => self.version.0 = number()?,
            b"minor" => self.version.1 = number()?,
            // Format 0.0: pairs of records.
            b"offset" => self.offset = Some(number()?),
            b"numbytes" => {
                let offset = self.offset.take().ok_or_else(malformed)?;
                self.push(SparseSegment { offset, length: number()? })?;
            }
            // Format 0.1: all numbers in one record.
            b"map" => {
                let numbers: Option<Vec<u64>> = value.split(|byte| *byte == b',').map(parse).collect();
                let numbers = numbers.ok_or_else(malformed)?;
                if numbers.len() % 2 != 0 {
                    return Err(malformed());
                }
                for pair in numbers.chunks_exact(2) {
                    self.push(SparseSegment { offset: pair[0], length: pair[1] })?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, segment: SparseSegment) -> Result<(), ArchiveFault> {
        if self.segments.len() == MOST_SEGMENTS {
            return Err(malformed());
        }
        self.segments.push(segment);
        Ok(())
    }
}

/// Reads the map of GNU's own format: in the header, and in blocks after it.
///
/// # Errors
/// The map is malformed, or the archive can't be read.
pub(super) fn gnu_map<R: BufRead>(
    header: &tar::Header,
    data: &mut TarData<R>,
) -> Result<SparseMap, ArchiveFault> {
    let (name, total) = (data.name().to_vec(), data.left());
    let invalid = || ArchiveFault::entry(&name, EntryProblem::SparseMap);
    let gnu = header.as_gnu().ok_or_else(invalid)?;
    let size = number(&gnu.realsize).ok_or_else(invalid)?;
    let mut segments = Vec::new();
    let mut push = |fields: &[tar::GnuSparseHeader]| {
        for field in fields.iter().filter(|field| !field.is_empty()) {
            let (offset, length) = number(&field.offset).zip(number(&field.numbytes)).ok_or_else(invalid)?;
            segments.push(SparseSegment { offset, length });
        }
        if segments.len() > MOST_SEGMENTS { Err(invalid()) } else { Ok(()) }
    };
    push(&gnu.sparse)?;
    let mut more = gnu.is_extended();
    while more {
        let mut block = tar::GnuExtSparseHeader::new();
        if !data.read_block(block.as_mut_bytes())? {
            return Err(ArchiveFault::Truncated { entry: Some(shown(&name)) });
        }
        push(&block.sparse)?;
        more = block.is_extended();
    }
    SparseMap::new(segments, size, total).ok_or_else(invalid)
}

/// Returns the map of PAX's formats, if the file is sparse. Format 1.0 has it at the start of the data: lines with the
/// number of segments, then offset and length of each, padded to a block.
///
/// # Errors
/// The map is malformed, or the archive can't be read.
pub(super) fn pax_map<R: BufRead>(
    sparse: &mut PaxSparse,
    data: &mut TarData<R>,
) -> Result<Option<SparseMap>, ArchiveFault> {
    let Some(size) = sparse.size else { return Ok(None) };
    let mut segments = std::mem::take(&mut sparse.segments);
    if sparse.version == (1, 0) {
        segments.clear();
        let start = data.left();
        for _ in 0..read_number(data)? {
            if segments.len() == MOST_SEGMENTS {
                return Err(ArchiveFault::entry(data.name(), EntryProblem::SparseMap));
            }
            segments.push(SparseSegment { offset: read_number(data)?, length: read_number(data)? });
        }
        data.skip((BLOCK - (start - data.left()) % BLOCK) % BLOCK)?;
    }
    let map = SparseMap::new(segments, size, data.left());
    map.map(Some).ok_or_else(|| ArchiveFault::entry(data.name(), EntryProblem::SparseMap))
}

/// Reads a line with a decimal number from the data.
fn read_number<R: BufRead>(data: &mut TarData<R>) -> Result<u64, ArchiveFault> {
    let mut line = Vec::new();
    // A number of 64 bits has at most 20 digits.
    while line.len() <= 20 {
        let Some(byte) = data.bytes()?.first().copied() else { break };
        data.consume(1);
        if byte == b'\n' {
            if let Some(number) = parse(&line) {
                return Ok(number);
            }
            break;
        }
        line.push(byte);
    }
    Err(ArchiveFault::entry(data.name(), EntryProblem::SparseMap))
}

/// Returns a decimal number without sign.
fn parse(text: &[u8]) -> Option<u64> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| digits)?.parse().ok()
}

fn malformed() -> ArchiveFault {
    ArchiveFault::damaged("the map of a sparse file is malformed")
}
