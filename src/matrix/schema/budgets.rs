//! The key `budgets`.

use schemars::JsonSchema;
use serde::Deserialize;

/// Limits of firmware. A cell that exceeds one fails, or with `soft: true` warns.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Budgets")]
pub(in crate::matrix) struct RawBudgets {
    /// Flash: the largest use, or `max` and `growth`.
    #[schemars(example = "90%")]
    pub(in crate::matrix) flash: Option<RawMemoryBudget>,
    /// RAM: the largest use, or `max` and `growth`.
    #[schemars(example = "90%")]
    pub(in crate::matrix) ram: Option<RawMemoryBudget>,
    /// Warnings in the sketch and the library under test: the largest number, or `max` and `growth`.
    pub(in crate::matrix) warnings: Option<RawWarningBudget>,
    /// Whether exceeding these limits is a warning and no failure.
    pub(in crate::matrix) soft: Option<bool>,
}

/// The limits of a memory.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "MemoryBudget")]
pub(in crate::matrix) enum RawMemoryBudget {
    /// The largest use in bytes.
    Bytes(u64),
    /// The largest use as text: `28K`, or `90%` of the board's maximum.
    Text(String),
    /// The long form.
    Long(RawMemoryLimits),
}

/// The limits of a memory, by name.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "MemoryLimits")]
pub(in crate::matrix) struct RawMemoryLimits {
    /// The largest use: bytes, `28K`, or `90%` of the board's maximum.
    #[schemars(example = "90%")]
    pub(in crate::matrix) max: Option<RawAmount>,
    /// The largest increase since the base (`--base`): bytes, `1K`, or `1%` of the base's use.
    #[schemars(example = "64")]
    pub(in crate::matrix) growth: Option<RawAmount>,
    /// Whether exceeding these limits is a warning and no failure.
    pub(in crate::matrix) soft: Option<bool>,
}

/// Bytes, or a text such as `28K` or `90%`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Amount")]
pub(in crate::matrix) enum RawAmount {
    /// Bytes.
    Bytes(u64),
    /// A text such as `28K` or `90%`.
    Text(String),
}

/// The limits of a number of warnings.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "WarningBudget")]
pub(in crate::matrix) enum RawWarningBudget {
    /// The largest number.
    Most(u64),
    /// The long form.
    Long(RawWarningLimits),
}

/// The limits of a number of warnings, by name.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "WarningLimits")]
pub(in crate::matrix) struct RawWarningLimits {
    /// The largest number.
    pub(in crate::matrix) max: Option<u64>,
    /// The largest increase since the base (`--base`).
    pub(in crate::matrix) growth: Option<u64>,
    /// Whether exceeding these limits is a warning and no failure.
    pub(in crate::matrix) soft: Option<bool>,
}
