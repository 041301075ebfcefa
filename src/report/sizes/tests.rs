//! `sizes.json`: the fields that its readers need.

use serde_json::Value;

use super::*;
use crate::event::{Base, Commit, Outcome, RunInfo};
use crate::report::testing::{Script, cell, cell_id, failure};

fn render(events: &[Event]) -> Value {
    let mut fold = SizesFold::default();
    for event in events {
        fold.fold(event);
    }
    serde_json::to_value(fold.file(Path::new("/here")).expect("a board")).unwrap()
}

/// Fails unless arduino/report-size-deltas can read the report: it would end with an error or skip the file otherwise.
fn assert_readable(report: &Value) {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let number_or_not = |value: &Value| assert!(value.is_number() || value == "N/A", "{value}");
    text(&report["commit_hash"]);
    let boards = report["boards"].as_array().expect("boards");
    assert!(!boards.is_empty() && boards[0]["sizes"][0].get("maximum").is_some());
    for board in boards {
        text(&board["board"]);
        for size in board["sizes"].as_array().expect("sizes") {
            text(&size["name"]);
            number_or_not(&size["maximum"]);
            let Some(delta) = size.get("delta") else { continue };
            for kind in ["absolute", "relative"] {
                for extreme in ["minimum", "maximum"] {
                    number_or_not(&delta[kind][extreme]);
                }
            }
        }
        for sketch in board["sketches"].as_array().expect("sketches") {
            text(&sketch["name"]);
            assert!(sketch["compilation_success"].is_boolean());
            let sizes = sketch["sizes"].as_array().expect("sizes");
            let names: Vec<_> = sizes.iter().map(|size| text(&size["name"])).collect();
            assert_eq!(names, ["flash", "RAM for global variables"]);
            for size in sizes {
                number_or_not(&size["maximum"]);
                number_or_not(&size["current"]["absolute"]);
                number_or_not(&size["current"]["relative"]);
                assert_eq!(size.get("delta").is_some(), size.get("previous").is_some());
                for difference in size.get("delta").into_iter().chain(size.get("previous")) {
                    number_or_not(&difference["absolute"]);
                    number_or_not(&difference["relative"]);
                }
            }
            number_or_not(&sketch["warnings"]["current"]["absolute"]);
        }
    }
}

fn base(cells: &[(&str, u64, u64)]) -> EventKind {
    let usage = |used, max| Some(Usage { used, max: Some(max) });
    let cells = cells.iter().map(|(name, flash, ram)| BaseCell {
        id: cell_id(name),
        sizes: Sizes { flash: usage(*flash, 32_256), ram: usage(*ram, 2_048), ..Sizes::default() },
        own_warnings: 0,
        warnings: 1,
    });
    EventKind::BaseRead(Base { name: "main".to_owned(), cells: cells.collect() })
}

#[test]
fn a_run_without_a_base() {
    let report = render(&Script::mixed().events());
    assert_readable(&report);
    assert_eq!(report["commit_hash"], "");
    let boards = report["boards"].as_array().unwrap();
    let names: Vec<&str> = boards.iter().map(|board| board["board"].as_str().unwrap()).collect();
    assert_eq!(names, ["arduino:avr:uno", "arduino:avr:mega", "arduino:avr:due"]);
    let uno = &boards[0];
    assert_eq!(uno["sketches"][0]["name"], "examples/Blink");
    assert_eq!(uno["sketches"][0]["compilation_success"], true);
    let flash = &uno["sketches"][0]["sizes"][0];
    assert_eq!(flash["current"], serde_json::json!({"absolute": 1_036, "relative": 3.21}));
    assert_eq!(flash["maximum"], 32_256);
    assert!(flash.get("delta").is_none() && uno["sizes"][0].get("delta").is_none());
    // A failed sketch has its sizes, unknown.
    let broken = &uno["sketches"][1];
    assert_eq!(
        (&broken["compilation_success"], &broken["sizes"][1]["current"]["absolute"]),
        (&false.into(), &"N/A".into())
    );
    assert_eq!(uno["sketches"].as_array().unwrap().len(), 2, "a skipped cell is none");
    assert_eq!(boards[2]["sizes"][0]["maximum"], "N/A");
}

#[test]
fn differences_to_a_base() {
    let script = Script::new()
        .say(base(&[("uno/A", 1_000, 9), ("uno/B", 1_136, 9), ("uno/Broken", 1, 1)]))
        .plan(&["uno/A", "uno/B", "uno/New", "uno/Broken", "mega/A"], &[])
        .built("uno/A", 130, 200)
        .built("uno/B", 130, 200)
        .built("uno/New", 130, 200)
        .finished(&cell("uno/Broken"), Outcome::Failed(failure("no", None)), 200)
        .built("mega/A", 130, 200);
    let report = render(&script.events());
    assert_readable(&report);
    let uno = &report["boards"][0];
    let delta = |sketch: usize| uno["sketches"][sketch]["sizes"][0]["delta"].clone();
    assert_eq!(delta(0), serde_json::json!({"absolute": 36, "relative": 0.11}));
    assert_eq!(delta(1), serde_json::json!({"absolute": -100, "relative": -0.31}));
    for unknown in [2, 3] {
        assert_eq!(delta(unknown), serde_json::json!({"absolute": "N/A", "relative": "N/A"}));
    }
    assert_eq!(
        uno["sizes"][0]["delta"],
        serde_json::json!({
            "absolute": {"minimum": -100, "maximum": 36}, "relative": {"minimum": -0.31, "maximum": 0.11}
        })
    );
    assert_eq!(uno["warnings"]["delta"]["absolute"], serde_json::json!({"minimum": -1, "maximum": -1}));
    let mega = &report["boards"][1];
    assert_eq!(
        mega["sizes"][0]["delta"]["absolute"],
        serde_json::json!({"minimum": "N/A", "maximum": "N/A"})
    );
}

#[test]
fn commit_and_boards_have_names_of_their_own() {
    let mut events = Script::new().plan(&["uno/A", "twin/A"], &[]).built("uno/A", 130, 200).events();
    for event in &mut events {
        match &mut event.kind {
            EventKind::RunStarted(info) => {
                let commit =
                    Some(Commit { hash: "0123".to_owned(), url: "https://x.example/0123".to_owned() });
                *info = RunInfo { commit, ..info.clone() };
            }
            EventKind::Planned { cells, .. } => {
                for cell in cells {
                    cell.fqbn = "arduino:avr:uno".into();
                }
            }
            _ => {}
        }
    }
    let report = render(&events);
    assert_readable(&report);
    assert_eq!(
        (&report["commit_hash"], &report["commit_url"]),
        (&"0123".into(), &"https://x.example/0123".into())
    );
    assert_eq!(report["boards"][1]["board"], "arduino:avr:uno (twin)");
    assert_eq!(report["boards"][1]["sketches"][0]["compilation_success"], false, "it never ended");
}

#[test]
fn without_cells_there_is_no_file() {
    assert!(SizesFold::default().file(Path::new("/")).is_none());
}
