//! `junit.xml`: the requirements of its readers.

use std::collections::BTreeMap;

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event as Xml;

use std::path::PathBuf;

use super::fold::{JunitFold, WARNINGS_MAX};
use super::suites;
use super::xml::name_for_xml;
use crate::event::{
    CellInfo, CoreId, Event, EventKind, Failure, FailureKind, JobId, Outcome, SkippedCell, Step,
};
use crate::report::options::JunitDialect;
use crate::report::testing::{Script, cell, core, failure, one_of_each_outcome};
use crate::report::text;

fn render(events: &[Event]) -> String {
    render_as(JunitDialect::Default, events)
}

fn render_as(dialect: JunitDialect, events: &[Event]) -> String {
    let mut fold = JunitFold::new("/here".into());
    for event in events {
        fold.fold(event);
    }
    let mut bytes = Vec::new();
    suites::write(&fold, dialect, &mut bytes).expect("a Vec takes everything");
    String::from_utf8(bytes).expect("UTF-8")
}

type Attributes = BTreeMap<String, String>;

/// A test case as a reader sees it.
#[derive(Debug, Default, Clone, PartialEq)]
struct Seen {
    attributes: Attributes,
    /// `failure`, `error` or `skipped`, its attributes, its text.
    result: Option<(String, Attributes, String)>,
    system_out: String,
    /// `flakyFailure` or `rerunFailure`, with its attributes.
    attempts: Vec<(String, Attributes)>,
}

/// Reads the report with a strict parser, which checks that the XML is well-formed and that its characters are allowed.
fn read(xml: &str) -> (Attributes, Vec<(Attributes, Vec<Seen>)>) {
    assert!(
        xml.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)),
        "characters that XML forbids"
    );
    let mut root = BTreeMap::new();
    let mut suites: Vec<(Attributes, Vec<Seen>)> = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_comments = true;
    loop {
        let event = reader.read_event().expect("well-formed");
        let mut start = |element: &quick_xml::events::BytesStart<'_>| {
            let attributes: Attributes = element
                .attributes()
                .map(|attribute| {
                    let attribute = attribute.expect("well-formed attribute, no duplicates");
                    let value = attribute
                        .normalized_value(quick_xml::XmlVersion::Explicit1_0)
                        .expect("known entities");
                    (String::from_utf8_lossy(attribute.key.as_ref()).into_owned(), value.into_owned())
                })
                .collect();
            let name = String::from_utf8_lossy(element.name().as_ref()).into_owned();
            match name.as_str() {
                "testsuites" => root = attributes,
                "testsuite" => suites.push((attributes, Vec::new())),
                "testcase" => {
                    suites.last_mut().expect("in a suite").1.push(Seen { attributes, ..Seen::default() });
                }
                "failure" | "error" | "skipped" => {
                    let case = suites.last_mut().expect("in a suite").1.last_mut().expect("in a case");
                    assert!(case.result.is_none(), "one result a case");
                    case.result = Some((name.clone(), attributes, String::new()));
                }
                "system-out" | "system-err" | "stackTrace" => {}
                "flakyFailure" | "rerunFailure" => {
                    let case = suites.last_mut().expect("in a suite").1.last_mut().expect("in a case");
                    case.attempts.push((name.clone(), attributes));
                }
                other => panic!("unknown element {other}"),
            }
            name
        };
        match event {
            Xml::Start(element) => {
                let name = start(&element);
                open.push(name);
            }
            Xml::Empty(element) => {
                start(&element);
            }
            Xml::End(_) => {
                open.pop();
            }
            Xml::CData(text) => {
                let text = String::from_utf8(text.to_vec()).expect("UTF-8");
                let last = suites.last_mut().and_then(|suite| suite.1.last_mut());
                match (open.last().map(String::as_str), last) {
                    (Some("system-out"), Some(case)) => case.system_out.push_str(&text),
                    (Some("system-err" | "stackTrace"), _) => {}
                    (_, Some(Seen { result: Some((_, _, body)), .. })) => body.push_str(&text),
                    (place, _) => panic!("text in {place:?}"),
                }
            }
            Xml::Text(text) => assert!(text.iter().all(u8::is_ascii_whitespace), "{text:?}"),
            Xml::Eof => break,
            Xml::Decl(_) => {}
            other => panic!("unexpected {other:?}"),
        }
    }
    assert!(open.is_empty(), "every element is closed");
    (root, suites)
}

#[test]
fn a_mixed_run() {
    insta::assert_snapshot!(render(&Script::mixed().events()), @r#"
        <?xml version="1.0" encoding="utf-8"?>
        <testsuites name="avr-examples" tests="7" failures="2" errors="1" skipped="2" time="1.850">
          <testsuite id="0" name="uno" tests="3" errors="0" failures="1" hostname="localhost" timestamp="2023-11-14T22:13:20Z" time="0.9" skipped="1">
            <testcase name="Blink" time="0.45" classname="uno" file="examples/Blink/Blink.ino"/>
            <testcase name="Broken" time="0.45" classname="uno" file="examples/Broken/Broken.ino" line="5"><failure type="compile" message="examples/Broken/Broken.ino:5:3: &apos;foo&apos; was not declared in this scope"><![CDATA[examples/Broken/Broken.ino:5:3: error: 'foo' was not declared in this scope
           foo();
           ^]]></failure>
            </testcase>
            <testcase name="Big" time="0" classname="uno" file="examples/Big/Big.ino"><skipped type="skipped" message="does not fit"><![CDATA[does not fit]]></skipped>
            </testcase>
          </testsuite>
          <testsuite id="1" name="mega" tests="3" errors="0" failures="1" hostname="localhost" timestamp="2023-11-14T22:13:20Z" time="0.95" skipped="1">
            <testcase name="Blink" time="0.5" classname="mega" file="examples/Blink/Blink.ino"/>
            <testcase name="Broken" time="0.45" classname="mega" file="examples/Broken/Broken.ino" line="5"><failure type="compile" message="examples/Broken/Broken.ino:5:3: &apos;foo&apos; was not declared in this scope"><![CDATA[examples/Broken/Broken.ino:5:3: error: 'foo' was not declared in this scope
           foo();
           ^]]></failure>
            </testcase>
            <testcase name="Esp" time="0" classname="mega" file="examples/Esp/Esp.ino"><skipped type="skipped" message="needs WiFi"><![CDATA[needs WiFi]]></skipped>
            </testcase>
          </testsuite>
          <testsuite id="2" name="due" tests="1" errors="1" failures="0" hostname="localhost" timestamp="2023-11-14T22:13:20Z" time="0" skipped="0">
            <testcase name="Blink" time="0" classname="due" file="examples/Blink/Blink.ino"><error type="blocked" message="blocked by core due-1f2e3d4c: no variant &apos;due&apos;"><![CDATA[no variant 'due']]></error>
            </testcase><system-err><![CDATA[core due-1f2e3d4c:
        no variant 'due']]></system-err>
          </testsuite>
        </testsuites>
        "#);
}

#[test]
fn an_interrupted_run_has_every_cell() {
    let script = Script::new().plan(&["uno/A", "uno/B"], &[]).built("uno/A", 130, 200);
    let script = script.say(EventKind::Stopping { reason: "SIGINT".to_owned() });
    let (root, suites) = read(&render(&script.events()));
    assert_eq!((root["tests"].as_str(), root["errors"].as_str()), ("2", "1"));
    let (kind, attributes, body) = suites[0].1[1].result.clone().expect("a result");
    assert_eq!(kind, "error");
    assert_eq!(attributes["type"], "cancelled");
    assert_eq!(attributes["message"], "interrupted before it was built: SIGINT");
    assert_eq!(body, attributes["message"]);
}

#[test]
fn cells_that_were_not_run_are_skipped_and_attempts_are_listed() {
    let killed = || vec![failure("avr-ld was killed", None)];
    let by_limit = Outcome::Cancelled {
        reason: "the limit of 1 failure was reached".to_owned(),
        output: "begun".to_owned(),
        by_limit: true,
    };
    let script = Script::new().plan(&["uno/Flaky", "uno/Lost", "uno/Late"], &[]);
    let script = script.noted("uno/Flaky", |notes| notes.retried = killed());
    let script = script.finished(&cell("uno/Late"), by_limit, 200);
    let mut events = script.finished(&cell("uno/Lost"), Outcome::Failed(failure("no", None)), 300).events();
    if let Some(Event { kind: EventKind::JobFinished(result), .. }) = events.last_mut() {
        result.notes.retried = killed();
    }
    let (root, suites) = read(&render(&events));
    let counts = ["failures", "errors", "skipped"].map(|name| root[name].as_str());
    assert_eq!(counts, ["1", "0", "1"]);
    let [flaky, lost, late] = &suites[0].1[..] else { panic!("three cases") };
    assert_eq!((&flaky.result, flaky.attempts[0].0.as_str()), (&None, "flakyFailure"));
    assert_eq!(flaky.attempts[0].1["type"], "infrastructure");
    assert_eq!(flaky.attempts[0].1["message"], "avr-ld was killed");
    assert_eq!((lost.result.is_some(), lost.attempts[0].0.as_str()), (true, "rerunFailure"));
    let (kind, attributes, _) = late.result.clone().expect("a result");
    assert_eq!((kind.as_str(), attributes["type"].as_str()), ("skipped", "not-run"));
    assert_eq!(attributes["message"], "not run: the limit of 1 failure was reached");
}

#[test]
fn without_a_plan_there_are_no_cases() {
    let (root, suites) = read(&render(&Script::new().events()));
    assert_eq!(root["tests"], "0");
    assert!(suites.is_empty());
}

#[test]
fn an_errors_line_is_told_only_where_it_is_in_the_main_file() {
    let failed = |file: &str| {
        let mut failure = failure("no", Some(7));
        if let Some(location) = &mut failure.location {
            location.file = file.into();
        }
        let script = Script::new().plan(&["uno/A"], &[]);
        let script = script.finished(&cell("uno/A"), Outcome::Failed(failure), 200);
        read(&render(&script.events())).1[0].1[0].attributes.get("line").cloned()
    };
    assert_eq!(failed("/here/examples/A/A.ino").as_deref(), Some("7"));
    assert_eq!(failed("/here/examples/A/other.h"), None);
}

#[test]
fn the_second_word_on_a_cell_does_not_count() {
    let script = Script::new().plan(&["uno/A"], &[("uno/S", "why")]).built("uno/A", 130, 200);
    let broken = || Outcome::Failed(failure("late", None));
    let script = script
        .finished(&cell("uno/A"), broken(), 300)
        .finished(&cell("uno/S"), broken(), 300)
        .finished(&cell("uno/unplanned"), broken(), 300);
    let (root, _) = read(&render(&script.events()));
    assert_eq!(
        (root["tests"].as_str(), root["failures"].as_str(), root["skipped"].as_str()),
        ("2", "0", "1")
    );
}

#[test]
fn ten_thousand_failures_stay_under_30_mb_and_each_keeps_its_message() {
    let names: Vec<String> = (0..10_000).map(|n| format!("uno/Sketch{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let long = Failure { diagnostic: "]]> error: no\n".repeat(100_000), ..failure("no", Some(3)) };
    let mut fold = JunitFold::new("/here".into());
    for event in Script::new().plan(&names, &[]).events() {
        fold.fold(&event);
    }
    let failed = Outcome::Failed(long);
    let mut event =
        Script::new().finished(&cell("uno/Sketch0"), failed, 200).events().pop().expect("an event");
    for name in names {
        if let EventKind::JobFinished(result) = &mut event.kind {
            result.job = cell(name);
        }
        fold.fold(&event);
    }
    let mut bytes = Vec::new();
    suites::write(&fold, JunitDialect::Default, &mut bytes).expect("a Vec takes everything");
    assert!(bytes.len() < 30_000_000, "{} bytes", bytes.len());
    assert_eq!(String::from_utf8_lossy(&bytes).matches("Broken.ino:3:3: no\"").count(), 10_000);
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::collection::vec(any::<char>(), 0..30).prop_map(|chars| chars.into_iter().collect()),
        "[\u{0}-\u{20}\u{7f}-\u{9f}<>&'\"\u{fffe}\u{ffff}a\u{1b}\\[m]{0,20}",
        "(\\]|>|\\]\\]>|<!\\[CDATA\\[|a){0,12}",
    ]
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    (proptest::sample::select(one_of_each_outcome()), any_text(), any_text()).prop_map(
        |(outcome, first, second)| match outcome {
            Outcome::Failed(failure) => {
                Outcome::Failed(Failure { message: first, diagnostic: second, step: Step::Link, ..failure })
            }
            Outcome::Blocked { by, .. } => Outcome::Blocked { by, message: first },
            Outcome::TimedOut { after, .. } => Outcome::TimedOut { after, output: first },
            Outcome::Cancelled { output, by_limit, .. } => {
                Outcome::Cancelled { reason: first, output, by_limit }
            }
            Outcome::Crashed { .. } => Outcome::Crashed { message: first },
            other => other,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// For any events and names, the report is well-formed, and its counts add up. Each planned cell occurs exactly
    /// once, with the result for its outcome.
    #[test]
    fn every_planned_cell_is_one_test_case(
        cells in proptest::collection::vec((0_u8..3, any_text(), proptest::option::of(any_outcome()), any_text()), 0..12),
        skipped in proptest::collection::vec((any_text(), any_text()), 0..4),
        name in any_text(),
    ) {
        let info = |board: u8, place: usize, text: &str| {
            let mut info = crate::report::testing::cell_info(&format!("b{board}"), &format!("{place} {text}"));
            info.file = PathBuf::from(format!("/here/{text}")).into();
            info
        };
        let planned: Vec<CellInfo> =
            cells.iter().enumerate().map(|(place, (board, text, ..))| info(*board, place, text)).collect();
        let left_out: Vec<SkippedCell> = skipped
            .iter()
            .enumerate()
            .map(|(place, (text, reason))| crate::report::testing::skipped_cell("b1", &format!("s{place}{text}"), reason))
            .collect();
        let mut script = Script::new();
        script = script.say(EventKind::Planned { cores: Vec::new(), cells: planned.clone(), skipped: left_out.clone() });
        for (info, (_, _, outcome, warnings)) in planned.iter().zip(&cells).rev() {
            if let Some(outcome) = outcome {
                let mut events = Script::new().finished(&JobId::Cell(info.id.clone()), outcome.clone(), 500).events();
                let Some(Event { kind: EventKind::JobFinished(mut result), .. }) = events.pop() else { unreachable!() };
                result.warnings.clone_from(warnings);
                script = script.say(EventKind::JobFinished(result));
            }
        }
        let mut events = script.events();
        if let EventKind::RunStarted(info) = &mut events[0].kind {
            info.name = name;
        }
        let (root, suites) = read(&render(&events));

        let cases: Vec<&Seen> = suites.iter().flat_map(|suite| &suite.1).collect();
        prop_assert_eq!(cases.len(), planned.len() + left_out.len());
        let mut names: Vec<_> = cases.iter().map(|case| (&case.attributes["classname"], &case.attributes["name"])).collect();
        names.sort();
        names.dedup();
        prop_assert_eq!(names.len(), cases.len(), "pairs are unique");
        let count = |kind: &str| cases.iter().filter(|case| case.result.as_ref().is_some_and(|(seen, ..)| seen == kind)).count();
        for (attribute, kind) in [("failures", "failure"), ("errors", "error"), ("skipped", "skipped")] {
            prop_assert_eq!(root[attribute].parse::<usize>().ok(), Some(count(kind)));
            let suites: usize = suites.iter().map(|suite| suite.0[attribute].parse::<usize>().unwrap_or(999)).sum();
            prop_assert_eq!(suites, count(kind));
        }
        for (place, (board, text, outcome, warnings)) in cells.iter().enumerate() {
            let wanted = name_for_xml(&format!("{place} {text}"));
            let case = cases.iter().find(|case| case.attributes["name"] == wanted && case.attributes["classname"] == format!("b{board}"));
            let case = case.expect("the cell");
            let kind = case.result.as_ref().map(|(kind, ..)| kind.as_str());
            match outcome {
                Some(Outcome::Built | Outcome::UpToDate) => prop_assert_eq!(kind, None),
                Some(Outcome::Cancelled { by_limit: true, .. }) => prop_assert_eq!(kind, Some("skipped")),
                Some(Outcome::Failed(Failure { kind: FailureKind::Code, diagnostic, .. })) => {
                    prop_assert_eq!(kind, Some("failure"));
                    let body = case.result.as_ref().map(|(_, _, body)| body.as_str()).unwrap_or_default();
                    // White space at the end of lines is not preserved, and some of it is forbidden.
                    let words = |text: &str| text::one_line(&text::for_xml(text).replace('\u{fffd}', " "));
                    for line in text::without_escapes(diagnostic).lines() {
                        prop_assert!(words(body).contains(&words(line)), "{:?} is not in {:?}", line, body);
                    }
                }
                _ => prop_assert_eq!(kind, Some("error")),
            }
            if outcome.is_some() {
                prop_assert_eq!(&case.system_out, &text::for_xml(warnings));
            }
        }
    }
}

#[test]
fn a_failed_cores_diagnostic_is_in_its_suite_and_cells() {
    let script = Script::new().plan(&["due/A"], &[]);
    let script = script.finished(&core("due-1f2e3d4c"), Outcome::Failed(failure("no variant", None)), 300);
    let blocked = Outcome::Blocked { by: CoreId("due-1f2e3d4c".into()), message: "no variant".to_owned() };
    let xml = render(&script.finished(&cell("due/A"), blocked, 300).events());
    let (_, suites) = read(&xml);
    let (_, attributes, body) = suites[0].1[0].result.clone().expect("a result");
    assert_eq!(attributes["type"], "blocked");
    assert_eq!(attributes["message"], "blocked by core due-1f2e3d4c: no variant");
    assert_eq!(body, "no variant");
    assert!(xml.contains("<system-err><![CDATA[core due-1f2e3d4c:\nno variant"), "{xml}");
}

#[test]
fn names_that_differ_in_what_xml_forbids_stay_two() {
    assert_eq!(name_for_xml("a\u{1}\t\u{ffff}ü"), "a\\u{1}\\t\\u{ffff}ü");
    assert_ne!(name_for_xml("a\u{1}"), name_for_xml("a\u{2}"));
}

#[test]
fn errors_come_before_warnings() {
    let warning = "/here/A/A.ino:1:1: warning: unused\n".repeat(10_000);
    let error = "/here/examples/Broken/Broken.ino:5:3: error: no\n";
    let failed = Failure { diagnostic: format!("{warning}{error}{warning}"), ..failure("no", Some(5)) };
    let script = Script::new().plan(&["uno/A"], &[]).finished(&cell("uno/A"), Outcome::Failed(failed), 200);
    let (_, suites) = read(&render(&script.events()));
    let (_, attributes, body) = suites[0].1[0].result.clone().expect("a result");
    assert_eq!(attributes["message"], "examples/Broken/Broken.ino:5:3: no");
    let start =
        "examples/Broken/Broken.ino:5:3: error: no\n\nand 20000 warnings:\nA/A.ino:1:1: warning: unused\n";
    assert!(body.starts_with(start), "{}", &body[..200]);
    assert!(body.len() < WARNINGS_MAX + 1_000, "{}", body.len());
}

/// The attributes and elements that `junit-10.xsd` allows. The schema itself is checked in `tests/it/junit_schema.rs`.
#[test]
fn the_strict_dialect_has_only_what_the_schema_knows() {
    let xml = render_as(JunitDialect::JenkinsXsd, &Script::mixed().events());
    let (root, suites) = read(&xml);
    let names = |attributes: &Attributes| attributes.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&root), ["errors", "failures", "name", "tests", "time"]);
    let suite = ["errors", "failures", "hostname", "id", "name", "skipped", "tests", "time", "timestamp"];
    for (attributes, cases) in &suites {
        assert_eq!(names(attributes), suite);
        for case in cases {
            assert_eq!(names(&case.attributes), ["classname", "name", "time"]);
        }
    }
    let (kind, attributes, body) = suites[0].1[2].result.clone().expect("a result");
    assert_eq!(
        (kind.as_str(), attributes["message"].as_str(), body.as_str()),
        ("skipped", "does not fit", "does not fit")
    );
}

#[test]
fn ten_thousand_cells_of_any_outcome_stay_under_30_mb_without_a_pair_twice() {
    // Names as long as those of a deep directory, reasons and diagnostics as long as a template's.
    let names: Vec<String> = (0..10_000)
        .map(|n| format!("board{}/{}/Sketch{n}", n % 70, "../examples/Advanced".repeat(4)))
        .collect();
    let long = "required from 'template<class T> void f(T)' ".repeat(40);
    let selected: Vec<&str> = names[..8_000].iter().map(String::as_str).collect();
    let skipped: Vec<(&str, &str)> =
        names[8_000..].iter().map(|name| (name.as_str(), long.as_str())).collect();
    let mut script = Script::new().plan(&selected, &skipped);
    let core_failed = Failure { diagnostic: long.repeat(10), ..failure(&long, None) };
    script = script.finished(&core("board0-1f2e3d4c"), Outcome::Failed(core_failed), 200);
    for (n, name) in selected.iter().enumerate() {
        let outcome = match n % 4 {
            0 => Outcome::Blocked { by: CoreId("board0-1f2e3d4c".into()), message: long.clone() },
            1 => Outcome::Failed(Failure { diagnostic: long.repeat(10), ..failure(&long, Some(3)) }),
            2 => Outcome::Crashed { message: long.clone() },
            _ => Outcome::Built,
        };
        script = script.finished(&cell(name), outcome, 300);
    }
    let events = script.end(400, 1).events();
    for dialect in [JunitDialect::Default, JunitDialect::JenkinsXsd] {
        let xml = render_as(dialect, &events);
        assert!(xml.len() < 30_000_000, "{} bytes", xml.len());
        let (_, suites) = read(&xml);
        let cases = suites.iter().flat_map(|suite| &suite.1);
        let pairs: std::collections::BTreeSet<_> = cases
            .map(|case| (case.attributes["classname"].clone(), case.attributes["name"].clone()))
            .collect();
        assert_eq!(pairs.len(), 10_000);
    }
}
