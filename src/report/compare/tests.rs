//! The comparison of two runs in its three forms, and its thresholds.

use super::*;
use crate::event::{Event, EventKind, Outcome, Section, Sizes, Usage, WarningOwner};
use crate::report::past::Past;
use crate::report::testing::{Script, cell, failure, warning};

fn past(events: &[Event]) -> Past {
    let directory = tempfile::tempdir().unwrap();
    let lines: String = events.iter().map(|event| serde_json::to_string(event).unwrap() + "\n").collect();
    std::fs::write(directory.path().join("events.jsonl"), lines).unwrap();
    Past::read(directory.path()).unwrap()
}

/// A run with the cells uno/A and uno/B: flash and warnings of A, whether B is built.
fn run(flash: u64, warnings: usize, is_built: bool) -> Past {
    let mut script = Script::new().plan(&["uno/A", "uno/B"], &[]).built("uno/A", 130, 330);
    script = if is_built {
        script.built("uno/B", 130, 330)
    } else {
        script.finished(&cell("uno/B"), Outcome::Failed(failure("no `;`", Some(3))), 330)
    };
    let mut events = script.end(400, 0).events();
    let result = events.iter_mut().find_map(|event| match &mut event.kind {
        EventKind::JobFinished(result) if result.job == cell("uno/A") => Some(result),
        _ => None,
    });
    let result = result.unwrap();
    let section = |name: &str, bytes| Section { name: name.to_owned(), bytes };
    result.sizes = Some(Sizes {
        flash: Some(Usage { used: flash, max: Some(32_256) }),
        ram: Some(Usage { used: 9, max: Some(2_048) }),
        eeprom: None,
        sections: vec![section(".text", flash - 10), section(".data", 10)],
    });
    let all = (0..warnings)
        .map(|line| warning(WarningOwner::Own, Some(("/a.h", u32::try_from(line).unwrap())), "x"));
    result.warning_list = Some(all.collect());
    past(&events)
}

fn compared(fail_on: &str) -> Comparison {
    let thresholds: Vec<Threshold> =
        fail_on.split(',').filter(|text| !text.is_empty()).map(|text| text.parse().unwrap()).collect();
    Comparison::new([&run(1_000, 1, true), &run(1_100, 2, false)], [None, None], &thresholds)
}

#[test]
fn the_three_forms() {
    let comparison = compared("results,flash+64");
    insta::assert_snapshot!("table", comparison.table(20));
    insta::assert_snapshot!("markdown", comparison.markdown(20));
    insta::assert_snapshot!("json", comparison.json().unwrap());
}

#[test]
fn equal_runs_have_no_difference() {
    let same = run(1_000, 1, true);
    let thresholds = ["results", "warnings", "flash", "ram+0%", "time+0%"].map(|text| text.parse().unwrap());
    let comparison = Comparison::new([&same, &same], [None, None], &thresholds);
    assert!(!comparison.has_exceeded());
    assert!(comparison.sizes.is_empty() && comparison.results.is_empty() && comparison.warnings.is_empty());
    assert!(comparison.markdown(20).contains("No firmware takes more or less than before."));
}

#[test]
fn thresholds_hold_up_to_their_amount() {
    for (fail_on, is_exceeded) in [
        ("", false),
        ("flash+100", false),
        ("flash+99", true),
        ("flash+10%", false),
        ("flash+9.99%", true),
        ("flash", true),
        ("ram", false),
        ("warnings", true),
        ("warnings+1", false),
        ("results", true),
        ("new-failures", true),
        ("time+500%", false),
    ] {
        assert_eq!(compared(fail_on).has_exceeded(), is_exceeded, "{fail_on}");
    }
    for wrong in ["", "flash+", "flash+x", "results+1", "warnings+1%", "time+1", "sizes", "flash-1"] {
        assert!(wrong.parse::<Threshold>().is_err(), "{wrong}");
    }
}
