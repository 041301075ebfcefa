//! Compares two runs, cell by cell. A pure function.

use super::change::Change;
use super::model::{Comparison, ResultChange, SectionChange, SizeChange, TimeChange, WarningChange};
use super::symbols::symbol_changes;
use super::threshold::Threshold;
use crate::event::{Outcome, Section, Usage};
use crate::report::past::{Past, PastCell, PastOutcome};
use crate::report::symbols::SymbolReport;

impl Comparison {
    /// Compares two runs, with their symbols where both have them, and checks the thresholds.
    pub fn new(runs: [&Past; 2], symbols: [Option<&SymbolReport>; 2], thresholds: &[Threshold]) -> Self {
        let [base, head] = runs;
        let mut comparison = Self {
            wall_ms: Change { base: base.wall_ms, head: head.wall_ms },
            slot_ms: Change { base: base.slot_ms, head: head.slot_ms },
            ..Self::default()
        };
        let new = head.cells.keys().filter(|id| !base.cells.contains_key(*id));
        for id in base.cells.keys().chain(new) {
            comparison.add(&id.to_string(), base.cells.get(id), head.cells.get(id));
        }
        if let [Some(base), Some(head)] = symbols {
            let (owners, symbols) = symbol_changes(base, head);
            comparison.owners = Some(owners);
            comparison.symbols = Some(symbols);
        }
        let exceeded = thresholds.iter().flat_map(|threshold| threshold.exceeded(&comparison)).collect();
        Self { exceeded, ..comparison }
    }

    /// Returns whether a threshold is exceeded.
    pub fn has_exceeded(&self) -> bool {
        !self.exceeded.is_empty()
    }

    /// Returns the comparison as JSON.
    ///
    /// # Errors
    /// Never in practice: every value can be serialised.
    pub fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }

    fn add(&mut self, cell: &str, before: Option<&PastCell>, now: Option<&PastCell>) {
        let outcome = Change { base: before.map(word), head: now.map(word) };
        if outcome.base != outcome.head {
            let failed = |cell: Option<&PastCell>| cell.is_some_and(|cell| cell.outcome.has_failed());
            let reason = now.map(|cell| cell.outcome.reason().to_owned()).unwrap_or_default();
            let is_new_failure = failed(now) && !failed(before);
            self.results.push(ResultChange { cell: cell.to_owned(), outcome, reason, is_new_failure });
        }
        let (Some(before), Some(now)) = (before, now) else { return };
        let number = |of: fn(&PastCell) -> usize| Change { base: of(before) as u64, head: of(now) as u64 };
        let (count, own) = (number(|cell| cell.warnings), number(|cell| cell.own_warnings));
        // A cell that fails stops at its first error, so its number of warnings is incomplete.
        if before.has_firmware() && now.has_firmware() && !(count.is_none() && own.is_none()) {
            self.warnings.push(WarningChange { cell: cell.to_owned(), count, own });
        }
        let is_from_scratch = |cell: &PastCell| cell.outcome == PastOutcome::Finished(Outcome::Built);
        if is_from_scratch(before) && is_from_scratch(now) {
            let time = Change { base: before.slot_ms, head: now.slot_ms };
            self.times.push(TimeChange { cell: cell.to_owned(), time });
        }
        self.add_sizes(cell, before, now);
    }

    fn add_sizes(&mut self, cell: &str, before: &PastCell, now: &PastCell) {
        let both =
            |base: Option<Usage>, head: Option<Usage>| Some(Change { base: base?.used, head: head?.used });
        let flash = both(before.sizes.flash, now.sizes.flash);
        let ram = both(before.sizes.ram, now.sizes.ram);
        let sections = section_changes(&before.sizes.sections, &now.sizes.sections);
        self.compared += usize::from(flash.is_some() || ram.is_some());
        let has_changed = |change: Option<Change<u64>>| change.is_some_and(|change| !change.is_none());
        if has_changed(flash) || has_changed(ram) || !sections.is_empty() {
            self.sizes.push(SizeChange { cell: cell.to_owned(), flash, ram, sections });
        }
    }
}

/// Returns the sections whose size changed, in the order of the head; nothing if a run does not list them.
fn section_changes(before: &[Section], now: &[Section]) -> Vec<SectionChange> {
    if before.is_empty() || now.is_empty() {
        return Vec::new();
    }
    let bytes = |list: &[Section], name: &str| {
        list.iter().filter(|section| section.name == name).map(|section| section.bytes).sum()
    };
    let mut names: Vec<&str> = Vec::new();
    for section in now.iter().chain(before) {
        if !names.contains(&section.name.as_str()) {
            names.push(&section.name);
        }
    }
    let changes = names.into_iter().map(|name| SectionChange {
        name: name.to_owned(),
        bytes: Change { base: bytes(before, name), head: bytes(now, name) },
    });
    changes.filter(|change| !change.bytes.is_none()).collect()
}

/// Returns the word for a result. An up-to-date cell counts as built, as the difference is not one of the code.
const fn word(cell: &PastCell) -> &'static str {
    match &cell.outcome {
        PastOutcome::Finished(Outcome::UpToDate) => Outcome::Built.word(),
        outcome => outcome.word(),
    }
}
