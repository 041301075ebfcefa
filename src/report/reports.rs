//! The listener: opens all reports, passes each event to them on its own thread, and finishes them. Knows the reports'
//! names, but nothing of their contents.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::ci::{CiReporter, CodeQuality, StepSummary};
use super::console::{Terminal, print_error};
use super::error::{ReportError, ReportOutcome};
use super::file::ReportFile;
use super::jsonl::Jsonl;
use super::junit::Junit;
use super::options::{Annotations, ReportOptions};
use super::report_dir::ReportDir;
use super::reporter::Reporter;
use super::sizes::SizesReport;
use super::summary::Summary;
use super::symbols::SymbolReport;
use super::timing::Timing;
use super::trace::Trace;
use crate::event::{Event, EventKind};

/// All reports of a run, opened but not listening yet.
pub struct Reports {
    dir: ReportDir,
    files: Vec<Entry>,
    /// The terminal, and reports added by the caller.
    entries: Vec<Entry>,
}

struct Entry {
    /// Its name in errors: the path of its file.
    path: PathBuf,
    reporter: Box<dyn Reporter>,
    failed: bool,
}

const TICK: Duration = Duration::from_millis(100);

/// Pause of the listener after it has taken all waiting events. Each event that finds it asleep costs a system call to
/// wake it, and a run of up-to-date cells sends thousands of events in a second.
const PAUSE: Duration = Duration::from_millis(1);

impl Reports {
    /// Creates the directory and all files, so that a report that can't be written is known before the build.
    ///
    /// `events.jsonl` of an earlier run is emptied; the other files of an earlier run stay until the new
    /// ones replace them.
    ///
    /// # Errors
    ///
    /// The directory or a file in it can't be created.
    pub fn open(options: ReportOptions) -> Result<Self, ReportError> {
        // An earlier run's symbols must not be taken for this run's.
        let _ = std::fs::remove_file(options.report_dir.join(SymbolReport::FILE));
        Self::create(options, true)
    }

    /// Creates all files but `events.jsonl`, which stays as it is: the reports are written again from it.
    ///
    /// # Errors
    /// As for [`Reports::open`].
    pub fn open_again(options: ReportOptions) -> Result<Self, ReportError> {
        Self::create(options, false)
    }

    fn create(options: ReportOptions, with_events: bool) -> Result<Self, ReportError> {
        let path = &options.report_dir;
        std::fs::create_dir_all(path)
            .map_err(|source| ReportError::Directory { path: path.clone(), source })?;
        let dir = ReportDir::new(path.clone(), options.refuges.clone());
        let failed = |name: &'static str| move |source| ReportError::Create { path: path.join(name), source };
        // GitLab alone has it.
        let _ = std::fs::remove_file(path.join(CodeQuality::FILE));
        let create = |name| ReportFile::create(&dir, name).map_err(failed(name));
        let current = &options.current_dir;
        let mut files: Vec<(&str, Box<dyn Reporter>)> = Vec::new();
        if with_events {
            files.push((Jsonl::NAME, Box::new(Jsonl::create(&dir).map_err(failed(Jsonl::NAME))?)));
        }
        let sizes = SizesReport::NAMES[0];
        let others: [(&str, Box<dyn Reporter>); 5] = [
            ("junit.xml", Box::new(Junit::new(create("junit.xml")?, current.clone(), options.junit))),
            ("timing.json", Box::new(Timing::new(create("timing.json")?))),
            ("trace.json", Box::new(Trace::new(create("trace.json")?))),
            (sizes, Box::new(SizesReport::create(&dir, current.clone()).map_err(failed(sizes))?)),
            ("summary.md", Box::new(Summary::new(create("summary.md")?, current))),
        ];
        let mut files: Vec<Entry> = files
            .into_iter()
            .chain(others)
            .map(|(name, reporter)| Entry::new(name.into(), reporter))
            .collect();
        if options.ci.annotations == Annotations::Gitlab {
            let report = CodeQuality::new(create(CodeQuality::FILE)?, &options.ci, current);
            files.push(Entry::new(CodeQuality::FILE.into(), Box::new(report)));
        }
        let mut entries = Vec::new();
        if let Some(path) = &options.ci.step_summary {
            entries.push(Entry::new(path.clone(), Box::new(StepSummary::new(path.clone(), current))));
        }
        if options.ci.annotations != Annotations::None || options.ci.output.is_some() {
            let log = Box::new(io::stderr());
            let ci = CiReporter::new(options.ci.clone(), current, dir.clone(), log);
            entries.push(Entry::new("the log".into(), Box::new(ci)));
        }
        let terminal = Terminal::on_terminal(options, dir.clone());
        entries.push(Entry::new("the terminal".into(), Box::new(terminal)));
        Ok(Self { dir, files, entries })
    }

    /// Adds a report; `path` is its name in errors.
    pub fn add(&mut self, path: PathBuf, reporter: Box<dyn Reporter>) {
        self.entries.push(Entry::new(path, reporter));
    }

    /// Passes the events of a finished run to the reports, and writes them.
    pub fn replay(self, events: Vec<Event>) -> ReportOutcome {
        let (sender, receiver) = std::sync::mpsc::channel();
        for event in events {
            // The receiver exists.
            let _ = sender.send(event);
        }
        drop(sender);
        self.listen(&receiver)
    }

    /// Starts a thread that listens. It ends, with every report written, after [`EventKind::RunFinished`] or when the
    /// last sender is dropped.
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
                for_each(&mut self.files, &mut errors, |reporter| reporter.pause());
                std::thread::sleep(PAUSE);
                // This returns at once if an event is waiting.
                events.recv_timeout(TICK)
            };
            match heard {
                Ok(event) => {
                    for_each(&mut self.files, &mut errors, |reporter| reporter.report(&event));
                    for_each(&mut self.entries, &mut errors, |reporter| reporter.report(&event));
                    if matches!(event.kind, EventKind::RunFinished { .. }) {
                        break;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            // Ticks also occur while events arrive without a pause.
            if ticked.elapsed() >= TICK {
                ticked = std::time::Instant::now();
                for entry in &mut self.entries {
                    entry.reporter.tick();
                }
            }
        }
        self.finish_files(&mut errors);
        // The terminal is last, so that its closing lines appear when the files are complete.
        for_each(&mut self.entries, &mut errors, |reporter| reporter.finish());
        for error in &errors {
            print_error(error);
        }
        ReportOutcome { errors }
    }

    /// Writes all files into one directory.
    fn finish_files(&mut self, errors: &mut Vec<ReportError>) {
        let mut written = None;
        while written.as_ref() != Some(&self.dir.path()) {
            written = Some(self.dir.path());
            for_each(&mut self.files, errors, |reporter| reporter.finish());
        }
        if let Some(moved) = self.dir.moved() {
            // An earlier run's reports must not be taken for this run's.
            for entry in &self.files {
                let _ = std::fs::remove_file(moved.from.join(&entry.path));
            }
            let _ = std::fs::remove_file(moved.from.join(SizesReport::NAMES[1]));
        }
        for error in errors {
            if let ReportError::Write { path, .. } = error
                && path.is_relative()
                && self.files.iter().any(|entry| entry.path == *path)
            {
                *path = self.dir.path().join(&*path);
            }
        }
    }
}

impl Entry {
    fn new(path: PathBuf, reporter: Box<dyn Reporter>) -> Self {
        Self { path, reporter, failed: false }
    }
}

/// Calls every report that has not failed yet.
fn for_each(
    entries: &mut [Entry],
    errors: &mut Vec<ReportError>,
    mut call: impl FnMut(&mut dyn Reporter) -> io::Result<()>,
) {
    for entry in entries.iter_mut().filter(|entry| !entry.failed) {
        if let Err(source) = call(&mut *entry.reporter) {
            entry.failed = true;
            errors.push(ReportError::Write { path: entry.path.clone(), source });
        }
    }
}

#[cfg(test)]
#[path = "reports_tests.rs"]
mod tests;
