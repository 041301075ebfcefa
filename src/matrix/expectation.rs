//! The result that an entry expects of its cells.

use std::fmt;

use super::date::Date;

/// An expected failure, or the explicit expectation of success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// The result.
    pub result: ExpectedResult,
    /// The last day on which a failure is expected, in UTC.
    pub until: Option<Date>,
    /// Why.
    pub reason: Option<String>,
}

/// An expected result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedResult {
    /// Firmware.
    Pass,
    /// A failure, which is right: the sketch must not compile.
    Fail,
    /// A failure, which is a known defect.
    KnownFailure,
}

impl ExpectedResult {
    /// The words of the key `expect`.
    pub const WORDS: [(&'static str, Self); 3] =
        [("pass", Self::Pass), ("fail", Self::Fail), ("known-failure", Self::KnownFailure)];
}

impl fmt::Display for Expectation {
    /// Writes `known failure until 2027-01-31: waits for a release`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.result {
            ExpectedResult::Pass => "pass",
            ExpectedResult::Fail => "expected failure",
            ExpectedResult::KnownFailure => "known failure",
        })?;
        if let Some(until) = self.until {
            write!(f, " until {until}")?;
        }
        self.reason.as_ref().map_or(Ok(()), |reason| write!(f, ": {reason}"))
    }
}
