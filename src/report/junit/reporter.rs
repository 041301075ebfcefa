//! The report `junit.xml` as a reporter.

use std::io;
use std::path::PathBuf;

use super::fold::JunitFold;
use super::suites;
use crate::event::Event;
use crate::report::file::ReportFile;
use crate::report::options::JunitDialect;
use crate::report::reporter::Reporter;

/// Writes `junit.xml`.
pub(crate) struct Junit {
    file: ReportFile,
    fold: JunitFold,
    dialect: JunitDialect,
}

impl Junit {
    /// Paths are shown relative to the directory `current`.
    pub(crate) fn new(file: ReportFile, current: PathBuf, dialect: JunitDialect) -> Self {
        Self { file, fold: JunitFold::new(current), dialect }
    }
}

impl Reporter for Junit {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        self.fold.fold(event);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.file.write(|writer| suites::write(&self.fold, self.dialect, writer))
    }
}
