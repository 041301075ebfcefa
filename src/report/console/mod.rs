//! The terminal: progress, failures and remarks on standard error, the closing table on standard output.
//! Decides what is shown when; what it looks like is said by its parts.

mod closing;
mod lines;
mod live;
mod paint;
mod screen;

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use self::live::Live;
use self::paint::Paint;
use self::screen::Screen;
use super::busy::Busy;
use super::copies::{Choices, ForeignCopies};
use super::failures::{Groups, Trouble};
use super::paths::Here;
use super::place::{Moved, Place};
use super::tally::Tally;
use super::{ReportError, ReportOptions, Reporter, text};
use crate::event::{Event, EventKind, JobId, JobResult, Level};

/// `--color`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Color {
    /// On terminals, unless `NO_COLOR` and its like say otherwise.
    #[default]
    Auto,
    /// Also into files and pipes.
    Always,
    /// Nowhere.
    Never,
}

/// `--progress`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Progress {
    /// Bars where standard error is a terminal, plain lines elsewhere.
    #[default]
    Auto,
    /// Bars; plain lines where standard error is no terminal, since there is nothing to draw on.
    Bar,
    /// A line a job.
    Plain,
    /// Neither: only failures and remarks.
    None,
}

/// `-v`, `-q`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Failures, warnings and the closing table.
    Quiet,
    /// Progress too.
    #[default]
    Normal,
    /// A line for every job, and every remark.
    Verbose,
}

/// Writes to the terminal.
pub(super) struct Console {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    out_paint: Paint,
    err_paint: Paint,
    here: Here,
    place: Place,
    verbosity: Verbosity,
    /// Whether every job has a line.
    job_lines: bool,
    screen: Option<Screen>,
    busy: Busy,
    live: Live,
    tally: Tally,
    failures: Groups,
    copies: ForeignCopies,
    choices: Choices,
    /// Whether the last line on standard error is empty.
    is_apart: bool,
    /// The clock of the events: the last one's time, and when it came.
    clock: (Duration, Instant),
}

impl Console {
    /// On this process's own terminal, or whatever stands in its place.
    pub(super) fn on_terminal(options: ReportOptions, place: Place) -> Self {
        let styled = |auto| match options.color {
            Color::Auto => auto != anstream::ColorChoice::Never,
            Color::Always => true,
            Color::Never => false,
        };
        let out_paint = Paint { styled: styled(anstream::AutoStream::choice(&io::stdout())) };
        let err_paint = Paint { styled: styled(anstream::AutoStream::choice(&io::stderr())) };
        // A dumb terminal can't move its cursor.
        let terminal =
            io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let bars = match options.progress {
            Progress::Auto | Progress::Bar => terminal && options.verbosity > Verbosity::Quiet,
            Progress::Plain | Progress::None => false,
        };
        let mut console = Self::new(
            options,
            place,
            (Box::new(io::stdout()), out_paint),
            (Box::new(io::stderr()), err_paint),
        );
        if bars {
            console.job_lines = console.verbosity == Verbosity::Verbose;
            console.screen = Some(Screen::default());
        }
        console
    }

    /// Without bars.
    fn new(
        options: ReportOptions,
        place: Place,
        (out, out_paint): (Box<dyn Write + Send>, Paint),
        (err, err_paint): (Box<dyn Write + Send>, Paint),
    ) -> Self {
        let ReportOptions { current_dir, progress, verbosity, .. } = options;
        let job_lines = match verbosity {
            Verbosity::Quiet => false,
            Verbosity::Normal => progress != Progress::None,
            Verbosity::Verbose => true,
        };
        Self {
            out,
            err,
            out_paint,
            err_paint,
            here: Here::new(&current_dir),
            place,
            verbosity,
            job_lines,
            screen: None,
            busy: Busy::default(),
            live: Live::default(),
            tally: Tally::default(),
            failures: Groups::default(),
            copies: ForeignCopies::default(),
            choices: Choices::default(),
            is_apart: false,
            clock: (Duration::ZERO, Instant::now()),
        }
    }

    /// Writes lines to standard error, above the bars.
    fn tell(&mut self, lines: &str) -> io::Result<()> {
        // A failure has an empty line on either side.
        let lines = if self.is_apart { lines.trim_start_matches('\n') } else { lines };
        self.is_apart = lines.ends_with('\n');
        let text = format!("{lines}\n");
        self.write_err(&self.screen.as_ref().map_or_else(|| text.clone(), |screen| screen.above(&text)))
    }

    /// In one write, so that nothing flickers.
    fn write_err(&mut self, text: &str) -> io::Result<()> {
        self.err.write_all(text.as_bytes())?;
        self.err.flush()
    }

    fn tell_event(&mut self, event: &Event) -> io::Result<()> {
        let paint = self.err_paint;
        let normal = self.verbosity >= Verbosity::Normal;
        match &event.kind {
            EventKind::SetupStarted { what } if self.job_lines && self.screen.is_none() => {
                self.tell(&format!("{} {}", lines::word(paint, Paint::bold, "set-up"), text::one_line(what)))
            }
            EventKind::SetupFinished { what, brief, detail } if normal => {
                let said = if self.verbosity == Verbosity::Verbose { detail } else { brief };
                let detail = text::for_terminal(said.trim_end()).replace('\n', "; ");
                let done = lines::word(paint, Paint::good, "ready");
                self.tell(&format!("{done} {}  {}", text::one_line(what), paint.dim(&detail)))
            }
            EventKind::Log { level, message } => {
                let wanted = match level {
                    Level::Debug => self.verbosity == Verbosity::Verbose,
                    Level::Info => normal,
                    Level::Warn => true,
                };
                if wanted { self.tell(&lines::log(paint, *level, message)) } else { Ok(()) }
            }
            EventKind::Planned { cores, cells, skipped } if normal => {
                let mut plan = format!(
                    "{} for {}, with {}",
                    text::count(cells.len(), "cell"),
                    text::count(self.tally.boards.len(), "board"),
                    text::count(cores.len(), "core")
                );
                if !skipped.is_empty() {
                    plan = format!("{plan}; {} skipped", skipped.len());
                }
                self.tell(&format!("{} {plan}", lines::word(paint, Paint::bold, "plan")))
            }
            EventKind::JobFinished(result) => self.tell_job(result),
            EventKind::Stopping { reason } => {
                let reason = text::one_line(reason);
                self.tell(&format!(
                    "{} {reason}; nothing new is started",
                    lines::word(paint, Paint::warn, "stopping")
                ))
            }
            _ => Ok(()),
        }
    }

    /// Tells once of a library that was chosen: where it is another copy of the library under test, and with `-v` where
    /// there are several.
    fn tell_libraries(&mut self, result: &JobResult) -> io::Result<()> {
        for message in self.copies.fold(result, &self.here) {
            self.tell(&lines::log(self.err_paint, Level::Warn, &message))?;
        }
        if self.verbosity < Verbosity::Verbose {
            return Ok(());
        }
        for message in self.choices.fold(result, &self.here) {
            self.tell(&lines::log(self.err_paint, Level::Info, &message))?;
        }
        Ok(())
    }

    fn tell_job(&mut self, result: &JobResult) -> io::Result<()> {
        self.tell_libraries(result)?;
        let paint = self.err_paint;
        let time = self.busy.end(result);
        let (done, all) = match &result.job {
            JobId::Core(_) => (self.tally.cores.ended(), self.tally.cores_planned),
            JobId::Cell(_) => (self.tally.total().ended(), self.tally.cells_planned()),
        };
        let ended = lines::Ended { result, done, all, time };
        if let Some(trouble) = Trouble::of(&result.job, &result.outcome, &self.here, lines::ROOM) {
            let first = self.failures.add(&result.job, &trouble, String::new);
            let text = if *first == result.job {
                lines::failure(paint, &ended, &trouble, &self.here)
            } else {
                lines::same_failure(paint, &ended, first, trouble.numbers())
            };
            return self.tell(&text);
        }
        if !self.job_lines {
            return Ok(());
        }
        self.tell(&lines::job(paint, &ended))
    }
}

impl Reporter for Console {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        self.clock = (event.at, Instant::now());
        self.tally.fold(event);
        self.busy.fold(event);
        if self.screen.is_some() {
            self.live.fold(event);
        }
        let told = self.tell_event(event);
        ignore_closed(told)
    }

    fn tick(&mut self) {
        if let Some(screen) = &mut self.screen {
            let now = self.clock.0 + self.clock.1.elapsed();
            let (height, width) = console::Term::stderr().size();
            // A few columns less: room for the `^C` that a terminal echoes.
            let size = (usize::from(height), usize::from(width).saturating_sub(4));
            let lines = self.live.lines(self.err_paint, &self.tally, now, size);
            if let Some(text) = screen.replace(lines) {
                // Nobody who could be told of an error here looks at this terminal any more; what is said
                // later fails too, and is told.
                let _ = self.write_err(&text);
            }
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        if let Some(text) = self.screen.take().and_then(|mut screen| screen.replace(Vec::new())) {
            ignore_closed(self.write_err(&text))?;
        }
        if let Some(Moved { from, to, why }) = self.place.moved() {
            let (from, to) = (self.here.path(&from), self.here.path(&to));
            let message = format!("the reports could not be written to {from} ({why}); they are in {to}");
            ignore_closed(self.tell(&lines::log(self.err_paint, Level::Warn, &message)))?;
        }
        self.tally.close();
        if !self.tally.planned {
            // There is no result: what went wrong is told by who ends the program.
            return Ok(());
        }
        if self.verbosity == Verbosity::Verbose {
            let warnings = lines::warnings(self.err_paint, &self.tally.warnings, &self.here);
            if !warnings.is_empty() {
                ignore_closed(self.write_err(&warnings))?;
            }
        }
        let width = console::Term::stdout().size_checked().map(|(_, width)| usize::from(width));
        let mut text = closing::closing(self.out_paint, &self.tally, &self.failures, width);
        let reports = self.here.path(&self.place.folder());
        text.push_str(&self.out_paint.dim(&format!("reports: {reports}")));
        text.push('\n');
        let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        ignore_closed(written)
    }
}

/// Whoever read our output has gone: that is no reason to fail.
fn ignore_closed(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Tells of a report that could not be written, after everything else.
pub(super) fn tell_error(error: &ReportError) {
    // If even that can't be written, nobody is there to read it.
    let _ =
        writeln!(io::stderr(), "{}", lines::log(Paint { styled: false }, Level::Warn, &error.to_string()));
}

#[cfg(test)]
mod tests;
