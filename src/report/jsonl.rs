//! `events.jsonl`: every event as one line of JSON, written as it happens. It is the one report that is
//! not renamed into place: after a kill it is what is left of a run, readable up to its last line.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use super::Reporter;
use crate::event::Event;

/// Writes `events.jsonl`.
#[derive(Debug)]
pub(super) struct Jsonl<W> {
    writer: W,
    line: Vec<u8>,
}

impl Jsonl<File> {
    /// Replaces the previous run's file.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { writer: File::create(path)?, line: Vec::new() })
    }
}

impl<W: Write + Send> Reporter for Jsonl<W> {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, event)?;
        self.line.push(b'\n');
        // One write a line, straight to the file: a kill between two events tears no line.
        self.writer.write_all(&self.line)?;
        self.writer.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::Script;

    /// Counts the writes: a line that takes two can be torn.
    #[derive(Default)]
    struct Writes(Vec<Vec<u8>>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn one_write_and_one_json_object_an_event() {
        let events = Script::mixed().events();
        let mut jsonl = Jsonl { writer: Writes::default(), line: Vec::new() };
        for (number, event) in events.iter().enumerate() {
            jsonl.report(event).expect("report");
            assert_eq!(jsonl.writer.0.len(), number + 1);
        }
        for (line, event) in jsonl.writer.0.iter().zip(&events) {
            assert_eq!(line.iter().position(|byte| *byte == b'\n'), Some(line.len() - 1));
            let value: serde_json::Value = serde_json::from_slice(line).expect("JSON");
            assert_eq!(value["at_us"].as_u64().map(u128::from), Some(event.at.as_micros()));
            assert!(value["event"].is_string());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_not_utf_8_is_told_all_the_same() {
        use std::os::unix::ffi::OsStringExt;
        let mut cell = crate::report::testing::cell_info("uno", "A");
        cell.file = std::ffi::OsString::from_vec(b"/x/\xff.ino".to_vec()).into();
        let kind =
            crate::event::EventKind::Planned { cores: Vec::new(), cells: vec![cell], skipped: Vec::new() };
        let mut jsonl = Jsonl { writer: Writes::default(), line: Vec::new() };
        jsonl.report(&Event { at: std::time::Duration::ZERO, kind }).expect("report");
        let value: serde_json::Value = serde_json::from_slice(&jsonl.writer.0[0]).expect("JSON");
        assert_eq!(value["cells"][0]["file"], "/x/\u{fffd}.ino");
    }
}
