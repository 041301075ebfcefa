//! A reader over the concatenated streams of a compressed file. Knows nothing of their content.

use std::io::{self, BufRead, Read};

use super::error::ArchiveFault;
use super::format::Compressor;

/// Memory that a decompressor may use, in bytes: xz -9 needs 65 MB, zstd's largest window without `--long` 128 MB.
const MEMORY: u64 = 160 << 20;
/// Logarithm of zstd's largest window.
const ZSTD_WINDOW: u32 = 27;

/// A decompressed file: all its streams, one after the other, then only zeros.
///
/// gzip, bzip2, xz and zstd all define a file of several streams as the concatenation of their contents: parallel
/// compressors write them.
pub(super) struct DecompressedFile<R: BufRead> {
    compressor: Compressor,
    state: DecoderState<R>,
}

/// One stream's decoder, or the file between two streams.
enum DecoderState<R: BufRead> {
    Plain(R),
    Gzip(flate2::bufread::GzDecoder<R>),
    Bzip2(bzip2::bufread::BzDecoder<R>),
    Xz(liblzma::bufread::XzDecoder<R>),
    Zstd(zstd::stream::read::Decoder<'static, R>),
    Ended,
}

impl<R: BufRead> DecompressedFile<R> {
    /// Starts with the first stream of `reader`.
    ///
    /// # Errors
    /// A decoder has no memory.
    pub(super) fn new(compressor: Compressor, reader: R) -> io::Result<Self> {
        Ok(Self { compressor, state: DecoderState::new(compressor, reader)? })
    }

    /// Goes on to the next stream, or to the end.
    fn next_stream(&mut self) -> io::Result<()> {
        let Some(mut reader) = std::mem::replace(&mut self.state, DecoderState::Ended).into_inner() else {
            return Ok(());
        };
        loop {
            let bytes = reader.fill_buf()?;
            // Tapes and some uploads pad with zeros, and xz allows them between streams.
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            match bytes.get(zeros) {
                Some(byte) if self.compressor.starts_with(*byte) => {
                    reader.consume(zeros);
                    self.state = DecoderState::new(self.compressor, reader)?;
                    return Ok(());
                }
                Some(_) => return Err(ArchiveFault::TrailingData.into()),
                None if zeros == 0 => return Ok(()),
                None => reader.consume(zeros),
            }
        }
    }
}

impl<R: BufRead> DecoderState<R> {
    fn new(compressor: Compressor, reader: R) -> io::Result<Self> {
        Ok(match compressor {
            Compressor::None => Self::Plain(reader),
            Compressor::Gzip => Self::Gzip(flate2::bufread::GzDecoder::new(reader)),
            Compressor::Bzip2 => Self::Bzip2(bzip2::bufread::BzDecoder::new(reader)),
            Compressor::Xz => {
                let stream = liblzma::stream::Stream::new_stream_decoder(MEMORY, 0)?;
                Self::Xz(liblzma::bufread::XzDecoder::new_stream(reader, stream))
            }
            Compressor::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(reader)?.single_frame();
                decoder.window_log_max(ZSTD_WINDOW)?;
                Self::Zstd(decoder)
            }
        })
    }

    /// Returns the reader after a stream that has ended; none where nothing may follow.
    fn into_inner(self) -> Option<R> {
        match self {
            Self::Plain(_) | Self::Ended => None,
            Self::Gzip(decoder) => Some(decoder.into_inner()),
            Self::Bzip2(decoder) => Some(decoder.into_inner()),
            Self::Xz(decoder) => Some(decoder.into_inner()),
            Self::Zstd(decoder) => Some(decoder.finish()),
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(reader) => reader.read(buffer),
            Self::Gzip(decoder) => decoder.read(buffer),
            Self::Bzip2(decoder) => decoder.read(buffer),
            Self::Xz(decoder) => decoder.read(buffer),
            Self::Zstd(decoder) => decoder.read(buffer),
            Self::Ended => Ok(0),
        }
    }
}

impl<R: BufRead> Read for DecompressedFile<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !buffer.is_empty() {
            let bytes = self.state.read(buffer).map_err(named)?;
            if bytes > 0 || matches!(self.state, DecoderState::Plain(_)) {
                return Ok(bytes);
            }
            self.next_stream()?;
            if matches!(self.state, DecoderState::Ended) {
                break;
            }
        }
        Ok(0)
    }
}

/// Recognises a decoder's refusal to use so much memory.
fn named(error: io::Error) -> io::Error {
    let text = error.to_string();
    if text.contains("memory limit") || text.contains("requires too much memory") {
        return ArchiveFault::Memory { limit: MEMORY }.into();
    }
    error
}
