//! The report `timing.json` as a reporter.

use std::io;

use super::fold::TimingFold;
use crate::event::Event;
use crate::report::file::ReportFile;
use crate::report::reporter::Reporter;

/// Writes `timing.json`.
pub(crate) struct Timing {
    file: ReportFile,
    fold: TimingFold,
}

impl Timing {
    pub(crate) fn new(file: ReportFile) -> Self {
        Self { file, fold: TimingFold::default() }
    }
}

impl Reporter for Timing {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        self.fold.fold(event);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.file.write(|writer| {
            self.fold.write(writer)?;
            writer.write_all(b"\n")
        })
    }
}
