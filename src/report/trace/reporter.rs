//! The report `trace.json` as a reporter.

use std::io;

use super::fold::TraceFold;
use super::tracks;
use crate::event::Event;
use crate::report::file::ReportFile;
use crate::report::reporter::Reporter;

/// Writes `trace.json`.
pub(crate) struct Trace {
    file: ReportFile,
    fold: TraceFold,
}

impl Trace {
    pub(crate) fn new(file: ReportFile) -> Self {
        Self { file, fold: TraceFold::default() }
    }
}

impl Reporter for Trace {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        self.fold.fold(event);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.file.write(|writer| tracks::write(&self.fold, writer))
    }
}
