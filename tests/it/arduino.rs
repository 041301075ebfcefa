//! The yardstick: a real arduino-cli builds the same sketches with the same core, compiler and libraries; verdict and
//! bytes are the same. docs/arduino.md says what is compared, and how to run it by hand.

mod case;
mod cases;
mod examples;
mod expected;
mod installation;
mod library_cases;
mod many_objects;
mod ours;
mod outcome;
mod peer;
mod platform_cases;
mod platform_cells;
mod platform_clauses;
mod properties;
mod random;

pub(crate) use case::{Board, Case, LEONARDO, MEGA, MINI, UNO, content, sketches};
pub(crate) use cases::copy;
pub(crate) use expected::expected;
pub(crate) use ours::Project;
pub(crate) use outcome::Outcome;

use std::fmt::Write as _;

/// Fails, and lists them, if outcomes differ.
#[track_caller]
pub(crate) fn assert_agree(cases: &[Case], theirs: &[Outcome], ours: &[Outcome]) {
    let differences = differences(cases, theirs, ours);
    assert!(
        differences.is_empty(),
        "{} of {} differ:\n{}",
        differences.len(),
        cases.len(),
        differences.concat()
    );
}

/// What differs, in words.
pub(crate) fn differences(cases: &[Case], theirs: &[Outcome], ours: &[Outcome]) -> Vec<String> {
    let pairs = cases.iter().zip(theirs).zip(ours).filter(|((_, theirs), ours)| !theirs.agrees(ours));
    pairs
        .map(|((case, theirs), ours)| {
            let mut text = String::new();
            writeln!(text, "  {}\n    arduino-cli: {theirs}\n    ours:        {ours}", case.id()).unwrap();
            text
        })
        .collect()
}
