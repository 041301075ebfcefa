//! Reports are folds over [events](crate::event): each [`Reporter`] keeps what it needs of them and
//! writes its file, or the terminal, from that. This is the only module that listens, prints or writes
//! reports; it knows nothing of how anything is built.
//!
//! ```text
//! Receiver<Event> ─▶ listener thread ─┬▶ events.jsonl   as it happens
//!                                     ├▶ console        as it happens, closing table at the end
//!                                     └▶ junit.xml, timing.json, trace.json, summary.md   at the end
//! ```
//!
//! The files are described in `docs/reports.md`.

#![cfg_attr(test, allow(clippy::expect_used))] // a test that can't go on says why

mod busy;
mod compare;
mod console;
mod copies;
mod failures;
mod file;
mod jsonl;
mod junit;
mod notices;
mod past;
mod paths;
mod place;
mod roster;
mod summary;
mod symbols;
mod tally;
#[cfg(test)]
mod testing;
mod text;
mod timing;
mod told;
mod trace;
mod uncacheable;
mod warnings;

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use self::place::Place;
use crate::event::{Event, EventKind};

pub use compare::Comparison;
pub use console::{Color, Progress, Verbosity};
pub use past::{Past, PastCell, PastError};
pub use symbols::{NamedSymbols, SymbolReport};
pub(crate) use text::bytes;

/// One report.
pub trait Reporter: Send {
    /// Takes one event.
    ///
    /// # Errors
    ///
    /// The report can't be written. It is then given up, the others go on.
    fn report(&mut self, event: &Event) -> io::Result<()>;

    /// Called when nothing more has happened for the moment.
    ///
    /// # Errors
    ///
    /// As for [`Reporter::report`].
    fn pause(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Called about ten times a second, whether something happened or not.
    fn tick(&mut self) {}

    /// Writes what is left to be written. Called when everything has been told, also when the run was
    /// interrupted; and again if all files have to go elsewhere because one of them can't be written.
    ///
    /// # Errors
    ///
    /// The report can't be written.
    fn finish(&mut self) -> io::Result<()>;
}

/// What reports there shall be.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    /// Where the files go. It is created if it is not there. One run at a time may use it.
    pub report_dir: PathBuf,
    /// Where a folder for the files is made if `report_dir` can't be written any more when they are, in turn.
    pub refuges: Vec<PathBuf>,
    /// Files are shown relative to it where that is shorter; usually the current directory.
    pub current_dir: PathBuf,
    /// `--color`.
    pub color: Color,
    /// `--progress`.
    pub progress: Progress,
    /// `-v`, `-q`.
    pub verbosity: Verbosity,
}

/// A report that can't be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The folder is not there and can't be made.
    #[error("can't create the report folder {}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file in it can't be created.
    #[error("can't create the report {}: {source}", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file was created, but not everything could be written.
    #[error("can't write the report {}: {source}", path.display())]
    Write {
        /// The file, or `the terminal`.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What became of the reports.
#[derive(Debug, Default)]
pub struct ReportOutcome {
    /// Reports that are missing or incomplete. They have been told on standard error.
    pub errors: Vec<ReportError>,
}

/// All reports of a run, opened and not yet listening.
pub struct Reports {
    place: Place,
    files: Vec<Entry>,
    entries: Vec<Entry>,
}

struct Entry {
    /// What an error calls it; a file's name.
    path: PathBuf,
    reporter: Box<dyn Reporter>,
    failed: bool,
}

const TICK: Duration = Duration::from_millis(100);

/// How long the listener leaves those alone who say events, once it has heard all there were: each event that
/// finds it asleep costs a call to wake it, and a run of up-to-date cells says thousands in a second.
const PAUSE: Duration = Duration::from_millis(1);

impl Reports {
    /// Creates the folder and all files, so that what can't be written is known before the work starts.
    ///
    /// `events.jsonl` of an earlier run is emptied; the other files of an earlier run stay until the new
    /// ones replace them.
    ///
    /// # Errors
    ///
    /// The folder or a file in it can't be created.
    pub fn open(options: ReportOptions) -> Result<Self, ReportError> {
        let folder = &options.report_dir;
        std::fs::create_dir_all(folder)
            .map_err(|source| ReportError::Folder { path: folder.clone(), source })?;
        let place = Place::new(folder.clone(), options.refuges.clone());
        let told = |name: &'static str| move |source| ReportError::Create { path: folder.join(name), source };
        // It is of an earlier run, and nobody shall take it for this one's.
        let _ = std::fs::remove_file(folder.join(SymbolReport::FILE));
        let create = |name| file::ReportFile::create(&place, name).map_err(told(name));
        let current = &options.current_dir;
        let jsonl = jsonl::Jsonl::create(&place).map_err(told(jsonl::Jsonl::NAME))?;
        let files: [(&str, Box<dyn Reporter>); 5] = [
            (jsonl::Jsonl::NAME, Box::new(jsonl)),
            ("junit.xml", Box::new(junit::Junit::new(create("junit.xml")?, current.clone()))),
            ("timing.json", Box::new(timing::Timing::new(create("timing.json")?))),
            ("trace.json", Box::new(trace::Trace::new(create("trace.json")?))),
            ("summary.md", Box::new(summary::Summary::new(create("summary.md")?, current))),
        ];
        let files = files.into_iter().map(|(name, reporter)| Entry::new(name.into(), reporter)).collect();
        let console = console::Console::on_terminal(options, place.clone());
        let entries = vec![Entry::new("the terminal".into(), Box::new(console))];
        Ok(Self { place, files, entries })
    }

    /// Adds a report; `path` is what an error calls it.
    pub fn add(&mut self, path: PathBuf, reporter: Box<dyn Reporter>) {
        self.entries.push(Entry::new(path, reporter));
    }

    /// Starts listening on a thread of its own. It ends, with every report written, after
    /// [`EventKind::RunFinished`] or when nobody is left who could say an event.
    pub fn spawn(self, events: Receiver<Event>) -> JoinHandle<ReportOutcome> {
        std::thread::spawn(move || self.listen(&events))
    }

    fn listen(mut self, events: &Receiver<Event>) -> ReportOutcome {
        let mut errors = Vec::new();
        let mut ticked = std::time::Instant::now();
        loop {
            let heard = if let Ok(event) = events.try_recv() {
                Ok(event)
            } else {
                each(&mut self.files, &mut errors, |reporter| reporter.pause());
                std::thread::sleep(PAUSE);
                // At once if something has come.
                events.recv_timeout(TICK)
            };
            match heard {
                Ok(event) => {
                    each(&mut self.files, &mut errors, |reporter| reporter.report(&event));
                    each(&mut self.entries, &mut errors, |reporter| reporter.report(&event));
                    if matches!(event.kind, EventKind::RunFinished { .. }) {
                        break;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            // Also while events come thick and fast.
            if ticked.elapsed() >= TICK {
                ticked = std::time::Instant::now();
                for entry in &mut self.entries {
                    entry.reporter.tick();
                }
            }
        }
        self.finish_files(&mut errors);
        // Last, so that the closing lines come when the files are there.
        each(&mut self.entries, &mut errors, |reporter| reporter.finish());
        for error in &errors {
            console::tell_error(error);
        }
        ReportOutcome { errors }
    }

    /// Writes all files, in one folder.
    fn finish_files(&mut self, errors: &mut Vec<ReportError>) {
        let mut place = None;
        while place.as_ref() != Some(&self.place.folder()) {
            place = Some(self.place.folder());
            each(&mut self.files, errors, |reporter| reporter.finish());
        }
        if let Some(moved) = self.place.moved() {
            // Nobody shall take an earlier run's reports for this one's.
            for entry in &self.files {
                let _ = std::fs::remove_file(moved.from.join(&entry.path));
            }
        }
        for error in errors {
            if let ReportError::Write { path, .. } = error
                && path.is_relative()
                && self.files.iter().any(|entry| entry.path == *path)
            {
                *path = self.place.folder().join(&*path);
            }
        }
    }
}

impl Entry {
    fn new(path: PathBuf, reporter: Box<dyn Reporter>) -> Self {
        Self { path, reporter, failed: false }
    }
}

/// Asks every report that has not failed yet.
fn each(
    entries: &mut [Entry],
    errors: &mut Vec<ReportError>,
    mut ask: impl FnMut(&mut dyn Reporter) -> io::Result<()>,
) {
    for entry in entries.iter_mut().filter(|entry| !entry.failed) {
        if let Err(source) = ask(&mut *entry.reporter) {
            entry.failed = true;
            errors.push(ReportError::Write { path: entry.path.clone(), source });
        }
    }
}

#[cfg(test)]
mod tests;
