//! The cells that need each core: they determine its timeout, its priority, and when it is no longer needed.

use std::collections::HashMap;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::budget::Costs;
use crate::event::{CellId, CoreId};
use crate::pipeline::Ahead;
use crate::plan::CellJob;

/// The needs of a core's cells.
#[derive(Debug, Clone)]
pub(super) struct Need {
    /// The largest timeout of its cells, which is the core's.
    pub(super) limit: Duration,
    /// The longest expected time of a cell after the core.
    pub(super) end: Duration,
    /// Cancelled when no cell needs the core any more.
    pub(super) unwanted: CancellationToken,
    cells: usize,
}

impl Default for Need {
    fn default() -> Self {
        Self { limit: Duration::ZERO, end: Duration::ZERO, unwanted: CancellationToken::new(), cells: 0 }
    }
}

/// The needs of all cells that have not ended.
#[derive(Debug, Default)]
pub(super) struct Needs {
    cores: HashMap<CoreId, Need>,
    cells: HashMap<CellId, CoreId>,
}

impl Needs {
    /// Returns the needs of these cells.
    pub(super) fn of(cells: &[CellJob], costs: &Costs) -> Self {
        let mut needs = Self::default();
        for cell in cells {
            needs.add(&cell.id, &cell.core, cell.timeout, Ahead::of_cell(cell).end(costs));
        }
        needs
    }

    fn add(&mut self, cell: &CellId, core: &CoreId, timeout: Duration, end: Duration) {
        self.cells.insert(cell.clone(), core.clone());
        let need = self.cores.entry(core.clone()).or_default();
        need.limit = need.limit.max(timeout);
        need.end = need.end.max(end);
        need.cells += 1;
    }

    /// Returns the needs of a core's cells.
    pub(super) fn of_core(&self, core: &CoreId) -> Need {
        // A plan has no core without a cell; such a core would have no timeout.
        self.cores.get(core).cloned().unwrap_or(Need { limit: Duration::MAX, ..Need::default() })
    }

    /// Removes a cell that has ended.
    pub(super) fn ended(&mut self, cell: &CellId) {
        if let Some(core) = self.cells.remove(cell)
            && let Some(need) = self.cores.get_mut(&core)
        {
            need.cells -= 1;
        }
    }

    /// Cancels the cores that no cell needs any more. Unless the run is stopped they are built nevertheless, to report
    /// their errors.
    pub(super) fn give_up(&self) {
        for need in self.cores.values().filter(|need| need.cells == 0) {
            need.unwanted.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_core_is_wanted_as_long_as_one_cell_is() {
        let cell = |sketch: &str| CellId { board: "uno".into(), sketch: sketch.into() };
        let (uno, mega): (CoreId, CoreId) = (CoreId("uno-1".into()), CoreId("mega-1".into()));
        let mut needs = Needs::default();
        let seconds = Duration::from_secs;
        needs.add(&cell("A"), &uno, seconds(5), seconds(2));
        needs.add(&cell("B"), &uno, seconds(9), seconds(1));
        needs.add(&cell("C"), &mega, seconds(7), seconds(3));
        let need = needs.of_core(&uno);
        assert_eq!((need.limit, need.end), (seconds(9), seconds(2)));
        let unwanted = |needs: &Needs| [&uno, &mega].map(|core| needs.of_core(core).unwanted.is_cancelled());
        needs.ended(&cell("B"));
        needs.give_up();
        assert_eq!(unwanted(&needs), [false, false]);
        needs.ended(&cell("A"));
        assert_eq!(unwanted(&needs), [false, false], "nothing stops the run");
        needs.give_up();
        assert_eq!(unwanted(&needs), [true, false]);
    }
}
