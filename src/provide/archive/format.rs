//! The format of an archive, by its first bytes and, where these say nothing, by its name. Extracts nothing.

use std::path::Path;

use super::error::{ArchiveFault, shown};

/// Bytes that detection needs: one block of a tar.
pub(super) const DETECTION: usize = 512;

/// Format of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ArchiveFormat {
    /// A zip.
    Zip,
    /// A tar, compressed or not.
    Tar(Compressor),
}

/// Compression around a tar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compressor {
    /// Uncompressed.
    None,
    /// gzip.
    Gzip,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
    /// Zstandard.
    Zstd,
}

/// First bytes of formats that are named in an error.
const UNSUPPORTED: [(&[u8], &str); 7] = [
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"LZIP", "lzip"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x1f\x9d", "compress (.Z)"),
    (b"!<arch>\n", "ar (.deb)"),
    (b"\x5d\x00\x00", "lzma"),
];

impl Compressor {
    /// Returns the first byte of a stream of this format.
    pub(super) fn starts_with(self, byte: u8) -> bool {
        match self {
            Self::None => false,
            Self::Gzip => byte == 0x1f,
            Self::Bzip2 => byte == b'B',
            Self::Xz => byte == 0xfd,
            // Frames, and skippable frames.
            Self::Zstd => byte == 0x28 || (0x50..=0x5f).contains(&byte),
        }
    }
}

/// Returns the format of an archive with these first bytes ([`DETECTION`], or the whole file).
///
/// The content decides, because servers and publishers misname files: arduino-cli does the same.
///
/// # Errors
/// The content is of no supported format, and the name does not tell either.
pub(super) fn detect(path: &Path, start: &[u8]) -> Result<ArchiveFormat, ArchiveFault> {
    if start.is_empty() {
        return Err(ArchiveFault::EmptyFile);
    }
    let found = match start {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(ArchiveFormat::Zip),
        [0x1f, 0x8b, ..] => Some(ArchiveFormat::Tar(Compressor::Gzip)),
        [b'B', b'Z', b'h', ..] => Some(ArchiveFormat::Tar(Compressor::Bzip2)),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(ArchiveFormat::Tar(Compressor::Xz)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
            Some(ArchiveFormat::Tar(Compressor::Zstd))
        }
        _ if is_tar(start) => Some(ArchiveFormat::Tar(Compressor::None)),
        _ => None,
    };
    if let Some(found) = found {
        return Ok(found);
    }
    if let Some((_, name)) = UNSUPPORTED.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Err(ArchiveFault::UnsupportedFormat(name));
    }
    // A zip may begin with another program's data, and an empty tar has no header.
    let ending = path.extension().unwrap_or_default();
    if ending.eq_ignore_ascii_case("zip") && !looks_like_text(start) {
        return Ok(ArchiveFormat::Zip);
    }
    if ending.eq_ignore_ascii_case("tar") && start.iter().all(|byte| *byte == 0) {
        return Ok(ArchiveFormat::Tar(Compressor::None));
    }
    Err(ArchiveFault::UnknownFormat { start: shown(&start[..start.len().min(24)]) })
}

/// Returns whether the bytes begin with a header of tar: its checksum is right.
pub(super) fn is_tar(start: &[u8]) -> bool {
    let Some(block) = start.first_chunk::<512>() else { return false };
    let header = tar::Header::from_byte_slice(block);
    header.cksum().is_ok_and(|sum| sum == checksum(block))
}

/// Returns the checksum of a tar header: the sum of its bytes, with blanks in the field of the checksum.
pub(super) fn checksum(block: &[u8; 512]) -> u32 {
    let field = 148..156;
    let bytes = block.iter().enumerate();
    bytes.map(|(at, byte)| if field.contains(&at) { u32::from(b' ') } else { u32::from(*byte) }).sum()
}

/// Returns whether the file is text, such as an error page.
fn looks_like_text(start: &[u8]) -> bool {
    start.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}
