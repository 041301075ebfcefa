//! How many shards are worth their machines.

use super::load::Workload;
use super::pack::{Packing, pack};
use super::share::GITHUB_JOBS;

/// Time that `--shards auto` allows for the cells and cores of a shard, in microseconds.
const SHARD_TIME: u64 = 5 * 60 * 1_000_000;

/// Share of the longest shard, in percent, that more shards must save.
const WORTH: u64 = 5;

/// A number of shards that costs more than it saves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Fewer shards are about as fast.
    NotFaster {
        /// The smallest such number.
        shards: usize,
        /// Cost of their longest shard.
        longest: u64,
    },
    /// More than half of all work is cores that another shard builds too.
    MostlyCores {
        /// Cost of these repeated builds.
        repeated: u64,
        /// Cost of all work.
        all: u64,
    },
}

/// Returns the number of shards for `--shards auto`: the smallest with which the longest shard takes at most
/// five minutes on a machine with `slots` slots, or, if no number achieves that, the smallest after which more shards
/// are hardly faster. Without any measured cell it is one shard for each core. It is at most the number of jobs of a GitHub matrix.
pub fn choose(work: &Workload, slots: usize) -> usize {
    let most = work.cells.len().clamp(1, GITHUB_JOBS);
    if work.measured == 0 {
        let used = (0..work.cores.len()).filter(|core| work.cells.iter().any(|cell| cell.core == *core));
        return used.count().clamp(1, most);
    }
    let target = SHARD_TIME.saturating_mul(u64::try_from(slots.max(1)).unwrap_or(u64::MAX));
    let longest = |count| pack(work, count).longest();
    if longest(most) <= target {
        return first(most, |count| longest(count) <= target);
    }
    first(most, |count| is_hardly_slower(longest(count), longest(most)))
}

/// Returns why `packing` has more shards than are worth it, if so.
pub fn loss(work: &Workload, packing: &Packing) -> Option<Loss> {
    let count = packing.loads.len();
    let fewer = first(count, |fewer| is_hardly_slower(pack(work, fewer).longest(), packing.longest()));
    if fewer < count {
        return Some(Loss::NotFaster { shards: fewer, longest: pack(work, fewer).longest() });
    }
    let builds: u64 = packing.cores.iter().flatten().map(|core| work.cores[*core]).sum();
    let once: u64 = {
        let mut used: Vec<usize> = packing.cores.concat();
        used.sort_unstable();
        used.dedup();
        used.iter().map(|core| work.cores[*core]).sum()
    };
    let (repeated, all) = (builds - once, packing.loads.iter().sum::<u64>());
    (repeated > all / 2).then_some(Loss::MostlyCores { repeated, all })
}

fn is_hardly_slower(longest: u64, than: u64) -> bool {
    longest.saturating_mul(100) <= than.saturating_mul(100 + WORTH)
}

/// Returns the first number from 1 with this property. The last number has it, and each number after the first one has it
/// too, as far as packing is monotone; otherwise another number with the property may be returned.
fn first(last: usize, has: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (1, last);
    while low < high {
        let middle = usize::midpoint(low, high);
        if has(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    /// `boards` cores of 20 s, `cells` cells of 2 s each.
    fn work(boards: usize, cells: usize) -> Workload {
        let cells: Vec<(usize, Option<u64>)> =
            (0..boards).flat_map(|board| vec![(board, Some(2 * SECOND)); cells]).collect();
        Workload::new(&cells, &vec![Some(20 * SECOND); boards])
    }

    #[test]
    fn as_few_shards_as_take_five_minutes() {
        // 220 s in all.
        assert_eq!(choose(&work(1, 100), 1), 1);
        // 3 × 220 s: three shards of 220 s, or two of some 340.
        assert_eq!(choose(&work(3, 100), 1), 3);
        assert_eq!(choose(&work(3, 100), 4), 1);
        assert!((26..=35).contains(&choose(&work(70, 100), 2)));
        let unknown = Workload::new(&[(0, None), (1, None), (1, None)], &[None, None]);
        assert_eq!(choose(&unknown, 2), 2);
        assert_eq!(choose(&Workload::default(), 2), 1);
    }

    #[test]
    fn where_five_minutes_are_too_few_the_limit_is_what_helps() {
        // A cell of an hour: two shards, the second for all others.
        let mut cells = vec![(0, Some(3_600 * SECOND))];
        cells.extend(vec![(0, Some(60 * SECOND)); 50]);
        assert_eq!(choose(&Workload::new(&cells, &[Some(SECOND)]), 1), 2);
        let many = vec![(0, Some(1_000 * SECOND)); 2_000];
        assert!(choose(&Workload::new(&many, &[Some(SECOND)]), 1) <= GITHUB_JOBS);
    }

    #[test]
    fn more_shards_than_help_are_a_loss() {
        let of = |work: &Workload, count| loss(work, &pack(work, count));
        assert_eq!(of(&work(3, 100), 5), None);
        assert_eq!(of(&work(1, 100), 1), None);
        // Two cells can't be divided further.
        let two = work(1, 2);
        assert_eq!(of(&two, 5), Some(Loss::NotFaster { shards: 2, longest: 22 * SECOND }));
        // Each of 30 shards builds a core of 20 s for 20 s of cells; of 60, for 10 s.
        assert!(matches!(of(&work(3, 100), 60), Some(Loss::MostlyCores { .. })));
    }
}
