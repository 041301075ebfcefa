//! The report `sizes.json` as a reporter.

use std::io;
use std::path::PathBuf;

use super::fold::SizesFold;
use crate::event::Event;
use crate::report::file::ReportFile;
use crate::report::report_dir::ReportDir;
use crate::report::reporter::Reporter;

/// Writes `sizes.json`, and once more into a directory of its own: arduino/report-size-deltas takes every `.json` below
/// the directory that it is given for a report.
pub(crate) struct SizesReport {
    files: [ReportFile; 2],
    current: PathBuf,
    fold: SizesFold,
}

impl SizesReport {
    /// Its paths below the report directory.
    pub(crate) const NAMES: [&'static str; 2] = ["sizes.json", "sizes/sizes.json"];

    /// Creates the temporary files. Sketches are named relative to the directory `current`.
    ///
    /// # Errors
    /// A file can't be created.
    pub(crate) fn create(dir: &ReportDir, current: PathBuf) -> io::Result<Self> {
        let [first, second] = Self::NAMES;
        let files = [ReportFile::create(dir, first)?, ReportFile::create(dir, second)?];
        Ok(Self { files, current, fold: SizesFold::default() })
    }
}

impl Reporter for SizesReport {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        self.fold.fold(event);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        let Some(content) = self.fold.file(&self.current) else {
            // An earlier run's sizes must not be taken for this run's.
            return self.files.iter().try_for_each(ReportFile::remove);
        };
        self.files.iter().try_for_each(|file| {
            file.write(|writer| {
                serde_json::to_writer_pretty(&mut *writer, &content)?;
                writer.write_all(b"\n")
            })
        })
    }
}
