//! Reads the base of a run: the results of an earlier run, for growth budgets and for the differences in reports.

use std::collections::HashMap;

use super::context::Session;
use super::error::SessionError;
use super::options::BaseReports;
use crate::event::{Base, BaseCell, CellId, EventKind, Level};
use crate::plan::Plan;
use crate::report::Past;

/// Reads the base's reports.
///
/// # Errors
/// They are missing or malformed.
pub(super) fn read(base: &BaseReports) -> Result<Base, SessionError> {
    let past = Past::read(&base.reports).map_err(|error| SessionError::Usage(format!("--base: {error}")))?;
    Ok(past.base(base.name.clone()))
}

impl Session<'_> {
    /// Sends the base to the reports, and returns its cells. Without one, says once that growth is not checked.
    pub(super) fn announce_base(&self, plan: &Plan) -> HashMap<CellId, BaseCell> {
        if let Some(base) = &self.base {
            self.events.say(EventKind::BaseRead(base.clone()));
            return base.cells.iter().map(|cell| (cell.id.clone(), cell.clone())).collect();
        }
        let limited = plan.cells.iter().filter(|cell| cell.checks.budgets.has_growth()).count();
        if limited > 0 {
            let cells = if limited == 1 { "1 cell".to_owned() } else { format!("{limited} cells") };
            let message = format!(
                "the growth budgets of {cells} are not checked: there is no base; `--base` takes the report directory of \
                 an earlier run, or a Git revision"
            );
            self.events.say(EventKind::Log { level: Level::Info, message });
        }
        HashMap::new()
    }
}
