//! What the crate junit-report 0.9 leaves out, so that its writer can still be the one that writes:
//!
//! * it puts diagnostics into CDATA sections as they are, and a `]]>` in one would end it: [`cdata`];
//! * it has no attribute `line` on test cases, no `skipped` on suites and no counts on the root, which
//!   EnricoMi/publish-unit-test-result and mikepenz/action-junit-report read: [`complete`];
//! * it writes everything in one line.
//!
//! Knows nothing of cells and outcomes.

use std::io::{self, Write};

use quick_xml::events::{BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};

/// A text that, put between `<![CDATA[` and `]]>`, is read as `text`: where it holds `]]>`, one section
/// ends in the middle of it and another begins. `text` has no characters that XML forbids.
pub(super) fn cdata(text: &str) -> String {
    text.replace("]]>", SPLIT)
}

const SPLIT: &str = "]]]]><![CDATA[>";

/// How long [`cdata`] of it is, in bytes.
pub(super) fn cdata_len(text: &str) -> usize {
    text.len() + text.matches("]]>").count() * (SPLIT.len() - "]]>".len())
}

/// Reads what junit-report wrote and writes it with what it leaves out: one element a line, counts on
/// the root, `skipped` on the suites, and on the n-th test case `line` where `lines` has one.
pub(super) fn complete(
    report: &[u8],
    run: &str,
    lines: &[Option<u32>],
    sink: &mut dyn Write,
) -> io::Result<()> {
    let counts = Counts::of(report)?;
    let mut suites = counts.suites.iter();
    let mut lines = lines.iter();
    let mut reader = Reader::from_reader(report);
    let mut writer = Writer::new(sink);
    loop {
        let mut event = reader.read_event().map_err(io::Error::other)?;
        let (depth, starts) = match &event {
            Event::Start(element) | Event::Empty(element) => (depth(element.name().as_ref()), true),
            Event::End(element) => (depth(element.name().as_ref()), false),
            Event::Eof => break,
            _ => (None, false),
        };
        if let Some(depth) = depth {
            writer.write_event(Event::Text(BytesText::from_escaped(&BREAKS[..=depth])))?;
        }
        if let (true, Event::Start(element) | Event::Empty(element)) = (starts, &mut event) {
            match element.name().as_ref() {
                b"testsuites" => counts.total(run, element),
                b"testsuite" => {
                    let skipped = suites.next().map_or(0, |suite| suite.skipped);
                    element.push_attribute(("skipped", skipped.to_string().as_str()));
                }
                b"testcase" => {
                    if let Some(Some(line)) = lines.next() {
                        element.push_attribute(("line", line.to_string().as_str()));
                    }
                }
                _ => {}
            }
        }
        writer.write_event(event)?;
    }
    writer.into_inner().write_all(b"\n")
}

/// A line break and as many blanks as the depth.
const BREAKS: &str = "\n    ";

/// How deep an element stands that gets a line of its own. White space within a test case is left alone:
/// readers may show it.
fn depth(element: &[u8]) -> Option<usize> {
    match element {
        b"testsuites" => Some(0),
        b"testsuite" => Some(2),
        b"testcase" => Some(4),
        _ => None,
    }
}

/// What is in a report.
#[derive(Debug, Default)]
struct Counts {
    suites: Vec<Suite>,
}

#[derive(Debug, Default)]
struct Suite {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    /// Milliseconds.
    time: u64,
}

impl Counts {
    fn of(report: &[u8]) -> io::Result<Self> {
        let mut counts = Self::default();
        let mut reader = Reader::from_reader(report);
        loop {
            match reader.read_event().map_err(io::Error::other)? {
                Event::Eof => return Ok(counts),
                Event::Start(element) | Event::Empty(element) => counts.add(&element),
                _ => {}
            }
        }
    }

    fn add(&mut self, element: &BytesStart<'_>) {
        if element.name().as_ref() == b"testsuite" {
            self.suites.push(Suite::default());
        }
        let Some(suite) = self.suites.last_mut() else { return };
        match element.name().as_ref() {
            b"testcase" => {
                suite.tests += 1;
                suite.time += time(element);
            }
            b"failure" => suite.failures += 1,
            b"error" => suite.errors += 1,
            b"skipped" => suite.skipped += 1,
            _ => {}
        }
    }

    fn total(&self, run: &str, element: &mut BytesStart<'_>) {
        let sum = |of: fn(&Suite) -> usize| self.suites.iter().map(of).sum::<usize>().to_string();
        let time: u64 = self.suites.iter().map(|suite| suite.time).sum();
        element.push_attribute(("name", run));
        element.push_attribute(("tests", sum(|suite| suite.tests).as_str()));
        element.push_attribute(("failures", sum(|suite| suite.failures).as_str()));
        element.push_attribute(("errors", sum(|suite| suite.errors).as_str()));
        element.push_attribute(("skipped", sum(|suite| suite.skipped).as_str()));
        element.push_attribute(("time", format!("{}.{:03}", time / 1000, time % 1000).as_str()));
    }
}

/// A test case's time in milliseconds.
fn time(element: &BytesStart<'_>) -> u64 {
    let seconds = element
        .try_get_attribute("time")
        .ok()
        .flatten()
        .and_then(|attribute| std::str::from_utf8(&attribute.value).ok()?.parse::<f64>().ok())
        .unwrap_or(0.0);
    // A float that is out of range becomes the nearest integer; below zero there is nothing.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let milliseconds = (seconds * 1000.0).round() as u64;
    milliseconds.min(u64::from(u32::MAX) * 1000)
}
