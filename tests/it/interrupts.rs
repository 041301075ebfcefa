//! An interrupt in the middle of a cold run of 30 cells, and kills at any moment: what is left behind, and
//! what the next run makes of it.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::processes::{at_work_in, finish, pid, start, wait_for};
use crate::reports::{assert_times_add_up, assert_trace_is_nested};
use crate::support::{Verdict, Workspace};

/// Ten sketches for three boards of Arduino's own core: some seconds of work.
fn thirty_cells() -> Workspace {
    let matrix = "version: 1\ncores: {\"arduino:avr\": {provider: apt}}\nboards:\n  uno: arduino:avr:uno\n  \
                  mega: arduino:avr:mega:cpu=atmega2560\n  leonardo: arduino:avr:leonardo\nsketches: [\"s/*\"]\n";
    (0..10).fold(Workspace::new().file("m.yml", matrix), |workspace, number| {
        let text = format!(
            "void setup() {{ Serial.begin(9600); }}\nvoid loop() {{ Serial.println(millis() * {number}); }}\n"
        );
        workspace.sketch(&format!("s/S{number}"), &text)
    })
}

/// More than it ever takes; the time itself is for a bench.
const PATIENCE: Duration = Duration::from_secs(20);

fn interrupted_after_half_a_second(arguments: &[&str], signal: Signal, code: i32) {
    let workspace = thirty_cells();
    let mut child = start(&workspace, arguments);
    std::thread::sleep(Duration::from_millis(500));
    // Where everything is installed this takes milliseconds, unless the machine is drowning.
    let events = workspace.path(".fbuild-matrix/reports/events.jsonl");
    let planned = || fs::read_to_string(&events).is_ok_and(|text| text.contains("\"event\":\"planned\""));
    wait_for("the plan", &mut child, planned);
    kill_process(Pid::from_raw(pid(&child)).unwrap(), signal).unwrap();
    let sent = Instant::now();
    let run = finish(child, &workspace).assert_exit(code);
    assert!(sent.elapsed() < PATIENCE, "it took {:?} to stop", sent.elapsed());
    assert_eq!(at_work_in(&workspace), Vec::<String>::new(), "no process is left");

    let junit = run.reports().junit();
    assert_eq!(junit.cases().count(), 30);
    for case in junit.cases() {
        match &case.verdict {
            Verdict::Passed => {}
            Verdict::Error { message, .. } => {
                assert!(message.contains("interrupted"), "{}: {message}", case.name);
            }
            other => panic!("{}: {other:?}", case.name),
        }
    }
    let unfinished = junit.cases().filter(|case| case.verdict != Verdict::Passed).count();
    assert!(unfinished > 0, "nobody builds 30 cells in half a second");

    assert_times_add_up(&run, 3, 30);
    assert_trace_is_nested(&run);

    let next = workspace.run(arguments).assert_exit(0);
    assert_eq!(next.firmware().len(), 30);
}

#[test]
fn an_interrupt_after_half_a_second_is_heard_and_told() {
    interrupted_after_half_a_second(&["run", "m.yml"], Signal::INT, 130);
}

#[test]
fn a_termination_after_half_a_second_is_heard_and_told() {
    interrupted_after_half_a_second(&["run", "m.yml", "--no-cache"], Signal::TERM, 143);
}
