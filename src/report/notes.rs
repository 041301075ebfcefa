//! Flaky cells and exceeded soft budgets of a run: successes that deserve attention. Knows the words, but not where they
//! are shown.

use std::fmt::Write as _;

use super::markdown::escape;
use super::text;
use crate::event::{CellId, JobId, JobResult, grouped};

/// Number of cells that are listed for each remark.
const LISTED: usize = 50;

/// The remarks on the cells of a run.
#[derive(Debug, Default)]
pub(super) struct NotesTally {
    flaky: Vec<(CellId, String)>,
    over_budget: Vec<(CellId, String)>,
}

impl NotesTally {
    /// Adds the remarks on a job.
    pub(super) fn fold(&mut self, result: &JobResult) {
        let JobId::Cell(id) = &result.job else { return };
        self.flaky.extend(flaky(result).map(|text| (id.clone(), text)));
        self.over_budget.extend(result.notes.soft().map(|over| (id.clone(), over.to_string())));
    }

    /// Returns `1 flaky; 2 over a soft budget`; `None` without a remark.
    pub(super) fn words(&self) -> Option<String> {
        let mut over: Vec<&CellId> = self.over_budget.iter().map(|(id, _)| id).collect();
        over.dedup();
        let parts = [(self.flaky.len(), "flaky"), (over.len(), "over a soft budget")];
        let parts = parts.into_iter().filter(|(number, _)| *number > 0);
        let parts: Vec<String> =
            parts.map(|(number, word)| format!("{} {word}", grouped(number as u64))).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// Returns the parts of `summary.md`; empty without a remark.
    pub(super) fn markdown(&self) -> String {
        let mut page = String::new();
        let lists = [("Over a soft budget", &self.over_budget), ("Flaky: built by a retry", &self.flaky)];
        for (title, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            // Writing to a String can't fail.
            let _ = writeln!(page, "\n### {title}\n");
            for (id, text) in list.iter().take(LISTED) {
                let _ = writeln!(page, "- ⚠️ {}: {}", escape(&id.to_string()), escape(text));
            }
            if list.len() > LISTED {
                let _ = writeln!(page, "- … and {} more", list.len() - LISTED);
            }
        }
        page
    }
}

/// Returns the remarks on a job for the terminal, each one line.
pub(super) fn remarks(result: &JobResult) -> Vec<String> {
    let flaky = flaky(result).map(|text| format!("flaky: {text}"));
    let over = result.notes.soft().map(ToString::to_string);
    over.chain(flaky).map(|text| text::one_line(&format!("{}: {text}", result.job))).collect()
}

/// Returns `built by attempt 2; attempt 1: avr-ld was killed`, if a retry built the cell.
fn flaky(result: &JobResult) -> Option<String> {
    let retried = &result.notes.retried;
    if retried.is_empty() || !result.outcome.is_success() {
        return None;
    }
    let mut text = format!("built by attempt {}", retried.len() + 1);
    for (place, failure) in retried.iter().enumerate() {
        let _ = write!(text, "; attempt {}: {}", place + 1, text::one_line(&failure.summary()));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{BudgetKind, EventKind, OverBudget};
    use crate::report::testing::{Script, failure};

    #[test]
    fn flaky_cells_and_soft_budgets_are_counted_and_listed() {
        let over =
            |soft| OverBudget { budget: BudgetKind::Ram, value: 10, limit: 9, share: None, base: None, soft };
        let script = Script::new()
            .noted("uno/A", |notes| notes.retried = vec![failure("avr-ld was killed", None)])
            .noted("uno/B", |notes| notes.over_budget = vec![over(true), over(true), over(false)])
            .noted("uno/C", |_| {});
        let mut tally = NotesTally::default();
        let mut told = Vec::new();
        for event in script.events() {
            if let EventKind::JobFinished(result) = &event.kind {
                tally.fold(result);
                told.extend(remarks(result));
            }
        }
        assert_eq!(tally.words().as_deref(), Some("1 flaky; 1 over a soft budget"));
        assert_eq!(NotesTally::default().words(), None);
        assert_eq!(
            told,
            [
                "uno/A: flaky: built by attempt 2; attempt 1: avr-ld was killed",
                "uno/B: RAM budget: 10 of 9 bytes, 1 too many",
                "uno/B: RAM budget: 10 of 9 bytes, 1 too many",
            ]
        );
        assert!(tally.markdown().contains("### Flaky: built by a retry\n\n- ⚠️ uno/A: built by attempt 2"));
    }
}
