//! Lines on standard error, above the lines that stay at the bottom of a terminal.

use std::io::{self, Write};

use super::paint::Paint;
use super::screen::Screen;

/// Standard error, or a replacement of it.
pub(super) struct Stderr {
    writer: Box<dyn Write + Send>,
    pub(super) paint: Paint,
    /// The lines at the bottom, if any.
    pub(super) screen: Option<Screen>,
    /// Whether the last line is empty.
    is_apart: bool,
}

impl Stderr {
    /// Creates a writer without lines at the bottom.
    pub(super) fn new(writer: Box<dyn Write + Send>, paint: Paint) -> Self {
        Self { writer, paint, screen: None, is_apart: false }
    }

    /// Writes lines above those at the bottom.
    ///
    /// # Errors
    /// The stream can't be written, as in all other functions.
    pub(super) fn print(&mut self, lines: &str) -> io::Result<()> {
        // A failure has an empty line before and after it.
        let lines = if self.is_apart { lines.trim_start_matches('\n') } else { lines };
        self.is_apart = lines.ends_with('\n');
        let text = format!("{lines}\n");
        self.write(&self.screen.as_ref().map_or_else(|| text.clone(), |screen| screen.above(&text)))
    }

    /// Replaces the lines at the bottom.
    pub(super) fn redraw(&mut self, lines: Vec<String>) -> io::Result<()> {
        match self.screen.as_mut().and_then(|screen| screen.replace(lines)) {
            Some(text) => self.write(&text),
            None => Ok(()),
        }
    }

    /// Removes the lines at the bottom permanently.
    pub(super) fn end_screen(&mut self) -> io::Result<()> {
        let erased = self.redraw(Vec::new());
        self.screen = None;
        erased
    }

    /// Writes a text in one write to avoid flicker.
    pub(super) fn write(&mut self, text: &str) -> io::Result<()> {
        self.writer.write_all(text.as_bytes())?;
        self.writer.flush()
    }
}
