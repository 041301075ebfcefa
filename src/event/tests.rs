//! Events as text: the format of every kind, and that each can be read back.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

/// Every kind of event, outcome, cause and answer of the cache, one event a line, as version 0.1.0 writes them.
const WRITTEN: &str = include_str!("tests/every_kind.jsonl");

fn read(line: &str) -> Event {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

fn written(event: &Event) -> String {
    serde_json::to_string(event).unwrap()
}

#[test]
fn a_line_is_written_as_it_was_read() {
    for line in WRITTEN.lines() {
        assert_eq!(written(&read(line)), line);
    }
}

/// Defines `$names`, the names of all variants of an enum, and `$name`, which returns the name of a value. A variant that
/// is not listed does not compile.
macro_rules! variants {
    ($names:ident, $name:ident: $enum:ty { $($variant:literal = $pattern:pat,)+ }) => {
        const $names: &[&str] = &[$($variant),+];
        const fn $name(value: &$enum) -> &'static str {
            match value { $($pattern => $variant),+ }
        }
    };
}

variants!(KINDS, kind: EventKind {
    "run_started" = EventKind::RunStarted(_),
    "setup_started" = EventKind::SetupStarted { .. },
    "setup_progress" = EventKind::SetupProgress { .. },
    "download_started" = EventKind::DownloadStarted { .. },
    "download_progress" = EventKind::DownloadProgress { .. },
    "download_finished" = EventKind::DownloadFinished { .. },
    "download_failed" = EventKind::DownloadFailed { .. },
    "setup_finished" = EventKind::SetupFinished { .. },
    "log" = EventKind::Log { .. },
    "run_phase" = EventKind::RunPhase { .. },
    "resolved" = EventKind::Resolved { .. },
    "shard_planned" = EventKind::ShardPlanned(_),
    "base_read" = EventKind::BaseRead(_),
    "unfinished" = EventKind::Unfinished { .. },
    "planned" = EventKind::Planned { .. },
    "job_started" = EventKind::JobStarted { .. },
    "job_phase" = EventKind::JobPhase { .. },
    "step_finished" = EventKind::StepFinished(_),
    "job_finished" = EventKind::JobFinished(_),
    "stopping" = EventKind::Stopping { .. },
    "run_finished" = EventKind::RunFinished { .. },
    "" = EventKind::Unknown,
});

variants!(OUTCOMES, outcome: Outcome {
    "built" = Outcome::Built,
    "up_to_date" = Outcome::UpToDate,
    "failed" = Outcome::Failed(_),
    "expected_failure" = Outcome::ExpectedFailure { .. },
    "blocked" = Outcome::Blocked { .. },
    "timed_out" = Outcome::TimedOut { .. },
    "cancelled" = Outcome::Cancelled { .. },
    "crashed" = Outcome::Crashed { .. },
});

variants!(CAUSES, cause: FailureKind {
    "code" = FailureKind::Code,
    "expectation" = FailureKind::Expectation,
    "infrastructure" = FailureKind::Infrastructure,
    "storage" = FailureKind::Storage(_),
});

variants!(ANSWERS, answer: CacheOutcome {
    "hit" = CacheOutcome::Hit,
    "miss" = CacheOutcome::Miss,
    "bypassed" = CacheOutcome::Bypassed { .. },
    "uncacheable" = CacheOutcome::Uncacheable { .. },
});

#[test]
fn every_variant_has_a_line() {
    let [mut kinds, mut outcomes, mut causes, mut answers] = [const { BTreeSet::new() }; 4];
    for line in WRITTEN.lines() {
        let event = read(line);
        let kind = kind(&event.kind);
        assert!(line.contains(&format!("\"event\":\"{kind}\"")), "{line}");
        kinds.insert(kind);
        match event.kind {
            EventKind::JobFinished(result) => {
                outcomes.insert(outcome(&result.outcome));
                if let Outcome::Failed(failure) = &result.outcome {
                    causes.insert(cause(&failure.kind));
                }
            }
            EventKind::StepFinished(step) => answers.extend(step.cache.iter().map(answer)),
            _ => {}
        }
    }
    let named = |names: &[&'static str]| names.iter().copied().filter(|name| !name.is_empty()).collect();
    assert_eq!([kinds, outcomes, causes, answers], [KINDS, OUTCOMES, CAUSES, ANSWERS].map(named));
}

#[test]
fn kinds_and_fields_of_later_versions_are_ignored() {
    let later = read("{\"at_us\":7,\"event\":\"cell_moved\",\"to\":{\"board\":\"mega\"}}");
    assert!(matches!(later.kind, EventKind::Unknown) && later.at == Duration::from_micros(7));
    assert!(serde_json::to_string(&later).is_err(), "an unknown kind can't be written");
    for line in WRITTEN.lines() {
        let more = line
            .replacen('{', "{\"later\":[{\"x\":1}],", 1)
            .replace("\"outcome\":{", "\"outcome\":{\"y\":null,");
        assert_eq!(written(&read(&more)), line);
    }
}

proptest! {
    #[test]
    fn times_are_stable(at in any::<u64>(), milliseconds in 0..=30 * 86_400_000_u64) {
        let mut event = read(WRITTEN.lines().find(|line| line.contains("timed_out")).unwrap());
        event.at = Duration::from_nanos(at);
        let EventKind::JobFinished(result) = &mut event.kind else { panic!("{event:?}") };
        let limit = Duration::from_millis(milliseconds);
        result.outcome = Outcome::TimedOut { after: limit, output: String::new() };
        let text = written(&event);
        let again = read(&text);
        prop_assert_eq!(written(&again), text);
        let EventKind::JobFinished(result) = again.kind else { panic!("{again:?}") };
        prop_assert_eq!(result.outcome, Outcome::TimedOut { after: limit, output: String::new() });
    }
}
