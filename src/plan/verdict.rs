//! What a cell's outcome means if a failure is expected of it.

use crate::event::{Failure, FailureKind, Outcome, Step};
use crate::matrix::{Date, Expectation, ExpectedResult};

/// Returns the outcome of a cell in the light of what the matrix expects.
///
/// A failure of the code becomes an expected failure, which counts as a success. Firmware becomes a failure that says so,
/// and so does a failure after the last day of `until`. Timeouts, crashes, blocked cells and failures of the
/// infrastructure say nothing about the code: they stay what they are.
pub fn judged(outcome: Outcome, expected: Option<&Expectation>, today: Date) -> Outcome {
    let Some(expected) = expected.filter(|it| it.result != ExpectedResult::Pass) else { return outcome };
    match outcome {
        Outcome::Built | Outcome::UpToDate => {
            let message = format!("unexpected pass: the matrix expects a failure ({expected})");
            let help = "remove `expect` from the entry of the matrix, or correct it";
            let text = format!("{message}\n{help}");
            Outcome::Failed(Failure::new(FailureKind::Expectation, Step::Size, message, text))
        }
        Outcome::Failed(failure) if failure.kind == FailureKind::Code => {
            if expected.until.is_some_and(|until| today > until) {
                let message = format!("expired ({expected}): {}", failure.message);
                Outcome::Failed(Failure { message, ..failure })
            } else {
                Outcome::ExpectedFailure { failure, expected: expected.to_string() }
            }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expectation(result: ExpectedResult, until: Option<&str>) -> Expectation {
        let until = until.map(|until| until.parse().unwrap());
        Expectation { result, until, reason: Some("no DAC".to_owned()) }
    }

    fn failed(kind: FailureKind) -> Outcome {
        Outcome::Failed(Failure::new(kind, Step::Compile, "no DAC.h".to_owned(), "error".to_owned()))
    }

    fn judge(outcome: Outcome, expected: &Expectation) -> Outcome {
        judged(outcome, Some(expected), "2027-01-31".parse().unwrap())
    }

    #[test]
    fn an_expected_failure_of_the_code_is_a_success() {
        for (result, until) in [
            (ExpectedResult::Fail, None),
            (ExpectedResult::KnownFailure, None),
            (ExpectedResult::KnownFailure, Some("2027-01-31")),
        ] {
            let outcome = judge(failed(FailureKind::Code), &expectation(result, until));
            let Outcome::ExpectedFailure { failure, expected } = &outcome else { panic!("{outcome:?}") };
            assert!(outcome.is_success() && expected.ends_with(": no DAC"), "{expected}");
            assert_eq!(failure.message, "no DAC.h");
        }
    }

    #[test]
    fn an_unexpected_pass_and_an_expired_date_are_failures_that_say_so() {
        let expected = expectation(ExpectedResult::KnownFailure, Some("2027-01-30"));
        for outcome in [Outcome::Built, Outcome::UpToDate] {
            let Outcome::Failed(failure) = judge(outcome, &expected) else { panic!() };
            assert_eq!(failure.kind, FailureKind::Expectation);
            assert_eq!(
                failure.message,
                "unexpected pass: the matrix expects a failure (known failure until 2027-01-30: no DAC)"
            );
        }
        let Outcome::Failed(failure) = judge(failed(FailureKind::Code), &expected) else { panic!() };
        assert_eq!(failure.kind, FailureKind::Code);
        assert_eq!(failure.message, "expired (known failure until 2027-01-30: no DAC): no DAC.h");
    }

    #[test]
    fn what_says_nothing_about_the_code_stays() {
        let expected = expectation(ExpectedResult::Fail, None);
        for outcome in [
            failed(FailureKind::Infrastructure),
            Outcome::Cancelled { reason: String::new(), output: String::new(), by_limit: false },
            Outcome::Crashed { message: String::new() },
        ] {
            assert_eq!(judge(outcome.clone(), &expected), outcome);
        }
        let pass = expectation(ExpectedResult::Pass, None);
        assert_eq!(judge(failed(FailureKind::Code), &pass), failed(FailureKind::Code));
        assert_eq!(judged(Outcome::Built, None, Date::today()), Outcome::Built);
    }
}
