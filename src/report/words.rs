//! The words of phases in reports.

use crate::event::{Phase, RunPhase};

/// Returns the word of a job's phase.
pub(super) const fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Queue => "queue",
        Phase::Preprocess => "preprocess",
        Phase::Compile => "compile",
        Phase::Archive => "archive",
        Phase::Wait => "wait",
        Phase::Seed => "seed",
        Phase::Link => "link",
        Phase::Size => "size",
        Phase::Run => "run",
    }
}

/// Returns the word of a run's phase.
pub(super) const fn run_phase_word(phase: RunPhase) -> &'static str {
    match phase {
        RunPhase::Setup => "setup",
        RunPhase::Plan => "plan",
        RunPhase::Build => "build",
        RunPhase::Finish => "finish",
    }
}
