//! Remarks on a job that ended: attempts before the last one, and budgets that its firmware exceeds.

use serde::{Deserialize, Serialize};

use super::outcome::Failure;
use super::overflow::grouped;

/// Remarks on a job that ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobNotes {
    /// Failures of the attempts before the last one, each for an infrastructure reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retried: Vec<Failure>,
    /// The budgets that the firmware exceeds, hard ones first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub over_budget: Vec<OverBudget>,
}

/// A budget of the matrix that a firmware exceeds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverBudget {
    /// What is limited.
    pub budget: BudgetKind,
    /// The measured value: bytes, or the number of warnings. Of a growth, the increase.
    pub value: u64,
    /// The limit in the same unit.
    pub limit: u64,
    /// The limit as a percentage and what it is a part of, where the matrix has one: `90% of 32,256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<String>,
    /// The value in the base, of a growth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<u64>,
    /// Whether it only warns.
    pub soft: bool,
}

/// The values that a budget can limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetKind {
    /// Flash.
    Flash,
    /// Static data in RAM.
    Ram,
    /// Warnings in the sketch and the library under test.
    Warnings,
    /// Increase of the flash since the base.
    FlashGrowth,
    /// Increase of the RAM since the base.
    RamGrowth,
    /// Increase of the warnings since the base.
    WarningsGrowth,
}

impl JobNotes {
    /// Returns whether there is no remark.
    pub const fn is_empty(&self) -> bool {
        self.retried.is_empty() && self.over_budget.is_empty()
    }

    /// Returns the exceeded budgets that only warn.
    pub fn soft(&self) -> impl Iterator<Item = &OverBudget> {
        self.over_budget.iter().filter(|over| over.soft)
    }
}

impl OverBudget {
    /// Returns how much the value exceeds the limit.
    pub const fn excess(&self) -> u64 {
        self.value.saturating_sub(self.limit)
    }
}

impl BudgetKind {
    /// Returns the words for messages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Flash => "flash budget",
            Self::Ram => "RAM budget",
            Self::Warnings => "warnings budget",
            Self::FlashGrowth => "flash growth budget",
            Self::RamGrowth => "RAM growth budget",
            Self::WarningsGrowth => "warnings growth budget",
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            Self::Flash | Self::Ram | Self::FlashGrowth | Self::RamGrowth => "bytes",
            Self::Warnings | Self::WarningsGrowth => "warnings",
        }
    }
}

impl std::fmt::Display for OverBudget {
    /// Writes `flash budget: 29,100 of 29,030 bytes (90% of 32,256), 70 too many`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (word, unit) = (self.budget.word(), self.budget.unit());
        let [value, limit, excess] = [self.value, self.limit, self.excess()].map(grouped);
        let plus = if self.base.is_some() { "+" } else { "" };
        write!(f, "{word}: {plus}{value} of {plus}{limit} {unit}")?;
        let base = self.base.map(|base| format!("the base has {}", grouped(base)));
        let remarks: Vec<String> = self.share.clone().into_iter().chain(base).collect();
        if !remarks.is_empty() {
            write!(f, " ({})", remarks.join("; "))?;
        }
        write!(f, ", {excess} too many")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_has_budget_value_and_excess() {
        let max = OverBudget {
            budget: BudgetKind::Flash,
            value: 29_100,
            limit: 29_030,
            share: Some("90% of 32,256".to_owned()),
            base: None,
            soft: false,
        };
        assert_eq!(max.to_string(), "flash budget: 29,100 of 29,030 bytes (90% of 32,256), 70 too many");
        let growth = OverBudget {
            budget: BudgetKind::RamGrowth,
            value: 80,
            limit: 64,
            share: None,
            base: Some(1_000),
            ..max
        };
        assert_eq!(
            growth.to_string(),
            "RAM growth budget: +80 of +64 bytes (the base has 1,000), 16 too many"
        );
    }
}
