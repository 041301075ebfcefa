//! Extracts the firmware's serial output from the output of an emulator.

use crate::plan::Emulator;
use crate::process::Stream;

/// Number of bytes of output that are kept: the last ones.
const KEPT: usize = 128 << 10;

/// Escape sequence before serial output in simavr: green.
const GREEN: &str = "\u{1b}[32m";
const PLAIN: &str = "\u{1b}[0m";

/// Parser of an emulator's output that searches for the expected text.
#[derive(Debug)]
pub(super) struct Serial<'a> {
    emulator: Emulator,
    expect: &'a str,
    /// Serial output, with `\n` at the end of lines.
    printed: Vec<u8>,
    /// Whether the beginning of `printed` was discarded.
    is_cut: bool,
    /// Messages of the emulator itself.
    words: Vec<u8>,
    /// Incomplete last line of each stream.
    lines: [Vec<u8>; 2],
    has_come: bool,
}

impl<'a> Serial<'a> {
    /// Returns a parser without any input.
    pub(super) fn new(emulator: Emulator, expect: &'a str) -> Self {
        let (printed, words, lines) = (Vec::new(), Vec::new(), [Vec::new(), Vec::new()]);
        Self { emulator, expect, printed, is_cut: false, words, lines, has_come: false }
    }

    /// Parses a piece of output; returns whether the expected text was printed.
    pub(super) fn hear(&mut self, stream: Stream, piece: &[u8]) -> bool {
        match (self.emulator, stream) {
            (Emulator::Qemu, Stream::Out) => self.print(piece),
            (Emulator::Qemu, Stream::Err) => keep(&mut self.words, piece),
            (Emulator::Simavr, _) => {
                let line = &mut self.lines[stream as usize];
                line.extend_from_slice(piece);
                let whole = line.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                let rest = line.split_off(whole);
                let lines = std::mem::replace(line, rest);
                for line in lines.split_inclusive(|byte| *byte == b'\n') {
                    self.line(line);
                }
            }
        }
        self.has_come
    }

    /// Parses the incomplete lines at the end; returns whether the expected text was printed.
    pub(super) fn end(&mut self) -> bool {
        for line in std::mem::take(&mut self.lines) {
            if !line.is_empty() {
                self.line(&line);
            }
        }
        self.has_come
    }

    /// Parses a line of simavr. Serial output appears as whole lines, in green, with a dot for each character
    /// below the space, including those at the end of the line: one for `\n`, two for `\r\n`.
    fn line(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let plain = text.trim_start_matches(PLAIN);
        let Some(said) = plain.strip_prefix(GREEN) else {
            keep(&mut self.words, plain.replace(PLAIN, "").as_bytes());
            return;
        };
        let said = said.trim_end_matches('\n').trim_end_matches(PLAIN);
        let said = said.strip_suffix("..").or_else(|| said.strip_suffix('.')).unwrap_or(said);
        self.print(format!("{said}\n").as_bytes());
    }

    fn print(&mut self, piece: &[u8]) {
        let known = self.printed.len();
        for &byte in piece {
            if byte == b'\n' && self.printed.last() == Some(&b'\r') {
                self.printed.pop();
            }
            self.printed.push(byte);
        }
        // The expected text may have begun in an earlier piece.
        let from = known.saturating_sub(self.expect.len());
        self.has_come |= memchr::memmem::find(&self.printed[from..], self.expect.as_bytes()).is_some();
        self.is_cut |= cut(&mut self.printed, KEPT.max(2 * self.expect.len()));
    }

    /// Returns the serial output.
    pub(super) fn printed(&self) -> String {
        let printed = String::from_utf8_lossy(&self.printed);
        if self.is_cut { format!("…\n{printed}") } else { printed.into_owned() }
    }

    /// Returns the messages of the emulator itself.
    pub(super) fn words(&self) -> String {
        String::from_utf8_lossy(&self.words).into_owned()
    }

    /// Returns the emulator's last lines, joined into one.
    pub(super) fn last_words(&self) -> Option<String> {
        const LINES: usize = 3;
        let words = self.words();
        let mut lines: Vec<&str> = words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        lines.drain(..lines.len().saturating_sub(LINES));
        (!lines.is_empty()).then(|| lines.join("; "))
    }
}

fn keep(words: &mut Vec<u8>, piece: &[u8]) {
    words.extend_from_slice(piece);
    cut(words, KEPT);
}

/// Discards the beginning of a text that is longer than twice `most`, down to `most` bytes. Returns whether
/// it did.
fn cut(text: &mut Vec<u8>, most: usize) -> bool {
    let is_long = text.len() > 2 * most;
    if is_long {
        text.drain(..text.len() - most);
    }
    is_long
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses pieces; returns whether the expected text was printed, the serial output, and the emulator's
    /// messages.
    fn heard(emulator: Emulator, expect: &str, pieces: &[(Stream, &str)]) -> (Option<usize>, String, String) {
        let mut serial = Serial::new(emulator, expect);
        let mut came = pieces.iter().position(|(stream, piece)| serial.hear(*stream, piece.as_bytes()));
        if came.is_none() && serial.end() {
            came = Some(pieces.len());
        }
        (came, serial.printed(), serial.words())
    }

    #[test]
    fn simavr_shows_lines_in_green() {
        let pieces = [
            (Stream::Out, "Loaded 924 .text at address 0x0\n"),
            (Stream::Err, "\u{1b}[32mdefault argument: 15..\n"),
            (Stream::Err, "\u{1b}[0m\u{1b}[32mdo"),
            (Stream::Err, "ne....\n\u{1b}[0m\u{1b}[32m5 V.\n\u{1b}[0m"),
        ];
        let (came, printed, words) = heard(Emulator::Simavr, "15\ndone..\n5", &pieces);
        assert_eq!((came, printed.as_str()), (Some(3), "default argument: 15\ndone..\n5 V\n"));
        assert_eq!(words, "Loaded 924 .text at address 0x0\n");
        // The emulator's own messages are not output of the firmware.
        assert_eq!(heard(Emulator::Simavr, "Loaded", &pieces).0, None);
        assert_eq!(heard(Emulator::Simavr, "done...", &pieces).0, None);
    }

    #[test]
    fn a_last_line_without_end_counts() {
        let pieces = [(Stream::Err, "\u{1b}[32mdone..")];
        assert_eq!(heard(Emulator::Simavr, "done", &pieces).0, Some(1));
    }

    #[test]
    fn qemu_passes_the_line_on() {
        let pieces = [
            (Stream::Err, "qemu-system-arm: warning: all well\n"),
            (Stream::Out, "all te"),
            (Stream::Out, "sts\r"),
            (Stream::Out, "\npassed"),
        ];
        let (came, printed, words) = heard(Emulator::Qemu, "tests\npassed", &pieces);
        assert_eq!((came, printed.as_str()), (Some(3), "all tests\npassed"));
        assert_eq!(words, "qemu-system-arm: warning: all well\n");
        assert_eq!(heard(Emulator::Qemu, "all well", &pieces).0, None);
        let mut serial = Serial::new(Emulator::Qemu, "x");
        assert_eq!(serial.last_words(), None);
        serial.hear(Stream::Err, b"one\ntwo\n\nthree\nfour");
        assert_eq!(serial.last_words().as_deref(), Some("two; three; four"));
    }

    #[test]
    fn of_a_firmware_that_prints_without_end_the_last_is_kept() {
        let mut serial = Serial::new(Emulator::Qemu, "never");
        for number in 0..100_000 {
            assert!(!serial.hear(Stream::Out, format!("line {number}\n").as_bytes()));
        }
        let printed = serial.printed();
        assert!(printed.len() <= 2 * KEPT + 8, "{}", printed.len());
        assert!(printed.starts_with('…') && printed.ends_with("line 99999\n"));
        assert!(serial.hear(Stream::Out, b"ne") || serial.hear(Stream::Out, b"ver"));
    }
}
