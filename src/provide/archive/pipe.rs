//! Runs a reader on a thread of its own, so that decompression and writing overlap. Knows nothing of the content.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use super::error::ArchiveFault;

/// Size of a chunk, in bytes.
const CHUNK: usize = 256 << 10;
/// Chunks in flight. With those at both ends these are all of its memory: 1.5 MB.
const IN_FLIGHT: usize = 4;

/// Receiving end: the bytes of the reader on the other thread.
pub(super) struct PipeReader {
    full: Receiver<io::Result<Vec<u8>>>,
    empty: Sender<Vec<u8>>,
    chunk: Vec<u8>,
    at: usize,
    ended: bool,
}

/// Runs `work` on this thread with the bytes of `reader`, which is read on another one.
///
/// The other thread ends with `reader`, with its error, or after `work` has returned.
///
/// # Errors
/// Those of `work`; no thread can be started.
pub(super) fn pipe<T>(
    reader: impl Read + Send,
    work: impl FnOnce(PipeReader) -> Result<T, ArchiveFault>,
) -> Result<T, ArchiveFault> {
    thread::scope(|scope| {
        let (full, receive) = sync_channel(IN_FLIGHT);
        let (recycle, empty) = channel();
        let thread = thread::Builder::new().name("decompress".to_owned());
        thread.spawn_scoped(scope, move || send_all(reader, &full, &empty)).map_err(ArchiveFault::Read)?;
        work(PipeReader { full: receive, empty: recycle, chunk: Vec::new(), at: 0, ended: false })
    })
}

/// Sends all bytes of `reader`; stops when nobody receives them.
fn send_all(mut reader: impl Read, full: &SyncSender<io::Result<Vec<u8>>>, empty: &Receiver<Vec<u8>>) {
    loop {
        let mut chunk = empty.try_recv().unwrap_or_default();
        chunk.resize(CHUNK, 0);
        let message = match read_full(&mut reader, &mut chunk) {
            (0, None) => return,
            (0, Some(error)) => Err(error),
            (bytes, error) => {
                chunk.truncate(bytes);
                // The bytes before an error may hold an entry with a better message.
                if full.send(Ok(chunk)).is_err() {
                    return;
                }
                match error {
                    None => continue,
                    Some(error) => Err(error),
                }
            }
        };
        let _ = full.send(message);
        return;
    }
}

/// Fills the buffer as far as the reader goes. Returns the number of bytes, and the error after them.
fn read_full(reader: &mut impl Read, buffer: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(bytes) => filled += bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (filled, Some(error)),
        }
    }
    (filled, None)
}

impl BufRead for PipeReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.chunk.len() && !self.ended {
            let used = std::mem::take(&mut self.chunk);
            if !used.is_empty() {
                let _ = self.empty.send(used);
            }
            self.at = 0;
            match self.full.recv() {
                Ok(chunk) => self.chunk = chunk?,
                // The sender is gone: the end of the reader.
                Err(_) => self.ended = true,
            }
        }
        Ok(&self.chunk[self.at..])
    }

    fn consume(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.chunk.len());
    }
}

impl Read for PipeReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?.read(buffer)?;
        self.consume(bytes);
        Ok(bytes)
    }
}
