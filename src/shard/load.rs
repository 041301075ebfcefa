//! The work that is distributed over shards.

/// Cost of a cell whose cost is unknown, if no cost is known at all. It has no unit then.
const CELL: u64 = 1_000;

/// Cost of a core in costs of a cell, if it is unknown. Arduino's AVR core has 26 sources, a small sketch few units.
const CORE_CELLS: u64 = 4;

/// A cell, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellLoad {
    /// Its core, an index into [`Workload::cores`].
    pub core: usize,
    /// Time for which its steps hold slots, in microseconds.
    pub cost: u64,
}

/// Cells in the order of the matrix, and the cores that they need.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Workload {
    /// The cells.
    pub cells: Vec<CellLoad>,
    /// Cost of each core, in the unit of the cells.
    pub cores: Vec<u64>,
    /// Number of cells whose cost was measured.
    pub measured: usize,
}

impl Workload {
    /// Returns the work of these cells, each with its core (from 0) and its measured cost, and of these cores.
    ///
    /// The cost of a cell without a measurement is the mean of its core's cells, else of all cells. A core without one
    /// costs as much as four average cells.
    pub fn new(cells: &[(usize, Option<u64>)], cores: &[Option<u64>]) -> Self {
        let mean = |of: &mut dyn Iterator<Item = u64>| {
            let (sum, number) =
                of.fold((0_u64, 0_u64), |(sum, number), cost| (sum.saturating_add(cost), number + 1));
            sum.checked_div(number)
        };
        let all = mean(&mut cells.iter().filter_map(|(_, cost)| *cost));
        // A cost of 0 would allow any number of cells in a shard.
        let average = all.unwrap_or(CELL).max(1);
        let by_core: Vec<u64> = (0..cores.len())
            .map(|core| {
                let of_core = &mut cells.iter().filter(|(of, _)| *of == core).filter_map(|(_, cost)| *cost);
                mean(of_core).unwrap_or(average)
            })
            .collect();
        Self {
            measured: cells.iter().filter(|(_, cost)| cost.is_some()).count(),
            cells: cells
                .iter()
                .map(|(core, cost)| CellLoad { core: *core, cost: cost.unwrap_or(by_core[*core]).max(1) })
                .collect(),
            cores: cores.iter().map(|cost| cost.unwrap_or(average * CORE_CELLS)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_cost_is_the_mean_of_the_nearest_known_ones() {
        let load = Workload::new(
            &[(0, Some(100)), (0, Some(300)), (0, None), (1, None), (1, Some(0))],
            &[Some(7), None],
        );
        let costs: Vec<u64> = load.cells.iter().map(|cell| cell.cost).collect();
        assert_eq!(costs, [100, 300, 200, 1, 1]);
        assert_eq!((load.cores, load.measured), (vec![7, 4 * 133], 3));
        let unknown = Workload::new(&[(0, None), (1, None)], &[None, None]);
        assert_eq!((unknown.cells[0].cost, unknown.cores[1], unknown.measured), (1_000, 4_000, 0));
    }
}
