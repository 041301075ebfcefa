//! Writes the elements of `junit.xml` one by one with `quick-xml`. The values of a test case are those of the crate
//! `junit-report`; its own writer is not used, for these reasons:
//!
//! * it holds the whole report in memory;
//! * it writes texts into CDATA sections unchanged, and a `]]>` in one would end the section;
//! * it has no attribute `line` on test cases, no `skipped` on suites and no counts on the root, which
//!   EnricoMi/publish-unit-test-result and mikepenz/action-junit-report read;
//! * it writes everything in one line.
//!
//! Knows nothing of cells and outcomes.

use std::io::{self, Write};

use junit_report::{Duration, TestCase, TestResult};
use quick_xml::Writer;
use quick_xml::events::{BytesCData, BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::case::Complaint;
use crate::report::options::JunitDialect;
use crate::report::text;

/// Limit of a message in bytes: it is one line.
pub(super) const MESSAGE_MAX: usize = 500;

/// Numbers of test cases.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) tests: usize,
    pub(super) failures: usize,
    pub(super) errors: usize,
    pub(super) skipped: usize,
    /// Sum of their times, in milliseconds.
    pub(super) ms: u64,
}

/// The attributes of a suite.
pub(super) struct SuiteHead<'a> {
    pub(super) id: usize,
    pub(super) name: &'a str,
    /// Time in the format of RFC 3339.
    pub(super) timestamp: &'a str,
    pub(super) counts: &'a Counts,
}

/// A report under construction.
pub(super) struct JunitXml<'w> {
    xml: Writer<&'w mut dyn Write>,
    dialect: JunitDialect,
    /// Whether the root has no suites, and therefore no end tag.
    is_empty: bool,
}

/// An element on lines of its own, and its indentation. White space within a test case is unchanged: readers may show
/// it.
#[derive(Clone, Copy)]
enum Element {
    Root,
    Suite,
    Properties,
    Property,
    Case,
}

impl Element {
    const fn name(self) -> &'static str {
        match self {
            Self::Root => "testsuites",
            Self::Suite => "testsuite",
            Self::Properties => "properties",
            Self::Property => "property",
            Self::Case => "testcase",
        }
    }

    const fn line_break(self) -> &'static str {
        match self {
            Self::Root => "\n",
            Self::Suite => "\n  ",
            Self::Properties | Self::Case => "\n    ",
            Self::Property => "\n      ",
        }
    }
}

impl<'w> JunitXml<'w> {
    /// Writes the root, with the sums of its suites.
    ///
    /// # Errors
    /// `sink` fails, as in all other functions.
    pub(super) fn start(
        sink: &'w mut dyn Write,
        dialect: JunitDialect,
        run: &str,
        suites: &[Counts],
    ) -> io::Result<Self> {
        let mut report = Self { xml: Writer::new(sink), dialect, is_empty: suites.is_empty() };
        report.xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
        let sum = |of: fn(&Counts) -> usize| suites.iter().map(of).sum::<usize>().to_string();
        let (tests, failures) = (sum(|suite| suite.tests), sum(|suite| suite.failures));
        let (errors, skipped) = (sum(|suite| suite.errors), sum(|suite| suite.skipped));
        let ms: u64 = suites.iter().map(|suite| suite.ms).fold(0, u64::saturating_add);
        let time = format!("{}.{:03}", ms / 1000, ms % 1000);
        let attributes = [
            ("name", run),
            ("tests", &tests),
            ("failures", &failures),
            ("errors", &errors),
            ("skipped", &skipped),
            ("time", &time),
        ];
        let is_strict = report.is_strict();
        let attributes = attributes.into_iter().filter(|(name, _)| !(is_strict && *name == "skipped"));
        let is_empty = report.is_empty;
        report.open(Element::Root, attributes, is_empty)?;
        Ok(report)
    }

    /// Returns whether the schema has only the attributes of `junit-10.xsd`.
    fn is_strict(&self) -> bool {
        self.dialect == JunitDialect::JenkinsXsd
    }

    /// Writes the start of a suite. It has no `package`: Jenkins would show `uno.uno`.
    pub(super) fn start_suite(&mut self, suite: &SuiteHead<'_>) -> io::Result<()> {
        let Counts { tests, failures, errors, skipped, ms } = *suite.counts;
        let time = Duration::milliseconds(i64::try_from(ms).unwrap_or(i64::MAX / 1_000_000));
        let time = time.as_seconds_f64().to_string();
        let numbers = [suite.id, tests, errors, failures, skipped].map(|number| number.to_string());
        let [id, tests, errors, failures, skipped] = numbers.each_ref().map(String::as_str);
        let attributes = [
            ("id", id),
            ("name", suite.name),
            ("tests", tests),
            ("errors", errors),
            ("failures", failures),
            ("hostname", "localhost"),
            ("timestamp", suite.timestamp),
            ("time", &time),
            ("skipped", skipped),
        ];
        self.open(Element::Suite, attributes, false)
    }

    /// Writes the properties of a suite, which come before its test cases.
    pub(super) fn properties<'p>(
        &mut self,
        properties: impl Iterator<Item = (&'p str, &'p str)>,
    ) -> io::Result<()> {
        let mut properties = properties.peekable();
        if properties.peek().is_none() {
            return Ok(());
        }
        self.open(Element::Properties, [], false)?;
        for (name, value) in properties {
            let (name, value) = (text::for_xml(name), text::for_xml(value));
            self.open(Element::Property, [("name", &*name), ("value", &*value)], true)?;
        }
        self.close(Element::Properties)
    }

    /// Writes a test case. `line` is the line of its error in `filepath`; `retried` are its earlier attempts, in the
    /// elements of Maven Surefire.
    pub(super) fn case(
        &mut self,
        case: &TestCase,
        line: Option<u32>,
        retried: &[Complaint],
    ) -> io::Result<()> {
        let (time, line) = (case.time.as_seconds_f64().to_string(), line.map(|line| line.to_string()));
        let attributes = [
            Some(("name", case.name.as_str())),
            Some(("time", &time)),
            case.classname.as_deref().map(|name| ("classname", name)),
            case.filepath.as_deref().map(|path| ("file", path)),
            line.as_deref().map(|line| ("line", line)),
        ];
        let is_strict = self.is_strict();
        let attributes = attributes.into_iter().flatten();
        let attributes = attributes.filter(|(name, _)| !(is_strict && ["file", "line"].contains(name)));
        let is_success = matches!(case.result, TestResult::Success);
        let is_empty = is_success && case.system_out.is_none() && retried.is_empty();
        self.open(Element::Case, attributes, is_empty)?;
        if is_empty {
            return Ok(());
        }
        match &case.result {
            TestResult::Success | TestResult::Skipped => {}
            TestResult::SkippedWithCause { type_, message, cause } => {
                self.result("skipped", type_, message, cause.as_deref())?;
            }
            TestResult::Error { type_, message, cause } => {
                self.result("error", type_, message, cause.as_deref())?;
            }
            TestResult::Failure { type_, message, cause } => {
                self.result("failure", type_, message, cause.as_deref())?;
            }
        }
        let attempt = if is_success { "flakyFailure" } else { "rerunFailure" };
        for complaint in retried {
            self.attempt(attempt, complaint)?;
        }
        if let Some(text) = &case.system_out {
            self.output("system-out", text)?;
        }
        self.close(Element::Case)
    }

    /// Ends a suite, with `system_err` if it is not empty.
    pub(super) fn end_suite(&mut self, system_err: &str) -> io::Result<()> {
        if !system_err.is_empty() {
            self.output("system-err", system_err)?;
        }
        self.close(Element::Suite)
    }

    pub(super) fn end(mut self) -> io::Result<()> {
        if !self.is_empty {
            self.close(Element::Root)?;
        }
        self.xml.into_inner().write_all(b"\n")
    }

    fn open<'a>(
        &mut self,
        element: Element,
        attributes: impl IntoIterator<Item = (&'a str, &'a str)>,
        is_empty: bool,
    ) -> io::Result<()> {
        let start = BytesStart::new(element.name()).with_attributes(attributes);
        self.xml.write_event(Event::Text(BytesText::from_escaped(element.line_break())))?;
        self.xml.write_event(if is_empty { Event::Empty(start) } else { Event::Start(start) })
    }

    fn close(&mut self, element: Element) -> io::Result<()> {
        self.xml.write_event(Event::Text(BytesText::from_escaped(element.line_break())))?;
        self.xml.write_event(Event::End(BytesEnd::new(element.name())))
    }

    fn result(&mut self, name: &str, kind: &str, message: &str, body: Option<&str>) -> io::Result<()> {
        let start = BytesStart::new(name).with_attributes([("type", kind), ("message", message)]);
        match body {
            Some(body) => self.text(&start, body),
            None => self.xml.write_event(Event::Empty(start)),
        }
    }

    /// Writes an attempt before the last one.
    fn attempt(&mut self, name: &str, complaint: &Complaint) -> io::Result<()> {
        let attributes = [("type", complaint.kind), ("message", &*complaint.message)];
        let start = BytesStart::new(name).with_attributes(attributes);
        self.xml.write_event(Event::Start(start.borrow()))?;
        self.text(&BytesStart::new("stackTrace"), &complaint.body)?;
        self.xml.write_event(Event::End(start.to_end()))
    }

    fn output(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.text(&BytesStart::new(name), text)
    }

    /// Writes an element with a text in CDATA sections.
    fn text(&mut self, start: &BytesStart<'_>, text: &str) -> io::Result<()> {
        self.xml.write_event(Event::Start(start.borrow()))?;
        for section in sections(text) {
            self.xml.write_event(Event::CData(BytesCData::new(section)))?;
        }
        self.xml.write_event(Event::End(start.to_end()))
    }
}

const SECTION_END: &str = "]]>";
/// Bytes that are written where a text contains the end of a section: its first two, the ends of two sections.
const SPLIT_LENGTH: usize = "]]]]><![CDATA[>".len();

/// Splits a text so that none of its parts contains the end of a CDATA section; an empty text is one part.
fn sections(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        match text.find(SECTION_END) {
            Some(at) => {
                let (section, after) = text.split_at(at + "]]".len());
                rest = Some(after);
                Some(section)
            }
            None => rest.take(),
        }
    })
}

/// Returns the length of a text in CDATA sections, in bytes, without the first start and the last end.
pub(super) fn cdata_len(text: &str) -> usize {
    text.len() + text.matches(SECTION_END).count() * (SPLIT_LENGTH - SECTION_END.len())
}

/// Returns the value of an attribute for people: one line of limited length.
pub(super) fn message_for_xml(message: &str) -> String {
    let message = text::for_xml(&text::one_line(message));
    text::cut_end(&message, MESSAGE_MAX).into_owned()
}

/// Returns the value of an attribute that identifies something. Characters that XML forbids, or that its attributes
/// fold into a space, are escaped, so that different names stay different.
pub(super) fn name_for_xml(name: &str) -> String {
    let mut spelt = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') {
            spelt.extend(c.escape_default());
        } else {
            spelt.push(c);
        }
    }
    spelt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_section_contains_an_end() {
        let split = |text| sections(text).collect::<Vec<&str>>();
        assert_eq!(split(""), [""]);
        assert_eq!(split("a]]>b]]>"), ["a]]", ">b]]", ">"]);
        assert_eq!(split("]]]>"), ["]]]", ">"]);
        for text in ["", "plain", "a]]>b]]>"] {
            let written = format!("<![CDATA[{}]]>", split(text).join("]]><![CDATA["));
            assert_eq!(written.len() - "<![CDATA[]]>".len(), cdata_len(text), "{text}");
        }
    }
}
