//! Thresholds of a comparison: `--fail-on results,flash+64,ram+1%,warnings,time+20%`.

use std::str::FromStr;

use super::change::Change;
use super::model::{Comparison, Exceeded};
use crate::event::grouped;
use crate::limits::Amount;

/// A threshold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    text: String,
    kind: ThresholdKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ThresholdKind {
    /// A cell fails that did not fail in the base, or is new.
    Results,
    /// A cell has this many more warnings in the sketch and the library under test.
    Warnings(u64),
    /// The flash of a cell grows by more than this.
    Flash(Amount),
    /// The RAM of a cell grows by more than this.
    Ram(Amount),
    /// The time in which steps held slots grows by more than this percentage, over the whole run.
    Time(Amount),
}

/// Error of a text that is no threshold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no threshold: {reason}")]
pub struct ThresholdError {
    text: String,
    reason: String,
}

impl FromStr for Threshold {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Self, ThresholdError> {
        let text = text.trim();
        let error = |reason: String| ThresholdError { text: text.to_owned(), reason };
        let (name, amount) = match text.split_once('+') {
            Some((name, amount)) => (name.trim(), Some(amount)),
            None => (text, None),
        };
        let parsed = amount.map(|amount| amount.parse::<Amount>().map_err(|cause| error(cause.to_string())));
        let amount = parsed.transpose()?;
        let any = amount.unwrap_or(Amount::Bytes(0));
        let kind = match (name, amount) {
            ("results" | "new-failures", None) => ThresholdKind::Results,
            ("warnings", None | Some(Amount::Bytes(_))) => ThresholdKind::Warnings(any.of(0)),
            ("flash", _) => ThresholdKind::Flash(any),
            ("ram" | "RAM", _) => ThresholdKind::Ram(any),
            ("time", Some(amount @ Amount::Percent(_))) => ThresholdKind::Time(amount),
            ("time", _) => return Err(error("a time is compared in percent: `time+20%`".to_owned())),
            ("results" | "new-failures", _) => return Err(error("results have no amount".to_owned())),
            ("warnings", _) => return Err(error("warnings are counted: `warnings+2`".to_owned())),
            _ => {
                let known =
                    "`results`, `warnings`, `warnings+N`, `flash+64`, `flash+1%`, `ram+64`, `time+20%`";
                return Err(error(format!("the thresholds are {known}")));
            }
        };
        Ok(Self { text: text.to_owned(), kind })
    }
}

impl Threshold {
    /// Returns where a comparison exceeds it.
    pub(super) fn exceeded(&self, comparison: &Comparison) -> Vec<Exceeded> {
        let over = |cell: Option<&str>, message: String| Exceeded {
            threshold: self.text.clone(),
            cell: cell.map(str::to_owned),
            message,
        };
        let memory = |name: &str, cell: &str, change: Option<Change<u64>>, amount: Amount| {
            let change = change?;
            let most = amount.of(change.base);
            let [growth, now, allowed] = [change.growth(), change.head, most].map(grouped);
            let message = format!("{name} +{growth} bytes to {now}, allowed are +{allowed}");
            (change.growth() > most).then(|| over(Some(cell), message))
        };
        match self.kind {
            ThresholdKind::Results => {
                let failed = comparison.results.iter().filter(|result| result.is_new_failure);
                failed
                    .map(|result| {
                        let word = result.outcome.head.unwrap_or_default();
                        let gap = if result.reason.is_empty() { "" } else { ": " };
                        over(Some(&result.cell), format!("{word} now{gap}{}", result.reason))
                    })
                    .collect()
            }
            ThresholdKind::Warnings(most) => {
                let more = comparison.warnings.iter().filter(|it| it.own.growth() > most);
                let message = |own: Change<u64>| {
                    format!("{} warnings in your code, {} before, allowed are +{most}", own.head, own.base)
                };
                more.map(|it| over(Some(&it.cell), message(it.own))).collect()
            }
            ThresholdKind::Flash(amount) => {
                comparison.sizes.iter().filter_map(|it| memory("flash", &it.cell, it.flash, amount)).collect()
            }
            ThresholdKind::Ram(amount) => {
                comparison.sizes.iter().filter_map(|it| memory("RAM", &it.cell, it.ram, amount)).collect()
            }
            ThresholdKind::Time(amount) => {
                let time = comparison.slot_ms;
                let message = format!("slot time {} ms, {} ms before", time.head, time.base);
                let is_over = time.growth() > amount.of(time.base);
                is_over.then(|| over(None, message)).into_iter().collect()
            }
        }
    }
}
