//! Lines on standard error, above the lines that stay at the bottom of a terminal, in groups where a CI system has them.

use std::io::{self, Write};

use super::paint::Paint;
use super::screen::Screen;
use crate::report::ci::Marks;

/// Standard error, or a replacement of it.
pub(super) struct Stderr {
    writer: Box<dyn Write + Send>,
    pub(super) paint: Paint,
    /// The lines at the bottom, if any.
    pub(super) screen: Option<Screen>,
    /// Marks of a CI system.
    pub(super) marks: Marks,
    /// Whether the last line is empty.
    is_apart: bool,
}

impl Stderr {
    /// Creates a writer without lines at the bottom.
    pub(super) fn new(writer: Box<dyn Write + Send>, paint: Paint, marks: Marks) -> Self {
        Self { writer, paint, screen: None, marks, is_apart: false }
    }

    /// Writes lines above those at the bottom, into the open group, if any.
    ///
    /// # Errors
    /// The stream can't be written, as in all other functions.
    pub(super) fn print(&mut self, lines: &str) -> io::Result<()> {
        // A failure has an empty line before and after it.
        let lines = if self.is_apart { lines.trim_start_matches('\n') } else { lines };
        self.is_apart = lines.ends_with('\n');
        let text = self.marks.own(&format!("{lines}\n")).into_owned();
        self.write_above(&text)
    }

    /// Writes lines into the group of a section.
    pub(super) fn print_in(&mut self, section: &'static str, lines: &str) -> io::Result<()> {
        let marks = self.marks.section(section);
        self.write_above(&marks)?;
        self.print(lines)
    }

    /// Writes lines outside of groups.
    pub(super) fn print_outside(&mut self, lines: &str) -> io::Result<()> {
        self.close_group()?;
        self.print(lines)
    }

    /// Writes lines with output of tools, in a group of their own where there are groups.
    pub(super) fn print_foreign(&mut self, title: &str, lines: &str) -> io::Result<()> {
        if !self.marks.has_groups() {
            return self.print(lines);
        }
        let mut text = self.marks.open(title);
        text.push_str(&self.marks.foreign(&format!("{}\n", lines.trim_matches('\n'))));
        text.push_str(&self.marks.close());
        self.write_above(&text)
    }

    /// Closes the open group, if any.
    pub(super) fn close_group(&mut self) -> io::Result<()> {
        let marks = self.marks.close();
        self.write_above(&marks)
    }

    fn write_above(&mut self, text: &str) -> io::Result<()> {
        match &self.screen {
            _ if text.is_empty() => Ok(()),
            Some(screen) => self.write(&screen.above(text)),
            None => self.write(text),
        }
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
    fn write(&mut self, text: &str) -> io::Result<()> {
        self.writer.write_all(text.as_bytes())?;
        self.writer.flush()
    }
}
