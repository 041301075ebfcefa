//! The interface between a run's events and its reports.

use std::io;

use crate::event::Event;

/// A report: a fold over events that writes a file, or the terminal.
pub trait Reporter: Send {
    /// Adds an event.
    ///
    /// # Errors
    ///
    /// The report can't be written. It is then abandoned, and the others continue.
    fn report(&mut self, event: &Event) -> io::Result<()>;

    /// Called when no further event is waiting.
    ///
    /// # Errors
    ///
    /// As for [`Reporter::report`].
    fn pause(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Called about ten times a second, with or without events.
    fn tick(&mut self) {}

    /// Writes the rest of the report. Called after the last event, also when the run was interrupted; and again if all
    /// files move to another directory because one of them can't be written.
    ///
    /// # Errors
    ///
    /// The report can't be written.
    fn finish(&mut self) -> io::Result<()>;
}
