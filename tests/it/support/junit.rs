//! `junit.xml` as plain structs, read by another crate than the one that wrote it.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// The whole file.
#[derive(Debug, Default)]
pub(crate) struct Junit {
    pub(crate) suites: Vec<Suite>,
}

/// A board.
#[derive(Debug)]
pub(crate) struct Suite {
    pub(crate) name: String,
    pub(crate) cases: Vec<Case>,
}

/// A cell.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) classname: String,
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) time: f64,
    pub(crate) verdict: Verdict,
}

/// How a cell ended. The texts are the element's `message` and what it encloses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    Failure { message: String, body: String },
    Error { message: String, body: String },
    Skipped { message: String },
}

impl Junit {
    /// Reads the text of a `junit.xml`.
    #[track_caller]
    pub(crate) fn read(text: &str) -> Self {
        let mut reader = Reader::from_str(text);
        let mut junit = Self::default();
        // The text that the element just open encloses belongs to the last verdict.
        let mut in_verdict = false;
        loop {
            match reader.read_event().expect("junit.xml is XML") {
                Event::Eof => return junit,
                Event::Start(tag) => in_verdict = junit.open(&tag),
                Event::Empty(tag) => {
                    junit.open(&tag);
                }
                Event::End(_) => in_verdict = false,
                Event::Text(text) if in_verdict => {
                    junit.append(&text.xml10_content().expect("text"));
                }
                Event::CData(text) if in_verdict => junit.append(&text.xml10_content().expect("text")),
                Event::GeneralRef(name) if in_verdict => {
                    let name = name.decode().expect("UTF-8");
                    let escaped = format!("&{name};");
                    junit.append(&quick_xml::escape::unescape(&escaped).expect("a known entity"));
                }
                _ => {}
            }
        }
    }

    /// All cells of all boards.
    pub(crate) fn cases(&self) -> impl Iterator<Item = &Case> {
        self.suites.iter().flat_map(|suite| &suite.cases)
    }

    /// The one case of this cell.
    #[track_caller]
    pub(crate) fn case(&self, board: &str, sketch: &str) -> &Case {
        let cases: Vec<&Case> =
            self.cases().filter(|case| case.classname == board && case.name == sketch).collect();
        assert!(cases.len() == 1, "{} test cases of {board}/{sketch} in {self:#?}", cases.len());
        cases[0]
    }

    /// Takes in an element; says whether it is one whose text counts.
    fn open(&mut self, tag: &BytesStart<'_>) -> bool {
        let attribute = |name: &str| {
            tag.try_get_attribute(name).expect("attributes").map(|it| {
                it.normalized_value(quick_xml::XmlVersion::Explicit1_0).expect("a value").into_owned()
            })
        };
        let message = || attribute("message").unwrap_or_default();
        let verdict = match tag.name().as_ref() {
            b"testsuite" => {
                let name = attribute("name").expect("a suite has a name");
                self.suites.push(Suite { name, cases: Vec::new() });
                return false;
            }
            b"testcase" => {
                let case = Case {
                    classname: attribute("classname").expect("classname"),
                    name: attribute("name").expect("name"),
                    file: attribute("file").unwrap_or_default(),
                    time: attribute("time").expect("time").parse().expect("seconds"),
                    verdict: Verdict::Passed,
                };
                self.suites.last_mut().expect("a case is in a suite").cases.push(case);
                return false;
            }
            b"failure" => Verdict::Failure { message: message(), body: String::new() },
            b"error" => Verdict::Error { message: message(), body: String::new() },
            b"skipped" => Verdict::Skipped { message: message() },
            _ => return false,
        };
        let case = self.suites.last_mut().and_then(|suite| suite.cases.last_mut()).expect("a case");
        assert_eq!(case.verdict, Verdict::Passed, "one verdict a case: {}", case.name);
        case.verdict = verdict;
        true
    }

    fn append(&mut self, text: &str) {
        let case = self.suites.last_mut().and_then(|suite| suite.cases.last_mut()).expect("a case");
        match &mut case.verdict {
            Verdict::Failure { body, .. } | Verdict::Error { body, .. } => body.push_str(text),
            Verdict::Passed | Verdict::Skipped { .. } => {}
        }
    }
}

#[test]
fn verdicts_are_told_apart() {
    let junit = Junit::read(
        "<testsuites><testsuite name='uno'><testcase classname='uno' name='a' time='1.5'/>\
         <testcase classname='uno' name='b' time='0'><failure message='x &lt; y'>p &amp; q<![CDATA[<r>]]>\
         </failure></testcase>\
         <testcase classname='uno' name='c' time='0'><skipped message='why'/></testcase></testsuite></testsuites>",
    );
    assert_eq!(junit.case("uno", "a").verdict, Verdict::Passed);
    assert!((junit.case("uno", "a").time - 1.5).abs() < f64::EPSILON);
    let failure = Verdict::Failure { message: "x < y".into(), body: "p & q<r>".into() };
    assert_eq!(junit.case("uno", "b").verdict, failure);
    assert_eq!(junit.case("uno", "c").verdict, Verdict::Skipped { message: "why".into() });
}
