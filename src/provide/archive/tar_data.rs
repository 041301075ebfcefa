//! The blocks of a tar: headers, and the data between them. Knows no types of entries.

use std::io::BufRead;

use super::error::{ArchiveFault, shown};
use super::format::checksum;

/// Size of a block, in bytes: headers are one, and data is padded to them.
pub(super) const BLOCK: u64 = 512;
/// Limit of an extension header's data, in bytes. Its paths are shorter; attributes and sparse maps may be long.
const LONGEST_EXTENSION: u64 = 1 << 20;

/// A tar, at a header or in the data after it.
pub(super) struct TarData<R> {
    reader: R,
    /// Bytes of the data that are not read yet.
    left: u64,
    /// Bytes after the data, up to the next header.
    padding: u64,
    /// The entry with the data, for messages; may be empty.
    name: Vec<u8>,
    /// Whether a missing end marker is an error, because no checksum tells that the file is whole.
    needs_marker: bool,
}

impl<R: BufRead> TarData<R> {
    /// Reads the tar from its start.
    pub(super) fn new(reader: R, needs_marker: bool) -> Self {
        Self { reader, left: 0, padding: 0, name: Vec::new(), needs_marker }
    }

    /// Starts the data after a header: `size` bytes of the entry `name`.
    pub(super) fn start(&mut self, size: u64, name: &[u8]) {
        self.left = size;
        self.padding = (BLOCK - size % BLOCK) % BLOCK;
        self.name.clear();
        self.name.extend_from_slice(name);
    }

    /// Returns the entry with the data.
    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    /// Returns the number of bytes that are not read yet.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// Returns the next bytes of the data; empty at its end.
    ///
    /// # Errors
    /// The archive can't be read, is truncated or damaged.
    pub(super) fn bytes(&mut self) -> Result<&[u8], ArchiveFault> {
        if self.left == 0 {
            return Ok(&[]);
        }
        let name = (!self.name.is_empty()).then_some(&*self.name);
        let bytes = self.reader.fill_buf().map_err(|error| ArchiveFault::read(error, name))?;
        if bytes.is_empty() {
            return Err(ArchiveFault::Truncated { entry: name.map(shown) });
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        Ok(&bytes[..bytes.len().min(most)])
    }

    /// Marks bytes of [`Self::bytes`] as read.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.reader.consume(bytes);
        self.left = self.left.saturating_sub(bytes as u64);
    }

    /// Skips `count` bytes of the data, or what is left of it.
    ///
    /// # Errors
    /// Those of [`Self::bytes`].
    pub(super) fn skip(&mut self, mut count: u64) -> Result<(), ArchiveFault> {
        while count > 0 {
            let available = self.bytes()?.len();
            if available == 0 {
                break;
            }
            let bytes = available.min(usize::try_from(count).unwrap_or(usize::MAX));
            self.consume(bytes);
            count -= bytes as u64;
        }
        Ok(())
    }

    /// Skips the rest of the data, and its padding.
    ///
    /// # Errors
    /// Those of [`Self::bytes`].
    pub(super) fn finish(&mut self) -> Result<(), ArchiveFault> {
        self.left = self.left.saturating_add(std::mem::take(&mut self.padding));
        self.skip(u64::MAX)
    }

    /// Reads the data of an extension header.
    ///
    /// # Errors
    /// It is too long, or those of [`Self::bytes`].
    pub(super) fn read_extension(&mut self) -> Result<Vec<u8>, ArchiveFault> {
        if self.left > LONGEST_EXTENSION {
            return Err(ArchiveFault::damaged(format!("a header of {} bytes is too long", self.left)));
        }
        let mut data = Vec::new();
        loop {
            let bytes = self.bytes()?;
            if bytes.is_empty() {
                return Ok(data);
            }
            let length = bytes.len();
            data.extend_from_slice(bytes);
            self.consume(length);
        }
    }

    /// Fills `block`; false at the end of the file.
    ///
    /// # Errors
    /// The archive can't be read, or ends within the block.
    pub(super) fn read_block(&mut self, block: &mut [u8]) -> Result<bool, ArchiveFault> {
        let mut filled = 0;
        while filled < block.len() {
            match self.reader.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(false),
                Ok(0) => return Err(ArchiveFault::Truncated { entry: None }),
                Ok(bytes) => filled += bytes,
                Err(error) => return Err(ArchiveFault::read(error, None)),
            }
        }
        Ok(true)
    }

    /// Reads a header; none for the end marker, or the end of the file in its place.
    ///
    /// # Errors
    /// Those of [`Self::read_block`], and a wrong checksum.
    pub(super) fn read_header(&mut self) -> Result<Option<tar::Header>, ArchiveFault> {
        let mut header = tar::Header::new_old();
        if !self.read_block(header.as_mut_bytes())? {
            return if self.needs_marker { Err(ArchiveFault::Truncated { entry: None }) } else { Ok(None) };
        }
        if header.as_bytes().iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        if header.cksum().ok() != Some(checksum(header.as_bytes())) {
            return Err(ArchiveFault::damaged("the checksum of a tar header is wrong"));
        }
        Ok(Some(header))
    }

    /// Reads what follows the end marker, so that the compression's own checksums are verified: only zeros.
    ///
    /// # Errors
    /// The archive can't be read, is damaged, or holds other data.
    pub(super) fn read_end(&mut self) -> Result<(), ArchiveFault> {
        loop {
            let bytes = self.reader.fill_buf().map_err(|error| ArchiveFault::read(error, None))?;
            if bytes.iter().any(|byte| *byte != 0) {
                return Err(ArchiveFault::TrailingData);
            }
            let bytes = bytes.len();
            if bytes == 0 {
                return Ok(());
            }
            self.reader.consume(bytes);
        }
    }
}
