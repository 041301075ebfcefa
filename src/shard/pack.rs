//! Distributes cells over shards so that the longest shard is short. A pure function of the workload: the same workload
//! gives the same shards on every machine.

use super::load::Workload;

/// Cells by shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packing {
    /// The shard of each cell, from 0.
    pub shard_of: Vec<usize>,
    /// Cost of each shard: its cells, and each core that one of them needs.
    pub loads: Vec<u64>,
    /// The cores that each shard builds, in the order of their numbers.
    pub cores: Vec<Vec<usize>>,
}

impl Packing {
    /// Returns the cost of the most expensive shard.
    pub fn longest(&self) -> u64 {
        self.loads.iter().copied().max().unwrap_or(0)
    }

    /// Returns the number of core builds in all shards together.
    pub fn core_builds(&self) -> usize {
        self.cores.iter().map(Vec::len).sum()
    }
}

/// Distributes the cells over `count` shards, at least one.
///
/// The cells of one core stay together if possible, because each shard with one of them builds the core. A core is
/// divided only where its cells do not fit into one shard, and then between cells that are neighbours in the matrix,
/// because those often share libraries. All shards have a common limit, the lowest for which this succeeds, in steps of
/// 1 %.
pub fn pack(work: &Workload, count: usize) -> Packing {
    let count = count.max(1);
    let mut groups = groups(work);
    groups.retain(|group| !group.cells.is_empty());
    groups.sort_by_key(|group| std::cmp::Reverse(group.cost(work)));
    let total: u64 = groups.iter().map(|group| group.cost(work)).sum();
    let largest = work.cells.iter().map(|cell| work.cores[cell.core] + cell.cost).max().unwrap_or(0);
    let shards = u64::try_from(count).unwrap_or(u64::MAX);
    let mut limit = total.div_ceil(shards).max(largest);
    loop {
        // With the total as limit, everything fits into the first shard.
        if let Some(packing) = fill(work, &groups, count, limit) {
            return packing;
        }
        limit += limit.div_ceil(100).max(1);
    }
}

/// The cells of a core.
struct Group {
    core: usize,
    cells: Vec<usize>,
}

impl Group {
    fn cost(&self, work: &Workload) -> u64 {
        work.cores[self.core] + cost(work, &self.cells)
    }
}

fn groups(work: &Workload) -> Vec<Group> {
    let mut groups: Vec<Group> =
        (0..work.cores.len()).map(|core| Group { core, cells: Vec::new() }).collect();
    for (place, cell) in work.cells.iter().enumerate() {
        groups[cell.core].cells.push(place);
    }
    groups
}

fn cost(work: &Workload, cells: &[usize]) -> u64 {
    cells.iter().map(|cell| work.cells[*cell].cost).sum()
}

/// Distributes the groups, the most expensive first, over shards that cost at most `limit`; `None` if that fails.
fn fill(work: &Workload, groups: &[Group], count: usize, limit: u64) -> Option<Packing> {
    let mut packing = Packing {
        shard_of: vec![0; work.cells.len()],
        loads: vec![0; count],
        cores: vec![Vec::new(); count],
    };
    for group in groups {
        let core = work.cores[group.core];
        let mut rest = group.cells.as_slice();
        while !rest.is_empty() {
            let all = cost(work, rest);
            // A shard that has some cells of the core builds it already.
            let room = |shard: usize| {
                let core = if packing.cores[shard].contains(&group.core) { 0 } else { core };
                limit.saturating_sub(packing.loads[shard]).checked_sub(core)
            };
            let roomy =
                (0..count).filter_map(|shard| Some((room(shard)?, shard))).filter(|(room, _)| *room >= all);
            // The fullest of these, the first of equals; otherwise the emptiest shard of all takes what fits.
            let (shard, taken) = if let Some((_, shard)) = roomy.min() {
                (shard, rest.len())
            } else {
                let (mut room, shard) = (0..count)
                    .filter_map(|shard| Some((room(shard)?, shard)))
                    .max_by_key(|(room, shard)| (*room, count - shard))?;
                let mut fits = |cell: &usize| {
                    let left = room.checked_sub(work.cells[*cell].cost);
                    room = left.unwrap_or(room);
                    left.is_some()
                };
                (shard, rest.iter().take_while(|cell| fits(cell)).count())
            };
            if taken == 0 {
                return None;
            }
            let (cells, others) = rest.split_at(taken);
            for cell in cells {
                packing.shard_of[*cell] = shard;
            }
            packing.loads[shard] += cost(work, cells);
            if !packing.cores[shard].contains(&group.core) {
                packing.loads[shard] += core;
                packing.cores[shard].push(group.core);
            }
            rest = others;
        }
    }
    for cores in &mut packing.cores {
        cores.sort_unstable();
    }
    Some(packing)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 100 sketches for three boards; sketch `n` takes `time(board, n)`.
    fn examples(time: impl Fn(usize, usize) -> Option<u64>, core: Option<u64>) -> Workload {
        let cells: Vec<(usize, Option<u64>)> = (0..3)
            .flat_map(|board| (0..100).map(move |n| (board, n)))
            .map(|(b, n)| (b, time(b, n)))
            .collect();
        Workload::new(&cells, &[core; 3])
    }

    fn counts(packing: &Packing) -> Vec<usize> {
        (0..packing.loads.len()).map(|at| packing.shard_of.iter().filter(|it| **it == at).count()).collect()
    }

    /// Fails unless the longest shard is within 10 % of the mean plus one cell.
    fn assert_balanced(work: &Workload, packing: &Packing) {
        let mean = packing.loads.iter().sum::<u64>() / packing.loads.len() as u64;
        let cell = work.cells.iter().map(|cell| cell.cost).max().unwrap_or(0);
        assert!(packing.longest() <= mean + mean / 10 + cell, "{:?}", packing.loads);
    }

    #[test]
    fn three_hundred_cells_in_five_without_and_with_records() {
        let unknown = examples(|_, _| None, None);
        let packing = pack(&unknown, 5);
        assert_eq!(counts(&packing), [62, 58, 62, 56, 62]);
        assert_balanced(&unknown, &packing);
        // Seven builds of three cores: five shards need at least that if each builds a fifth.
        assert_eq!(packing.core_builds(), 7);

        let time =
            |board: usize, n: usize| Some([80_000, 350_000, 1_900_000][board] * (1 + (n * 7919 % 13) as u64));
        let known = examples(time, Some(9_000_000));
        let packing = pack(&known, 5);
        assert_balanced(&known, &packing);
        // By number of cells alone, one shard would have nearly all of the slow board.
        assert!(
            counts(&packing).iter().max() > counts(&packing).iter().min().map(|least| least * 2).as_ref()
        );
    }

    #[test]
    fn boards_stay_together_where_they_fit() {
        // Six equal boards in three shards: two boards each.
        let cells: Vec<(usize, Option<u64>)> = (0..60).map(|n| (n % 6, Some(100))).collect();
        let work = Workload::new(&cells, &[Some(500); 6]);
        let packing = pack(&work, 3);
        assert_eq!(packing.core_builds(), 6);
        assert_eq!(packing.loads, [3_000; 3]);
        // One board is divided between neighbours.
        let one = Workload::new(&vec![(0, Some(100)); 10], &[Some(100)]);
        assert_eq!(pack(&one, 2).shard_of, [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    }

    #[test]
    fn more_shards_than_cells_leave_some_empty() {
        let work = Workload::new(&[(0, None), (0, None)], &[None]);
        let packing = pack(&work, 5);
        assert_eq!(counts(&packing), [1, 1, 0, 0, 0]);
        assert_eq!(pack(&Workload::default(), 3).loads, [0, 0, 0]);
    }

    proptest! {
        #[test]
        fn every_cell_is_in_one_shard_and_no_shard_is_far_above_the_rest(
            cells in proptest::collection::vec((0_usize..6, proptest::option::of(0_u64..5_000)), 0..150),
            cores in proptest::collection::vec(proptest::option::of(0_u64..3_000), 6),
            count in 1_usize..12,
        ) {
            let work = Workload::new(&cells, &cores);
            let packing = pack(&work, count);
            prop_assert_eq!(packing.shard_of.len(), cells.len());
            prop_assert!(packing.shard_of.iter().all(|shard| *shard < count));
            prop_assert_eq!(&packing, &pack(&work, count));
            for shard in 0..count {
                let own: Vec<usize> = (0..cells.len()).filter(|cell| packing.shard_of[*cell] == shard).collect();
                let mut used: Vec<usize> = own.iter().map(|cell| work.cells[*cell].core).collect();
                used.sort_unstable();
                used.dedup();
                let load = cost(&work, &own) + used.iter().map(|core| work.cores[*core]).sum::<u64>();
                prop_assert_eq!((&packing.cores[shard], packing.loads[shard]), (&used, load));
            }
            // No distribution is shorter than the mean of all work, or than the largest cell with its core. Each cut
            // costs one more core, and each shard can be one cell short of the limit.
            let total: u64 = work.cells.iter().map(|cell| cell.cost).sum::<u64>()
                + (0..6).filter(|core| cells.iter().any(|(of, _)| of == core)).map(|core| work.cores[core]).sum::<u64>();
            let largest = work.cells.iter().map(|cell| cell.cost + work.cores[cell.core]).max().unwrap_or(0);
            prop_assert!(packing.longest() <= (total / count as u64 + 2 * largest) * 102 / 100 + 2);
        }
    }
}
