//! The written keys of sketches that change no firmware: tags, and the expected result. Knows no meaning.

use schemars::JsonSchema;
use serde::Deserialize;

/// Keys of an entry that change no firmware.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(in crate::matrix) struct RawMarks {
    /// Words to select the cells by.
    pub(in crate::matrix) tags: Vec<String>,
    /// The result that is expected of the cells: `pass`, `fail` or `known-failure`, with `until` and `reason` beside it
    /// or in it.
    #[schemars(example = &"known-failure")]
    pub(in crate::matrix) expect: Option<RawExpect>,
    /// With `expect: fail` or `known-failure`, the last day on which a failure is expected: `2027-01-31`.
    #[schemars(example = &"2027-01-31")]
    pub(in crate::matrix) until: Option<String>,
    /// With `expect: fail` or `known-failure`, why; shown in reports.
    pub(in crate::matrix) reason: Option<String>,
}

/// The expected result: a word, or a mapping with more to say about a failure.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Expect")]
pub(in crate::matrix) enum RawExpect {
    /// `pass`, `fail` or `known-failure`.
    Word(String),
    /// The long form.
    Long(RawExpectedFailure),
}

/// One of `fail` and `known-failure`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ExpectedFailure")]
pub(in crate::matrix) struct RawExpectedFailure {
    /// A failure, which is right: the sketch must not compile.
    #[serde(default)]
    pub(in crate::matrix) fail: Option<RawFailure>,
    /// A failure, which is a known defect.
    #[serde(rename = "known-failure", default)]
    pub(in crate::matrix) known_failure: Option<RawFailure>,
}

/// What is known of an expected failure.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Failure")]
pub(in crate::matrix) struct RawFailure {
    /// The last day on which it is expected: `2027-01-31`.
    #[schemars(example = &"2027-01-31")]
    pub(in crate::matrix) until: Option<String>,
    /// Why; shown in reports.
    pub(in crate::matrix) reason: Option<String>,
}
