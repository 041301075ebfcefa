//! `timing.json`: sums that must hold, and the critical path.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;

use super::fold::TimingFold;
use crate::event::{CacheOutcome, Event, EventKind, Outcome, Phase, RunPhase, Span};
use crate::report::testing::{Script, cell, core, span};

fn render(events: &[Event]) -> Value {
    let mut fold = TimingFold::default();
    for event in events {
        fold.fold(event);
    }
    let mut bytes = Vec::new();
    fold.write(&mut bytes).expect("a Vec takes everything");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// Checks every sum that the documentation promises.
fn adds_up(timing: &Value) {
    let number = |value: &Value| value.as_f64().expect("a number");
    let sum = |object: &Value| object.as_object().expect("an object").values().map(number).sum::<f64>();
    let wall = number(&timing["run"]["wall_s"]);
    assert!((sum(&timing["run"]["phases"]) - wall).abs() < 1e-5, "{}", timing["run"]);
    for job in timing["jobs"].as_array().expect("jobs") {
        let duration = number(&job["end_s"]) - number(&job["start_s"]);
        assert!((sum(&job["spans"]) - duration).abs() < 1e-5, "{job}");
    }
    let mut at = 0.0;
    for segment in timing["critical_path"].as_array().expect("a path") {
        assert!((number(&segment["start_s"]) - at).abs() < 1e-9, "segments touch: {segment}");
        at = number(&segment["end_s"]);
    }
    assert!((at - wall).abs() < 1e-9, "the path covers the run: {at} of {wall}");
}

fn path(timing: &Value) -> Vec<String> {
    let segments = timing["critical_path"].as_array().expect("a path");
    segments
        .iter()
        .map(|segment| {
            format!(
                "{}–{} {} {}",
                segment["start_s"],
                segment["end_s"],
                segment["job"].as_str().unwrap_or("run"),
                segment["phase"].as_str().unwrap_or_default()
            )
        })
        .collect()
}

#[test]
fn a_mixed_run() {
    let timing = render(&Script::mixed().events());
    adds_up(&timing);
    insta::assert_snapshot!(serde_json::to_string_pretty(&timing).expect("JSON"));
}

#[test]
fn the_path_goes_through_the_core_that_a_cell_waits_for() {
    let (job, uno) = (cell("uno/A"), core("uno-1f2e3d4c"));
    let script = Script::new()
        .plan(&["uno/A"], &[])
        .phases(&uno, &[(Phase::Queue, 120), (Phase::Compile, 700), (Phase::Archive, 800)])
        .finished(&uno, Outcome::Built, 800)
        .phases(&job, &[(Phase::Queue, 121), (Phase::Compile, 300), (Phase::Wait, 805), (Phase::Link, 900)])
        .finished(&job, Outcome::Built, 900)
        .end(920, 0);
    let timing = render(&script.events());
    adds_up(&timing);
    assert_eq!(
        path(&timing),
        [
            "0.0–0.1 run setup",
            "0.1–0.12 run plan",
            "0.12–0.7 core uno-1f2e3d4c compile",
            "0.7–0.8 core uno-1f2e3d4c archive",
            "0.8–0.805 uno/A wait",
            "0.805–0.9 uno/A link",
            "0.9–0.91 run build",
            "0.91–0.92 run finish",
        ]
    );
}

#[test]
fn the_path_goes_through_the_job_that_made_room() {
    let (first, second) = (cell("uno/A"), cell("uno/B"));
    let script = Script::new()
        .plan(&["uno/A", "uno/B"], &[])
        .phases(&first, &[(Phase::Queue, 120), (Phase::Compile, 500)])
        .finished(&first, Outcome::Built, 500)
        .phases(&second, &[(Phase::Queue, 501), (Phase::Compile, 900)])
        .finished(&second, Outcome::Built, 900)
        .end(910, 0);
    let timing = render(&script.events());
    assert_eq!(
        path(&timing)[2..5],
        ["0.12–0.5 uno/A compile", "0.5–0.501 uno/B queue", "0.501–0.9 uno/B compile"]
    );
}

#[test]
fn the_path_goes_through_the_job_that_made_room_for_a_link() {
    let (first, second, uno) = (cell("uno/A"), cell("uno/B"), core("uno-1f2e3d4c"));
    let script = Script::new()
        .plan(&["uno/A", "uno/B"], &[])
        .phases(&uno, &[(Phase::Queue, 120), (Phase::Compile, 400)])
        .finished(&uno, Outcome::Built, 400)
        .phases(&first, &[(Phase::Queue, 120), (Phase::Compile, 200), (Phase::Wait, 400), (Phase::Link, 700)])
        .finished(&first, Outcome::Built, 700)
        .phases(
            &second,
            &[(Phase::Queue, 120), (Phase::Compile, 300), (Phase::Wait, 701), (Phase::Link, 900)],
        )
        .step(&second, (crate::event::Step::Link, "B.elf"), 0, span(750, 900), None)
        .finished(&second, Outcome::Built, 900)
        .end(910, 0);
    let timing = render(&script.events());
    adds_up(&timing);
    assert_eq!(
        path(&timing)[2..6],
        [
            "0.12–0.4 core uno-1f2e3d4c compile",
            "0.4–0.7 uno/A link",
            "0.7–0.701 uno/B wait",
            "0.701–0.9 uno/B link"
        ]
    );
    assert_eq!(timing["critical_path"][5]["idle_s"], 0.049);
}

/// The clock has nanoseconds, the file microseconds: rounded numbers must add up too.
#[test]
fn sums_hold_to_the_microsecond() {
    let odd = |nanoseconds| Span { start: Duration::ZERO, end: Duration::from_nanos(nanoseconds) };
    let script = Script::new()
        .say(EventKind::RunPhase { phase: RunPhase::Setup, span: odd(100_000_999) })
        .say(EventKind::RunPhase { phase: RunPhase::Plan, span: odd(100_001_998) })
        .say(EventKind::RunPhase { phase: RunPhase::Build, span: odd(100_002_997) });
    let mut events = script.events();
    events.push(Event { at: Duration::from_nanos(100_003_996), kind: EventKind::RunFinished { exit: 0 } });
    let timing = render(&events);
    let sum: f64 =
        timing["run"]["phases"].as_object().expect("phases").values().filter_map(Value::as_f64).sum();
    assert!((sum - timing["run"]["wall_s"].as_f64().expect("a number")).abs() < 1e-9, "{}", timing["run"]);
}

#[test]
fn an_interrupted_run_adds_up_too() {
    let script = Script::new().plan(&["uno/A", "uno/B"], &[]).built("uno/A", 130, 400);
    let script = script.phases(&cell("uno/B"), &[(Phase::Queue, 200)]).at(777);
    let timing = render(&script.say(EventKind::Stopping { reason: "SIGINT".to_owned() }).events());
    adds_up(&timing);
    assert_eq!(timing["run"]["phases"]["build"], 0.657);
    assert_eq!(timing["run"]["exit"], Value::Null);
    assert_eq!(timing["jobs"][2]["outcome"], "cancelled");
    assert_eq!(timing["jobs"][2]["spans"]["other"], 0.577);
}

#[test]
fn a_run_that_fails_in_set_up() {
    let timing = render(&Script::new().at(300).say(EventKind::RunFinished { exit: 3 }).events());
    adds_up(&timing);
    assert_eq!(timing["run"]["phases"]["plan"], 0.2);
}

#[test]
fn idle_is_what_no_step_covers() {
    let job = cell("uno/A");
    let script = Script::new()
        .plan(&["uno/A"], &[])
        .step(&job, (crate::event::Step::Compile, "a"), 0, span(200, 300), None)
        .step(&job, (crate::event::Step::Compile, "b"), 1, span(250, 400), Some(CacheOutcome::Hit))
        .phases(&job, &[(Phase::Queue, 150), (Phase::Compile, 500)])
        .finished(&job, Outcome::Built, 500)
        .end(520, 0);
    let timing = render(&script.events());
    assert_eq!(timing["jobs"][1]["idle_s"], 0.15);
    assert_eq!(timing["jobs"][1]["cache"]["hits"], 1);
    assert_eq!(timing["slots"]["busy_s"], 0.25);
    // 0.25 s of 2 slots × 0.39 s.
    assert_eq!(timing["slots"]["utilisation"], 0.321);
}

proptest! {
    /// Phases in any order, overlapping, outside of their job; jobs that never end: the sums are still correct.
    #[test]
    fn sums_hold_whatever_is_told(
        phases in proptest::collection::vec((0_usize..4, 0_usize..8, 0_u64..900, 0_u64..900), 0..30),
        ends in proptest::collection::vec((0_usize..4, 0_u64..900), 0..5),
        run in proptest::collection::vec((0_usize..4, 0_u64..900, 0_u64..900), 0..5),
        wall in 0_u64..1000,
    ) {
        let names = [core("uno-1f2e3d4c"), cell("uno/A"), cell("uno/B"), cell("uno/C")];
        let order = [
            Phase::Queue, Phase::Preprocess, Phase::Compile, Phase::Archive, Phase::Wait, Phase::Seed, Phase::Link,
            Phase::Size,
        ];
        let run_order = [RunPhase::Setup, RunPhase::Plan, RunPhase::Build, RunPhase::Finish];
        let mut script = Script::new().plan(&["uno/A", "uno/B", "uno/C"], &[]);
        for (job, phase, start, end) in phases {
            let span = span(start.min(end), start.max(end));
            script = script.say(EventKind::JobPhase { job: names[job].clone(), phase: order[phase], span });
        }
        for (phase, start, end) in run {
            script = script.say(EventKind::RunPhase { phase: run_order[phase], span: span(start, end) });
        }
        for (job, end) in ends {
            script = script.finished(&names[job], Outcome::Built, end.max(120));
        }
        adds_up(&render(&script.at(wall).say(EventKind::RunFinished { exit: 0 }).events()));
    }
}
