//! The reports of a real run, held against one another: they tell the same story, and their times add up.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::failures_core::{EMPTY, core, workspace};
use crate::support::{Finished, Verdict};

/// Two boards, three sketches: one fails, one is excluded for one board, one has a name that XML and
/// Markdown have to spell out.
fn mixed_run() -> Finished {
    let matrix = format!(
        "version: 1\nname: mixed\ncores:\n{}boards: {{uno: \"mini:mcu:uno\", broken: \"mini:mcu:broken\"}}\n\
         sketches: [\"s/*\"]\nexclude: [{{sketch: \"**/Bad\", board: broken, reason: \"no <LED> & no \\\"pin\\\"\"}}]\n",
        core()
    );
    workspace()
        .sketch("s/Good", EMPTY)
        .sketch("s/Bad", "void setup() { missing(\"<&>\"); }\nvoid loop() {}\n")
        .sketch("s/A & B _x_", EMPTY)
        .file("m.yml", matrix)
        .run(["run", "m.yml"])
        .assert_exit(1)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// To the microsecond, for each number that is added up.
#[track_caller]
fn assert_adds_up(parts: &[f64], whole: f64, what: &str) {
    let sum: f64 = parts.iter().sum();
    #[allow(clippy::cast_precision_loss)]
    let tolerance = 1e-6 * (parts.len() + 1) as f64;
    assert!((sum - whole).abs() <= tolerance, "{what}: {parts:?} make {sum}, not {whole}");
}

fn values(object: &Value) -> Vec<f64> {
    object.as_object().unwrap().values().map(number).collect()
}

fn events<'a>(all: &'a [Value], kind: &str) -> Vec<&'a Value> {
    all.iter().filter(|event| event["event"] == kind).collect()
}

#[test]
fn junit_has_every_cell_once() {
    let run = mixed_run();
    let junit = run.reports().junit();
    let boards: Vec<&str> = junit.suites.iter().map(|suite| suite.name.as_str()).collect();
    assert_eq!(boards, ["uno", "broken"]);
    let cases: BTreeSet<(&str, &str)> =
        junit.cases().map(|case| (case.classname.as_str(), case.name.as_str())).collect();
    let sketches = ["s/Good", "s/Bad", "s/A & B _x_"];
    let expected = ["uno", "broken"].into_iter().flat_map(|board| sketches.map(|sketch| (board, sketch)));
    assert_eq!(cases, expected.collect());
    assert_eq!(junit.cases().count(), 6);

    assert_eq!(junit.case("uno", "s/Good").verdict, Verdict::Passed);
    assert_eq!(junit.case("uno", "s/Good").file, "s/Good/Good.ino");
    assert!(junit.cases().all(|case| case.time >= 0.0));
    assert!(
        matches!(&junit.case("uno", "s/Bad").verdict, Verdict::Failure { body, .. } if body.contains("missing(\"<&>\")"))
    );
    assert_eq!(
        junit.case("broken", "s/Bad").verdict,
        Verdict::Skipped { message: "no <LED> & no \"pin\"".into() }
    );
    assert!(
        matches!(&junit.case("broken", "s/Good").verdict, Verdict::Error { message, .. } if message.starts_with("blocked by core"))
    );
    for (name, count) in [("tests", 6), ("failures", 1), ("errors", 2), ("skipped", 1)] {
        let attribute = format!("{name}=\"{count}\"");
        let text = run.reports().text("junit.xml");
        let root = text.lines().find(|line| line.contains("<testsuites")).unwrap();
        assert!(root.contains(&attribute), "{attribute} is not in {root}");
    }
}

/// The times of a run whose jobs are `cores` and `cells` fit together, however it ended.
pub(crate) fn assert_times_add_up(run: &Finished, cores: usize, cells: usize) {
    let timing = run.reports().timing();
    let wall = number(&timing["run"]["wall_s"]);
    assert!(wall > 0.0);
    assert_adds_up(&values(&timing["run"]["phases"]), wall, "the run's phases");
    let jobs = timing["jobs"].as_array().unwrap();
    assert_eq!(jobs.iter().filter(|job| job["kind"] == "core").count(), cores);
    assert_eq!(jobs.iter().filter(|job| job["kind"] == "cell").count(), cells);
    for job in jobs {
        let (start, end) = (number(&job["start_s"]), number(&job["end_s"]));
        assert!(0.0 <= start && start <= end && end <= wall, "{job}");
        assert_adds_up(&values(&job["spans"]), end - start, job["id"].as_str().unwrap());
        let work = values(&job["spans"]).iter().sum::<f64>();
        assert!(number(&job["idle_s"]) <= work + 1e-5, "{job}");
    }

    // The slots held no more than there was, and what they held is what the steps say.
    let slots = &timing["slots"];
    let busy: Vec<f64> =
        slots["each"].as_array().unwrap().iter().map(|slot| number(&slot["busy_s"])).collect();
    assert_adds_up(&busy, number(&slots["busy_s"]), "the slots");
    assert!(busy.iter().all(|busy| *busy <= number(&slots["build_s"]) + 1e-5));
    let events = run.reports().events();
    let told: f64 = self::events(&events, "step_finished").into_iter().map(length).sum();
    assert!((told - number(&slots["busy_s"])).abs() < 1e-3, "{told} {slots}");

    // The critical path leads from the first moment to the last without a gap.
    let path = timing["critical_path"].as_array().unwrap();
    let mut at = 0.0;
    for segment in path {
        assert!((number(&segment["start_s"]) - at).abs() <= 2e-6, "a gap before {segment}");
        at = number(&segment["end_s"]);
    }
    assert!((at - wall).abs() <= 2e-6);
}

#[test]
fn times_add_up() {
    let run = mixed_run();
    assert_times_add_up(&run, 2, 5);
    let timing = run.reports().timing();
    let jobs = timing["jobs"].as_array().unwrap();
    let words: BTreeMap<&str, &str> =
        jobs.iter().map(|job| (job["id"].as_str().unwrap(), job["outcome"].as_str().unwrap())).collect();
    assert_eq!(words["uno/s/Good"], "built");
    assert_eq!(words["uno/s/Bad"], "failed");
    assert_eq!(words["broken/s/Good"], "blocked");
}

/// Seconds from start to end of an event with a span.
fn length(event: &Value) -> f64 {
    (number(&event["end_us"]) - number(&event["start_us"])) / 1e6
}

#[test]
fn events_tell_each_job_from_its_start_to_its_one_end() {
    let run = mixed_run();
    let all = run.reports().events();
    assert_eq!(all.first().unwrap()["event"], "run_started");
    let last = all.last().unwrap();
    assert_eq!((last["event"].as_str(), last["exit"].as_u64()), (Some("run_finished"), Some(1)));
    let at: Vec<f64> = all.iter().map(|event| number(&event["at_us"])).collect();
    assert!(
        at.is_sorted_by(|a, b| *a <= *b + 5e3),
        "events are in order, but for those said at the same time"
    );
    let planned = events(&all, "planned");
    assert_eq!(planned.len(), 1);
    assert_eq!(planned[0]["skipped"].as_array().unwrap().len(), 1);
    let sorted = |mut jobs: Vec<Value>| {
        jobs.sort_by_key(Value::to_string);
        jobs
    };
    let jobs =
        |kind: &str| sorted(events(&all, kind).into_iter().map(|event| event["job"].clone()).collect());
    let list = |kind: &str, of: &str| -> Vec<Value> {
        let planned = planned[0][kind].as_array().unwrap();
        planned.iter().map(|job| json!({of: job["id"]})).collect()
    };
    let expected = sorted([list("cores", "core"), list("cells", "cell")].concat());
    assert_eq!(expected.len(), 7);
    assert_eq!(jobs("job_finished"), expected);
    assert_eq!(jobs("job_started"), expected);

    // A job's phases follow one another without a gap, and end with it.
    for job in &expected {
        let of_job =
            |kind| events(&all, kind).into_iter().filter(|event| event["job"] == *job).collect::<Vec<_>>();
        let (phases, end) = (of_job("job_phase"), of_job("job_finished")[0]);
        assert_eq!(phases.first().unwrap()["start_us"], end["start_us"], "{job}");
        assert_eq!(phases.last().unwrap()["end_us"], end["end_us"], "{job}");
        for pair in phases.windows(2) {
            assert_eq!(pair[0]["end_us"], pair[1]["start_us"], "{job}");
        }
    }
}

/// An event of a trace with a length.
#[derive(Debug)]
struct Bar {
    name: String,
    start: u64,
    end: u64,
}

#[test]
fn the_trace_is_nested_on_every_track() {
    let run = mixed_run();
    assert!(!events(&run.reports().events(), "step_finished").is_empty());
    assert_trace_is_nested(&run);
}

/// Whatever the trace shows fits into what is around it, and it shows each step.
pub(crate) fn assert_trace_is_nested(run: &Finished) {
    let trace = run.reports().trace();
    let mut tracks: BTreeMap<(u64, u64), Vec<Bar>> = BTreeMap::new();
    let mut names = BTreeSet::new();
    for event in trace["traceEvents"].as_array().unwrap() {
        let id = (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap());
        let name = event["name"].as_str().unwrap().to_owned();
        match event["ph"].as_str().unwrap() {
            "X" => {
                let start = event["ts"].as_u64().unwrap();
                let end = start + event["dur"].as_u64().unwrap();
                tracks.entry(id).or_default().push(Bar { name, start, end });
            }
            "M" if name == "thread_name" => {
                assert!(names.insert(id), "one name a track: {id:?}");
            }
            "M" | "i" => {}
            other => panic!("an event of kind {other}: {event}"),
        }
    }
    assert_eq!(
        tracks.keys().copied().collect::<BTreeSet<_>>(),
        names,
        "each track has a name, each name a track"
    );
    for (id, bars) in &tracks {
        let mut open: Vec<&Bar> = Vec::new();
        // As Perfetto does: in the order of the file, what begins inside of another has to end there.
        for bar in bars {
            open.retain(|outer| outer.end > bar.start);
            if let Some(outer) = open.last() {
                assert!(bar.start >= outer.start && bar.end <= outer.end, "{id:?}: {bar:?} leaves {outer:?}");
            }
            open.push(bar);
        }
    }
    let steps = events(&run.reports().events(), "step_finished").len();
    let slots: usize = tracks
        .iter()
        .filter(|((process, _), _)| *process == 2)
        .map(|(_, bars)| bars.iter().filter(|bar| bar.name != "process").count())
        .sum();
    assert_eq!(slots, steps, "each step is a bar of its slot");
}

#[test]
fn the_summary_says_what_failed_and_how_much() {
    let run = mixed_run();
    let summary = run.reports().text("summary.md");
    for part in [
        "mixed",
        "5 cells",
        "2 built",
        "1 failed",
        "2 blocked",
        "'missing' was not declared",
        "s/Bad/Bad.ino:1",
        "1 skipped",
    ] {
        assert!(summary.contains(part), "`{part}` is not in\n{summary}");
    }
    let table: Vec<&str> = summary.lines().filter(|line| line.starts_with('|')).collect();
    assert!(
        table.iter().any(|row| row.starts_with("| uno |"))
            && table.iter().any(|row| row.starts_with("| broken |"))
    );
}

#[test]
fn no_half_written_report_is_left() {
    let run = mixed_run();
    let mut names: Vec<String> = std::fs::read_dir(run.workspace.path(".fbuild-matrix/reports"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["events.jsonl", "junit.xml", "sizes", "sizes.json", "summary.md", "timing.json", "trace.json"]
    );
}

#[test]
fn reports_go_where_they_are_sent() {
    let run = mixed_run();
    let there = run.workspace.path("elsewhere");
    std::fs::remove_dir_all(run.workspace.path(".fbuild-matrix")).unwrap();
    run.workspace.run(["run", "m.yml", "--report-dir", "elsewhere"]).assert_exit(1);
    assert_eq!(crate::support::Reports::new(there).junit().cases().count(), 6);
    assert!(!run.workspace.path(".fbuild-matrix/reports").exists());
}

#[test]
fn warnings_reach_the_reports_of_every_run() {
    let matrix = format!(
        "version: 1\ncores:\n{}boards: {{uno: \"mini:mcu:uno\"}}\nsketches: [W]\ndefaults: {{warnings: all}}\n",
        core()
    );
    let workspace =
        workspace().sketch("W", "void setup() { int unused; }\nvoid loop() {}\n").file("m.yml", matrix);
    // Compiled, taken from the work directory, taken from the cache: the warning is the same.
    for fresh in [false, false, true] {
        if fresh {
            std::fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
        }
        let run = workspace.run(["run", "m.yml"]).assert_exit(0);
        let text = run.reports().text("junit.xml");
        assert!(text.contains("W/W.ino:1:20: warning: unused variable 'unused'"), "{text}");
    }
}

#[test]
fn the_log_of_a_cell_has_its_commands_and_what_they_said() {
    let run = mixed_run();
    let log =
        std::fs::read_to_string(run.workspace.path(".fbuild-matrix/cells/uno/s/Bad/build.log")).unwrap();
    assert!(log.contains("avr-g++") && log.contains("'missing' was not declared"), "{log}");
    let log =
        std::fs::read_to_string(run.workspace.path(".fbuild-matrix/cells/uno/s/Good/build.log")).unwrap();
    assert!(log.contains("avr-objcopy") && log.contains("Good.ino.elf"), "{log}");
}
