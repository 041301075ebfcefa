//! `trace.json`: the requirements of a viewer, which are named tracks and nested spans.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::Value;

use super::fold::TraceFold;
use super::tracks::{self, JOBS, RUN, SLOTS};
use crate::event::{CacheOutcome, Event, EventKind, Outcome, Phase, Step, StepInfo};
use crate::report::testing::{Script, cell, span};

fn render(events: &[Event]) -> Vec<Value> {
    let mut fold = TraceFold::default();
    for event in events {
        fold.fold(event);
    }
    let mut bytes = Vec::new();
    tracks::write(&fold, &mut bytes).expect("a Vec takes everything");
    let trace: Value = serde_json::from_slice(&bytes).expect("JSON");
    trace["traceEvents"].as_array().expect("events").clone()
}

/// Simulates a viewer's stack for each track. A span lies completely within the open one or starts after its end. Times
/// never decrease within a track, and every track has a name.
fn nests(events: &[Value]) {
    let number = |value: &Value| value.as_u64().expect("a number");
    let mut named = BTreeSet::new();
    let mut stacks: BTreeMap<(u64, u64), Vec<(u64, u64)>> = BTreeMap::new();
    let mut last: BTreeMap<(u64, u64), u64> = BTreeMap::new();
    for event in events {
        let track = (number(&event["pid"]), number(&event["tid"]));
        match event["ph"].as_str().expect("a phase") {
            "M" => {
                if event["name"] == "thread_name" {
                    assert!(named.insert(track), "named once");
                }
            }
            "i" => {}
            "X" => {
                assert!(named.contains(&track), "a name for {track:?}");
                let (start, end) = (number(&event["ts"]), number(&event["ts"]) + number(&event["dur"]));
                let before = last.insert(track, start).unwrap_or(0);
                assert!(before <= start, "time goes back: {event}");
                let stack = stacks.entry(track).or_default();
                while stack.last().is_some_and(|(_, outer)| *outer <= start) {
                    stack.pop();
                }
                if let Some((_, outer)) = stack.last() {
                    assert!(end <= *outer, "{event} reaches out of its parent, which ends at {outer}");
                }
                stack.push((start, end));
            }
            other => panic!("unexpected phase {other}"),
        }
    }
}

fn shown(events: &[Value], pid: usize) -> Vec<String> {
    events
        .iter()
        .filter(|event| event["pid"] == pid && event["ph"] == "X")
        .map(|event| {
            format!(
                "{} {}+{} {}",
                event["tid"],
                event["ts"],
                event["dur"],
                event["name"].as_str().unwrap_or_default()
            )
        })
        .collect()
}

#[test]
fn a_mixed_run() {
    let events = render(&Script::mixed().events());
    nests(&events);
    assert_eq!(
        shown(&events, RUN),
        [
            "0 0+100000 setup",
            "0 100000+20000 plan",
            "0 120000+1390000 build",
            "0 1510000+10000 finish",
            "1 0+100000 core arduino:avr from apt",
        ]
    );
    let slots = shown(&events, SLOTS);
    assert_eq!(
        slots[..4],
        [
            "0 121000+279000 core uno-1f2e3d4c: compile main.cpp",
            "0 122000+278000 process",
            "0 400000+50000 core uno-1f2e3d4c: archive core.a",
            "0 401000+49000 process",
        ]
    );
    assert!(slots.contains(&"0 450000+225000 uno/Blink: compile Blink.ino.cpp".to_owned()), "{slots:#?}");
    let jobs = shown(&events, JOBS);
    let blink = jobs.iter().position(|job| job == "1 450000+450000 uno/Blink").expect("the cell");
    assert_eq!(jobs[blink + 1..blink + 3], ["1 450000+225000 compile", "1 675000+225000 link"]);
}

#[test]
fn what_was_under_way_when_the_run_broke_off_is_shown() {
    let script = Script::new().say(EventKind::SetupStarted { what: "gcc".to_owned() }).plan(&["uno/A"], &[]);
    let job = cell("uno/A");
    let script = script.phases(&job, &[(Phase::Queue, 130), (Phase::Preprocess, 140)]).at(200);
    let events = render(&script.say(EventKind::Stopping { reason: "SIGINT".to_owned() }).events());
    nests(&events);
    assert!(
        shown(&events, RUN).contains(&"2 100000+100000 gcc".to_owned())
            || shown(&events, RUN).contains(&"1 100000+100000 gcc".to_owned())
    );
    assert_eq!(shown(&events, JOBS), ["1 130000+70000 uno/A", "1 130000+10000 preprocess"]);
    assert!(events.iter().any(|event| event["ph"] == "i" && event["name"] == "stopping: SIGINT"));
}

proptest! {
    /// Steps of one slot in any order, also overlapping; processes outside of their step; phases outside of their job;
    /// names with control characters.
    #[test]
    fn spans_nest_whatever_is_told(
        steps in proptest::collection::vec((0_usize..3, 0_u64..900, 0_u64..900, proptest::option::of((0_u64..900, 0_u64..900))), 0..20),
        phases in proptest::collection::vec((0_usize..3, 0_usize..8, 0_u64..900, 0_u64..900), 0..20),
        ends in proptest::collection::vec((0_usize..3, 0_u64..900), 0..4),
        label in "\\PC{0,8}|[\u{0}-\u{30}]{0,8}",
    ) {
        let names = ["uno/A", "uno/B", "mega/A"];
        let order = [
            Phase::Queue, Phase::Preprocess, Phase::Compile, Phase::Archive, Phase::Wait, Phase::Seed, Phase::Link,
            Phase::Size,
        ];
        let ordered = |start: u64, end: u64| span(start.min(end), start.max(end));
        let mut script = Script::new().plan(&names, &[]);
        for (slot, start, end, process) in steps {
            script = script.say(EventKind::StepFinished(StepInfo {
                job: cell(names[slot]), step: Step::Compile, label: label.clone(), slot, span: ordered(start, end),
                process: process.map(|(start, end)| ordered(start, end)), cache: Some(CacheOutcome::Hit),
                cut_short: false,
            }));
        }
        for (job, phase, start, end) in phases {
            script = script.say(EventKind::JobPhase { job: cell(names[job]), phase: order[phase], span: ordered(start, end) });
        }
        for (job, end) in ends {
            script = script.finished(&cell(names[job]), Outcome::Built, end.max(120));
        }
        nests(&render(&script.events()));
    }
}
