//! Checks the result of a cell that was built against its budgets, and treats warnings as errors if the matrix says so.
//! Runs in each run, also for cells that are up to date, and stores nothing: a changed budget needs no new build.

use crate::event::{
    BaseCell, Failure, FailureKind, JobResult, Location, Outcome, OverBudget, Step, Warning, WarningOwner,
};
use crate::limits::{Measured, check};
use crate::plan::Checks;

/// Notes the exceeded budgets. Fails the cell for a hard one, or for a warning in its own code if warnings are errors.
pub(super) fn judge(result: &mut JobResult, checks: &Checks, base: Option<&BaseCell>) {
    if !result.outcome.is_success() {
        return;
    }
    let own = || {
        let list = result.warning_list.iter().flatten();
        list.filter(|warning| warning.owner == WarningOwner::Own)
    };
    if checks.warnings_are_errors
        && let Some(failure) = warned(own())
    {
        result.outcome = Outcome::Failed(failure);
        return;
    }
    let own_warnings = own().count() as u64;
    let over = check(&checks.budgets, Measured { sizes: result.sizes.as_ref(), own_warnings }, base);
    if let Some(failure) = exceeded(&over) {
        result.outcome = Outcome::Failed(failure);
    }
    result.notes.over_budget = over;
}

/// Returns the failure of a cell with these warnings, the first one first.
fn warned<'w>(own: impl Iterator<Item = &'w Warning>) -> Option<Failure> {
    let mut lines = Vec::new();
    let mut first = None;
    for warning in own {
        first.get_or_insert(warning);
        lines.push(match &warning.location {
            Some(Location { file, line, column: Some(column) }) => {
                format!("{}:{line}:{column}: error: {}", file.display(), warning.message)
            }
            Some(Location { file, line, column: None }) => {
                format!("{}:{line}: error: {}", file.display(), warning.message)
            }
            None => format!("error: {}", warning.message),
        });
    }
    let first = first?;
    let diagnostic = lines.join("\n") + "\n";
    let failure = Failure::new(FailureKind::Code, Step::Warnings, first.message.clone(), diagnostic);
    Some(Failure { location: first.location.clone(), ..failure })
}

/// Returns the failure of a cell that exceeds hard budgets.
fn exceeded(over: &[OverBudget]) -> Option<Failure> {
    let hard: Vec<String> = over.iter().filter(|over| !over.soft).map(ToString::to_string).collect();
    if hard.is_empty() {
        return None;
    }
    Some(Failure::new(FailureKind::Code, Step::Budget, hard.join("; "), String::new()))
}
