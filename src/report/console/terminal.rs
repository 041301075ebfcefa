//! The terminal as a reporter: decides when to show what.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use super::closing;
use super::lines;
use super::live::Live;
use super::paint::Paint;
use super::screen::Screen;
use super::stderr::Stderr;
use crate::event::{Event, EventKind, JobId, JobResult, Level};
use crate::report::busy::Busy;
use crate::report::ci::Marks;
use crate::report::copies::LibraryNotes;
use crate::report::error::ReportError;
use crate::report::failures::{FailureGroups, Trouble};
use crate::report::notes::remarks;
use crate::report::options::{Color, Progress, ReportOptions, Verbosity};
use crate::report::paths::Here;
use crate::report::report_dir::{Moved, ReportDir};
use crate::report::reporter::Reporter;
use crate::report::tally::Tally;
use crate::report::text;

/// Sections of the log of a CI system.
const SET_UP: &str = "set-up";
const BUILD: &str = "build";

/// Writes to the terminal.
pub(crate) struct Terminal {
    out: Stdout,
    err: Stderr,
    here: Here,
    dir: ReportDir,
    verbosity: Verbosity,
    /// Whether every job has a line.
    job_lines: bool,
    busy: Busy,
    live: Live,
    tally: Tally,
    failures: FailureGroups,
    libraries: LibraryNotes,
    /// The clock of the events: time of the last event, and when it arrived.
    clock: (Duration, Instant),
}

/// Standard output, or a replacement of it.
struct Stdout {
    writer: Box<dyn Write + Send>,
    paint: Paint,
}

impl Terminal {
    /// Creates a reporter for this process's own terminal, or its replacement.
    pub(crate) fn on_terminal(options: ReportOptions, dir: ReportDir) -> Self {
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
        let mut console =
            Self::new(options, dir, (Box::new(io::stdout()), out_paint), (Box::new(io::stderr()), err_paint));
        if bars {
            console.job_lines = console.verbosity == Verbosity::Verbose;
            console.err.screen = Some(Screen::default());
        }
        console
    }

    /// Creates a reporter for two streams, without bars.
    pub(super) fn new(
        options: ReportOptions,
        dir: ReportDir,
        (out, out_paint): (Box<dyn Write + Send>, Paint),
        (err, err_paint): (Box<dyn Write + Send>, Paint),
    ) -> Self {
        let ReportOptions { current_dir, progress, verbosity, ci, .. } = options;
        let job_lines = match verbosity {
            Verbosity::Quiet => false,
            Verbosity::Normal => progress != Progress::None,
            Verbosity::Verbose => true,
        };
        Self {
            out: Stdout { writer: out, paint: out_paint },
            err: Stderr::new(err, err_paint, Marks::new(&ci)),
            here: Here::new(&current_dir),
            dir,
            verbosity,
            job_lines,
            busy: Busy::default(),
            live: Live::default(),
            tally: Tally::default(),
            failures: FailureGroups::default(),
            libraries: LibraryNotes::default(),
            clock: (Duration::ZERO, Instant::now()),
        }
    }

    fn print_event(&mut self, event: &Event) -> io::Result<()> {
        let paint = self.err.paint;
        let normal = self.verbosity >= Verbosity::Normal;
        match &event.kind {
            EventKind::SetupStarted { what } if self.job_lines && self.err.screen.is_none() => {
                let started = lines::word(paint, Paint::bold, "set-up");
                self.err.print_in(SET_UP, &format!("{started} {}", text::one_line(what)))
            }
            EventKind::SetupFinished { what, brief, detail } if normal => {
                let detail = if self.verbosity == Verbosity::Verbose { detail } else { brief };
                let detail = text::for_terminal(detail.trim_end()).replace('\n', "; ");
                let done = lines::word(paint, Paint::good, "ready");
                self.err.print_in(SET_UP, &format!("{done} {}  {}", text::one_line(what), paint.dim(&detail)))
            }
            EventKind::DownloadFinished { what, size } if normal => {
                let fetched = lines::word(paint, Paint::good, "fetched");
                let size = paint.dim(&text::bytes(*size));
                self.err.print_in(SET_UP, &format!("{fetched} {}  {size}", text::one_line(what)))
            }
            EventKind::Log { level, message } => {
                let wanted = match level {
                    Level::Debug => self.verbosity == Verbosity::Verbose,
                    Level::Info => normal,
                    Level::Warn => true,
                };
                let line = lines::log(paint, *level, message);
                match level {
                    _ if !wanted => Ok(()),
                    Level::Warn => self.err.print_outside(&line),
                    Level::Debug | Level::Info => self.err.print(&line),
                }
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
                self.err.print_outside(&format!("{} {plan}", lines::word(paint, Paint::bold, "plan")))
            }
            EventKind::JobFinished(result) => {
                for remark in remarks(result) {
                    self.err.print(&lines::log(paint, Level::Warn, &remark))?;
                }
                self.print_job(result)
            }
            EventKind::Stopping { reason } => {
                let reason = text::one_line(reason);
                self.err.print_outside(&format!(
                    "{} {reason}; nothing new is started",
                    lines::word(paint, Paint::warn, "stopping")
                ))
            }
            _ => Ok(()),
        }
    }

    /// Prints each choice of a library once: of another copy of the library under test, and with `-v` every choice
    /// among several.
    fn print_libraries(&mut self, result: &JobResult) -> io::Result<()> {
        for message in self.libraries.copies.fold(result, &self.here) {
            self.err.print_outside(&lines::log(self.err.paint, Level::Warn, &message))?;
        }
        if self.verbosity < Verbosity::Verbose {
            return Ok(());
        }
        for message in self.libraries.choices.fold(result, &self.here) {
            self.err.print(&lines::log(self.err.paint, Level::Info, &message))?;
        }
        Ok(())
    }

    fn print_job(&mut self, result: &JobResult) -> io::Result<()> {
        self.print_libraries(result)?;
        let paint = self.err.paint;
        let time = self.busy.end(result);
        let (done, all) = match &result.job {
            JobId::Core(_) => (self.tally.cores.counts.ended(), self.tally.cores.planned),
            JobId::Cell(_) => (self.tally.total().ended(), self.tally.cells_planned()),
        };
        let ended = lines::EndedJob { result, done, all, time };
        if let Some(trouble) = Trouble::of(&result.job, &result.outcome, &self.here, lines::ROOM) {
            let first = self.failures.add(&result.job, &trouble, String::new);
            if *first != result.job {
                let line = lines::same_failure(paint, &ended, first, trouble.numbers());
                return self.err.print_in(BUILD, &line);
            }
            let title = format!("{} {}: {}", result.outcome.word(), result.job, trouble.text.headline());
            return self.err.print_foreign(&title, &lines::failure(paint, &ended, &trouble, &self.here));
        }
        if !self.job_lines {
            return Ok(());
        }
        self.err.print_in(BUILD, &lines::job(paint, &ended))
    }
}

impl Reporter for Terminal {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        self.clock = (event.at, Instant::now());
        self.tally.fold(event);
        self.busy.fold(event);
        self.err.marks.fold(event);
        if self.err.screen.is_some() {
            self.live.fold(event);
        }
        ignore_closed(self.print_event(event))?;
        if matches!(event.kind, EventKind::RunFinished { .. }) {
            // Annotations follow.
            ignore_closed(self.err.close_group())?;
            ignore_closed(self.err.end_screen())?;
        }
        Ok(())
    }

    fn tick(&mut self) {
        if self.err.screen.is_some() {
            let now = self.clock.0 + self.clock.1.elapsed();
            let (height, width) = console::Term::stderr().size();
            // A few columns are left free for the `^C` that a terminal echoes.
            let size = (usize::from(height), usize::from(width).saturating_sub(4));
            let lines = self.live.lines(self.err.paint, &self.tally, now, size);
            // An error is reported with the next line, which fails as well.
            let _ = self.err.redraw(lines);
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        ignore_closed(self.err.close_group())?;
        ignore_closed(self.err.end_screen())?;
        if let Some(Moved { from, to, why }) = self.dir.moved() {
            let (from, to) = (self.here.path(&from), self.here.path(&to));
            let message = format!("the reports could not be written to {from} ({why}); they are in {to}");
            ignore_closed(self.err.print(&lines::log(self.err.paint, Level::Warn, &message)))?;
        }
        self.tally.close();
        if !self.tally.planned {
            // There is no result; the program's last message has the reason.
            return Ok(());
        }
        if self.verbosity == Verbosity::Verbose {
            let warnings = lines::warnings(self.err.paint, &self.tally.warnings, &self.here);
            if !warnings.is_empty() {
                ignore_closed(self.err.print_foreign("warnings", warnings.trim_end_matches('\n')))?;
            }
        }
        let width = console::Term::stdout().size_checked().map(|(_, width)| usize::from(width));
        let mut text = closing::closing(self.out.paint, &self.tally, &self.failures, width);
        let reports = self.here.path(&self.dir.path());
        text.push_str(&self.out.paint.dim(&format!("reports: {reports}")));
        text.push('\n');
        let text = self.err.marks.own(&text);
        let written = self.out.writer.write_all(text.as_bytes()).and_then(|()| self.out.writer.flush());
        ignore_closed(written)
    }
}

/// Ignores a closed pipe: the end of the reader is no failure.
fn ignore_closed(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Prints the error of a report, after everything else.
pub(crate) fn print_error(error: &ReportError) {
    // If standard error can't be written either, there is no place to report it.
    let _ =
        writeln!(io::stderr(), "{}", lines::log(Paint { styled: false }, Level::Warn, &error.to_string()));
}
