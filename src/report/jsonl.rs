//! `events.jsonl`: every event as a line of JSON, written as it happens, with waiting events in one write. It is the
//! only report that is not renamed into place: after a kill it is readable up to its last line. [`events`] reads it.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::report_dir::ReportDir;
use super::reporter::Reporter;
use crate::event::Event;

/// Writes `events.jsonl`.
#[derive(Debug)]
pub(super) struct Jsonl<W> {
    writer: W,
    /// Lines that have not been written yet.
    lines: Vec<u8>,
}

/// Size in bytes from which waiting lines are written.
const WAITING_MAX: usize = 64 * 1024;

impl Jsonl<Journal> {
    pub(super) const NAME: &str = "events.jsonl";

    /// Creates the file, in place of the previous run's.
    ///
    /// # Errors
    /// The file can't be created.
    pub(super) fn create(dir: &ReportDir) -> io::Result<Self> {
        Ok(Self { writer: Journal::create(dir, Self::NAME)?, lines: Vec::new() })
    }
}

/// Returns the events in the content of an `events.jsonl`. An incomplete last line, as a kill leaves it, is ignored.
pub(super) fn events(content: &[u8]) -> impl Iterator<Item = serde_json::Result<Event>> {
    let end = content.iter().rposition(|&byte| byte == b'\n').unwrap_or(0);
    serde_json::Deserializer::from_slice(&content[..end]).into_iter()
}

/// An append-only file that moves with the report directory.
#[derive(Debug)]
pub(super) struct Journal {
    dir: ReportDir,
    name: &'static str,
    /// The directory of `file`.
    path: PathBuf,
    file: File,
    /// Bytes of complete lines.
    whole: u64,
}

impl Journal {
    fn create(dir: &ReportDir, name: &'static str) -> io::Result<Self> {
        let path = dir.path();
        let file = open(&path.join(name))?;
        Ok(Self { dir: dir.clone(), name, path, file, whole: 0 })
    }

    /// Moves to the current report directory, with all complete lines.
    fn follow(&mut self) -> io::Result<()> {
        // Removes the part of a line that a full disk left.
        let _ = self.file.set_len(self.whole);
        let (name, whole) = (self.name, self.whole);
        let Self { dir, file: old, .. } = self;
        let (path, file) = dir.somewhere(|path| {
            let mut file = open(&path.join(name))?;
            old.seek(SeekFrom::Start(0))?;
            io::copy(&mut Read::by_ref(old).take(whole), &mut file)?;
            Ok((path.to_owned(), file))
        })?;
        (self.path, self.file) = (path, file);
        Ok(())
    }

    /// Returns whether the path still refers to the file: the directory may have been removed.
    fn is_there(&self) -> bool {
        let inode =
            |metadata: io::Result<fs::Metadata>| Some((metadata.as_ref().ok()?.dev(), metadata.ok()?.ino()));
        let named = inode(fs::metadata(self.path.join(self.name)));
        named.is_some() && named == inode(self.file.metadata())
    }
}

fn open(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).create(true).truncate(true).open(path)
}

impl Write for Journal {
    /// Writes the line completely, or removes its incomplete part.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Err(error) = self.file.write_all(line) {
            let path = self.path.clone();
            // Only a failure in the file's own directory causes a change of directory.
            let mut given = Some(error);
            self.dir.somewhere(|at| match given.take().filter(|_| at == path) {
                Some(error) => Err(error),
                None => Ok(()),
            })?;
            self.follow()?;
            self.file.write_all(line)?;
        }
        self.whole += line.len() as u64;
        Ok(line.len())
    }

    /// Moves the file to the current report directory, if that is another one.
    fn flush(&mut self) -> io::Result<()> {
        if self.dir.path() != self.path || !self.is_there() {
            self.follow()?;
        }
        Ok(())
    }
}

impl<W: Write + Send> Reporter for Jsonl<W> {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        serde_json::to_writer(&mut self.lines, event)?;
        self.lines.push(b'\n');
        if self.lines.len() < WAITING_MAX { Ok(()) } else { self.pause() }
    }

    fn pause(&mut self) -> io::Result<()> {
        if self.lines.is_empty() {
            return Ok(());
        }
        // Complete lines in one write, straight to the file: a kill between two writes tears none.
        let written = self.writer.write_all(&self.lines);
        self.lines.clear();
        // The line of a plan can be megabytes long.
        self.lines.shrink_to(WAITING_MAX);
        written
    }

    fn finish(&mut self) -> io::Result<()> {
        self.pause()?;
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::Script;

    /// Records the writes: a line that takes two can be incomplete after a kill.
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
    fn one_json_object_an_event_and_one_write_a_pause() {
        let events = Script::mixed().events();
        let mut jsonl = Jsonl { writer: Writes::default(), lines: Vec::new() };
        let (first, rest) = events.split_first().expect("events");
        jsonl.report(first).expect("report");
        jsonl.pause().expect("pause");
        jsonl.pause().expect("pause");
        assert_eq!(jsonl.writer.0.len(), 1);
        for event in rest {
            jsonl.report(event).expect("report");
        }
        jsonl.finish().expect("finish");
        assert_eq!(jsonl.writer.0.len(), 2);
        assert!(jsonl.writer.0.iter().all(|write| write.ends_with(b"\n")));
        let text = String::from_utf8(jsonl.writer.0.concat()).expect("UTF-8");
        assert_eq!(text.lines().count(), events.len());
        for (line, event) in text.lines().zip(&events) {
            let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
            assert_eq!(value["at_us"].as_u64().map(u128::from), Some(event.at.as_micros()));
            assert!(value["event"].is_string());
        }
    }

    #[test]
    fn what_waits_is_bounded() {
        let event = &Script::mixed().events()[0];
        let mut jsonl = Jsonl { writer: Writes::default(), lines: Vec::new() };
        while jsonl.writer.0.is_empty() {
            jsonl.report(event).expect("report");
            assert!(jsonl.lines.len() < WAITING_MAX);
        }
        assert!(jsonl.lines.is_empty());
    }

    /// After a failed write, the file moves to the refuge with its earlier lines.
    #[test]
    fn it_goes_on_elsewhere_with_all_that_it_had() {
        let directory = tempfile::tempdir().expect("directory");
        let (first, refuge) = (directory.path().join("first"), directory.path().join("refuge"));
        fs::create_dir(&first).expect("mkdir");
        let place = ReportDir::new(first.clone(), vec![refuge.clone()]);
        let mut journal = Journal::create(&place, "e").expect("create");
        journal.write_all(b"one\n").expect("write");
        // Opened for reading only: the next write fails.
        journal.file = File::open(first.join("e")).expect("open");
        journal.write_all(b"two\n").expect("write");
        journal.flush().expect("flush");
        assert!(place.path().starts_with(&refuge));
        assert_eq!(fs::read_to_string(place.path().join("e")).expect("read"), "one\ntwo\n");

        // If that directory is removed, it is created again.
        fs::remove_dir_all(place.path()).expect("remove");
        journal.flush().expect("flush");
        assert_eq!(fs::read_to_string(place.path().join("e")).expect("read"), "one\ntwo\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_not_utf_8_is_told_all_the_same() {
        use std::os::unix::ffi::OsStringExt;
        let mut cell = crate::report::testing::cell_info("uno", "A");
        cell.file = PathBuf::from(std::ffi::OsString::from_vec(b"/x/\xff.ino".to_vec())).into();
        let kind =
            crate::event::EventKind::Planned { cores: Vec::new(), cells: vec![cell], skipped: Vec::new() };
        let mut jsonl = Jsonl { writer: Writes::default(), lines: Vec::new() };
        jsonl.report(&Event { at: std::time::Duration::ZERO, kind }).expect("report");
        jsonl.finish().expect("finish");
        let value: serde_json::Value = serde_json::from_slice(&jsonl.writer.0[0]).expect("JSON");
        assert_eq!(value["cells"][0]["file"], "/x/\u{fffd}.ino");
    }
}
