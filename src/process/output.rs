//! Output of processes, bounded: the beginning and the end are stored, the rest is counted.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};

use crate::sync::lock;

/// Bytes stored of the beginning and of the end.
const KEPT: usize = 1_000_000;

/// Limit of the bytes that a process prints to both outputs together, after which it is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OutputLimit(pub u64);

impl Default for OutputLimit {
    fn default() -> Self {
        Self(64_000_000)
    }
}

impl fmt::Display for OutputLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        megabytes(self.0).fmt(f)
    }
}

fn megabytes(bytes: u64) -> String {
    // Rounded to tenths of a megabyte.
    let tenths = bytes.saturating_add(50_000) / 100_000;
    if tenths.is_multiple_of(10) {
        format!("{} MB", tenths / 10)
    } else {
        format!("{}.{} MB", tenths / 10, tenths % 10)
    }
}

/// The first and the last megabyte of an output, and the number of bytes between them.
#[derive(Debug, Clone, Default)]
pub(crate) struct BoundedOutput {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    omitted: u64,
}

impl BoundedOutput {
    /// Adds the next output.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let (head, rest) = bytes.split_at(bytes.len().min(KEPT - self.head.len()));
        self.head.extend_from_slice(head);
        let last = &rest[rest.len().saturating_sub(KEPT)..];
        let excess = (self.tail.len() + last.len()).saturating_sub(KEPT);
        self.tail.drain(..excess);
        self.tail.extend(last);
        self.omitted += (rest.len() - last.len() + excess) as u64;
    }

    /// Returns the number of bytes left out.
    pub(crate) const fn omitted(&self) -> u64 {
        self.omitted
    }

    /// Takes the stored output, with a line for the bytes left out, if any.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        let Self { head: mut bytes, tail, omitted } = std::mem::take(self);
        if omitted > 0 {
            let note = format!("\n[… {} of the output left out …]\n", megabytes(omitted));
            bytes.extend_from_slice(note.as_bytes());
        }
        let (front, back) = tail.as_slices();
        bytes.reserve(tail.len());
        bytes.extend_from_slice(front);
        bytes.extend_from_slice(back);
        bytes
    }
}

/// The output of a job's processes that were ended early, and the limit for each of its processes. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Transcript {
    printed: Arc<Mutex<BoundedOutput>>,
    limit: OutputLimit,
}

impl Transcript {
    /// Returns an empty transcript with a limit for each process.
    pub fn new(limit: OutputLimit) -> Self {
        Self { printed: Arc::default(), limit }
    }

    /// Returns the limit for each process.
    pub const fn limit(&self) -> OutputLimit {
        self.limit
    }

    /// Takes the output.
    pub fn take(&self) -> String {
        let bytes = lock(&self.printed).take();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn append(&self, bytes: &[u8]) {
        lock(&self.printed).push(bytes);
    }
}

/// The output of a running process. Dropping it moves the output to the transcript, unless it is finished.
pub(crate) struct Printed<'a> {
    pub(crate) stdout: BoundedOutput,
    pub(crate) stderr: BoundedOutput,
    transcript: &'a Transcript,
}

impl<'a> Printed<'a> {
    pub(crate) fn new(transcript: &'a Transcript) -> Self {
        Self { stdout: BoundedOutput::default(), stderr: BoundedOutput::default(), transcript }
    }

    /// Returns the number of bytes left out of both.
    pub(crate) const fn omitted(&self) -> u64 {
        self.stdout.omitted() + self.stderr.omitted()
    }

    /// Takes both outputs, which then belong to the result and not to the transcript.
    pub(crate) fn finish(&mut self) -> (Vec<u8>, Vec<u8>) {
        (self.stdout.take(), self.stderr.take())
    }
}

impl Drop for Printed<'_> {
    fn drop(&mut self) {
        for output in [&mut self.stdout, &mut self.stderr] {
            self.transcript.append(&output.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns `count` bytes, each computed from its position.
    fn bytes(from: usize, count: usize) -> Vec<u8> {
        (from..from + count).map(|at| u8::try_from(at % 251).unwrap()).collect()
    }

    #[test]
    fn what_fits_is_kept_whole() {
        for pieces in [vec![0], vec![10, 20], vec![KEPT, KEPT], vec![KEPT - 1, 2, KEPT - 1], vec![2 * KEPT]] {
            let (mut output, mut all) = (BoundedOutput::default(), Vec::new());
            for piece in pieces {
                let piece = bytes(all.len(), piece);
                output.push(&piece);
                all.extend(piece);
            }
            assert_eq!(output.omitted(), 0);
            assert!(output.take() == all, "{} bytes", all.len());
        }
    }

    #[test]
    fn of_more_the_beginning_and_the_end_are_kept_and_the_rest_is_counted() {
        for piece in [1 << 10, 1 << 16, 3 * KEPT, 5 * KEPT] {
            let (mut output, mut all) = (BoundedOutput::default(), Vec::new());
            while all.len() < 5 * KEPT {
                let piece = bytes(all.len(), piece);
                output.push(&piece);
                all.extend(piece);
            }
            let omitted = all.len() - 2 * KEPT;
            assert_eq!(output.omitted(), omitted as u64);
            let kept = output.take();
            assert!(kept.starts_with(&all[..KEPT]) && kept.ends_with(&all[all.len() - KEPT..]));
            let note = String::from_utf8(kept[KEPT..kept.len() - KEPT].to_vec()).unwrap();
            assert!(note.starts_with("\n[… ") && note.ends_with("MB of the output left out …]\n"), "{note}");
        }
    }

    #[test]
    fn a_transcript_of_many_processes_is_bounded_too() {
        let transcript = Transcript::default();
        for _ in 0..8 {
            let mut printed = Printed::new(&transcript);
            printed.stderr.push(&vec![b'x'; KEPT]);
        }
        let text = transcript.take();
        assert!(
            text.len() < 2 * KEPT + 100 && text.contains("6 MB of the output left out"),
            "{}",
            text.len()
        );
        assert_eq!(transcript.take(), "");
    }

    #[test]
    fn limits_are_told_in_megabytes() {
        assert_eq!(OutputLimit::default().to_string(), "64 MB");
        assert_eq!(OutputLimit(1_500_000).to_string(), "1.5 MB");
    }
}
