//! All reports together, as a run uses them.

use std::fs;
use std::path::Path;
use std::sync::mpsc;

use super::*;
use crate::report::options::{CiOptions, Color, JunitDialect, Progress, Verbosity};
use crate::report::testing::{self, Script};

fn options(directory: &Path) -> ReportOptions {
    ReportOptions {
        report_dir: directory.to_owned(),
        refuges: Vec::new(),
        current_dir: "/here".into(),
        color: Color::Never,
        progress: Progress::None,
        verbosity: Verbosity::Quiet,
        junit: JunitDialect::Default,
        ci: CiOptions::default(),
    }
}

/// Reports without the terminal, so that the tests' own output stays readable.
fn silent(directory: &Path) -> Reports {
    let mut reports = Reports::open(options(directory)).expect("writable");
    reports.entries.pop();
    reports
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .expect("directory")
        .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

const ALL: [&str; 7] =
    ["events.jsonl", "junit.xml", "sizes", "sizes.json", "summary.md", "timing.json", "trace.json"];

#[test]
fn every_report_is_there_after_the_last_event() {
    let directory = tempfile::tempdir().expect("directory");
    let reports = silent(&directory.path().join("a/b"));
    let (sender, receiver) = mpsc::channel();
    let listener = reports.spawn(receiver);
    let events = Script::mixed().events();
    let number = events.len();
    for event in events {
        sender.send(event).expect("heard");
    }
    // The sender still exists: the last event ends the listener.
    let outcome = listener.join().expect("no panic");
    assert!(outcome.errors.is_empty());
    let directory = directory.path().join("a/b");
    assert_eq!(names(&directory), ALL);
    assert_eq!(names(&directory.join("sizes")), ["sizes.json"], "alone");
    let lines = fs::read_to_string(directory.join("events.jsonl")).expect("read");
    assert_eq!(lines.lines().count(), number);
    drop(sender);
}

#[test]
fn a_run_whose_senders_vanish_is_written_too() {
    let directory = tempfile::tempdir().expect("directory");
    let reports = silent(directory.path());
    let (sender, receiver) = mpsc::channel();
    for event in Script::new().plan(&["uno/A"], &[]).events() {
        sender.send(event).expect("heard");
    }
    drop(sender);
    assert!(reports.spawn(receiver).join().expect("no panic").errors.is_empty());
    assert_eq!(names(directory.path()), ALL);
    let junit = fs::read_to_string(directory.path().join("junit.xml")).expect("read");
    assert!(junit.contains("interrupted before it was built"), "{junit}");
}

#[test]
fn a_directory_that_cannot_be_made_is_known_before_the_work() {
    let directory = tempfile::tempdir().expect("directory");
    let file = directory.path().join("file");
    fs::write(&file, "").expect("write");
    let error = Reports::open(options(&file.join("reports"))).err().expect("an error");
    assert!(error.to_string().starts_with("can't create the report directory"), "{error}");

    fs::create_dir(directory.path().join("trace.json")).expect("mkdir");
    fs::create_dir(directory.path().join(".trace.json.tmp")).expect("mkdir");
    let error = Reports::open(options(directory.path())).err().expect("an error");
    assert!(error.to_string().contains("trace.json"), "{error}");
}

/// A reporter that fails at the second event, and counts its calls.
struct Failing(std::sync::Arc<std::sync::atomic::AtomicUsize>);

impl Reporter for Failing {
    fn report(&mut self, _: &Event) -> io::Result<()> {
        match self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => Ok(()),
            _ => Err(io::Error::other("disk full")),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        Err(io::Error::other("must not be asked"))
    }
}

#[test]
fn a_report_that_fails_is_given_up_and_the_others_go_on() {
    let directory = tempfile::tempdir().expect("directory");
    let mut reports = silent(directory.path());
    let asked = std::sync::Arc::default();
    reports.add("x.txt".into(), Box::new(Failing(std::sync::Arc::clone(&asked))));
    let (sender, receiver) = mpsc::channel();
    for event in Script::mixed().events() {
        sender.send(event).expect("heard");
    }
    let outcome = reports.spawn(receiver).join().expect("no panic");
    let errors: Vec<String> = outcome.errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors, ["can't write the report x.txt: disk full"]);
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 2);
    assert_eq!(names(directory.path()), ALL);
}

#[test]
fn where_one_report_can_not_be_written_all_are_elsewhere() {
    let directory = tempfile::tempdir().expect("directory");
    let (first, refuge) = (directory.path().join("reports"), directory.path().join("refuge"));
    let mut options = options(&first);
    options.refuges = vec![refuge.clone()];
    let mut reports = Reports::open(options).expect("writable");
    reports.entries.pop();
    // A directory has the name of the file: this report fails after the first two are written.
    fs::create_dir_all(first.join("timing.json/x")).expect("mkdir");
    let (sender, receiver) = mpsc::channel();
    let events = Script::mixed().events();
    let number = events.len();
    for event in events {
        sender.send(event).expect("heard");
    }
    assert!(reports.spawn(receiver).join().expect("no panic").errors.is_empty());
    assert_eq!(names(&first), ["timing.json"], "nothing that could be taken for this run's");
    let there = fs::read_dir(&refuge).expect("refuge").next().expect("a directory").expect("entry").path();
    assert_eq!(names(&there), ALL);
    let lines = fs::read_to_string(there.join("events.jsonl")).expect("read");
    assert_eq!(lines.lines().count(), number);
}

/// Not a test: replays a run in real time for manual viewing.
/// `cargo test --lib replay -- --ignored --nocapture`
#[test]
#[ignore = "shows a run on the terminal, to be looked at"]
fn replay() {
    let directory = tempfile::tempdir().expect("directory");
    let mut options = options(directory.path());
    options.progress = Progress::Auto;
    options.color = Color::Auto;
    options.verbosity = Verbosity::Normal;
    let (sender, receiver) = mpsc::channel();
    let listener = Reports::open(options).expect("writable").spawn(receiver);
    let mut last = Duration::ZERO;
    for event in testing::long_run() {
        std::thread::sleep(event.at.saturating_sub(last));
        last = event.at;
        sender.send(event).expect("heard");
    }
    assert!(listener.join().expect("no panic").errors.is_empty());
}
