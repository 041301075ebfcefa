//! One budget of process slots and memory for everything that a run starts, with a limit for stage 1 within it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::gate::{Gate, Place, Rank};
use crate::sync::lock;

/// Class of a step: selects its limit and its priority. Cores come before cells, as cells wait for them; a step that
/// finishes a cell comes before one that begins another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Stage 1, capped by `--framework-jobs`.
    Core,
    /// The link of a cell and what follows it.
    CellEnd,
    /// All earlier steps of a cell.
    Cell,
}

/// A request for a slot.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    /// Its class: the most urgent class is served first.
    pub urgency: Urgency,
    /// Remaining path: the expected time of the step and of everything after it, to the end of the last cell. Within a
    /// class the longest comes first.
    pub rest: Duration,
    /// Expected memory of its processes, in bytes.
    pub memory: u64,
}

/// The budget. Cheap to clone; all clones share it.
#[derive(Debug, Clone)]
pub struct Slots {
    all: Gate,
    cores: Gate,
    free: Arc<Mutex<Vec<usize>>>,
    count: usize,
}

/// A slot, held until dropped.
#[derive(Debug)]
pub struct Slot {
    /// Its number, from 0; unique among the slots held at the same time.
    pub index: usize,
    free: Arc<Mutex<Vec<usize>>>,
    _all: Place,
    _core: Option<Place>,
}

impl Slots {
    /// Returns a budget of `jobs` slots, of which stage 1 may hold `framework_jobs`, both at least 1. All processes
    /// together are expected to use at most `memory` bytes; one alone may use more.
    pub fn new(jobs: usize, framework_jobs: usize, memory: u64) -> Self {
        let count = jobs.max(1);
        Self {
            all: Gate::with_memory(count, memory),
            cores: Gate::new(framework_jobs.clamp(1, count)),
            free: Arc::new(Mutex::new((0..count).rev().collect())),
            count,
        }
    }

    /// Returns the number of slots.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Waits for a slot.
    pub async fn acquire(&self, ask: Ask) -> Slot {
        let rank = Rank::new(ask.urgency as u32, ask.rest);
        // Waits for the limit of stage 1 first, so that no core holds a slot without using it.
        let is_core = ask.urgency == Urgency::Core;
        let core = if is_core { Some(self.cores.enter(rank, 0).await) } else { None };
        let all = self.all.enter(rank, ask.memory).await;
        // There are as many numbers as places.
        let index = lock(&self.free).pop().unwrap_or(self.count);
        Slot { index, free: self.free.clone(), _all: all, _core: core }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // Releases the number before the place: fields are dropped after this.
        lock(&self.free).push(self.index);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn ask(urgency: Urgency, memory: u64) -> Ask {
        Ask { urgency, rest: Duration::ZERO, memory }
    }

    /// Runs many steps that take 40 bytes each. Returns the largest number that ran at once.
    async fn most_at_once(memory: u64) -> usize {
        let slots = Slots::new(3, 2, memory);
        let (running, cores, held) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(HashSet::new()));
        let most = AtomicUsize::new(0);
        let step = async |urgency| {
            let slot = slots.acquire(ask(urgency, 40)).await;
            assert!(held.lock().unwrap().insert(slot.index) && slot.index < 3);
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            if urgency == Urgency::Core {
                assert!(cores.fetch_add(1, Ordering::SeqCst) < 2);
            }
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            if urgency == Urgency::Core {
                cores.fetch_sub(1, Ordering::SeqCst);
            }
            running.fetch_sub(1, Ordering::SeqCst);
            assert!(held.lock().unwrap().remove(&slot.index));
        };
        let urgencies = [Urgency::Core, Urgency::CellEnd, Urgency::Cell];
        futures::future::join_all((0..60).map(|n| step(urgencies[n % 3]))).await;
        assert_eq!(running.load(Ordering::SeqCst), 0);
        most.into_inner()
    }

    #[tokio::test]
    async fn never_more_than_the_budget_and_never_a_number_twice() {
        assert_eq!(most_at_once(u64::MAX).await, 3);
        assert_eq!(most_at_once(100).await, 2, "there is memory for two");
        assert_eq!(most_at_once(0).await, 1);
    }

    #[tokio::test]
    async fn caps_beyond_the_budget_do_not_raise_it() {
        let slots = Slots::new(0, 99, u64::MAX);
        assert_eq!(slots.count(), 1);
        drop(slots.acquire(ask(Urgency::Core, 0)).await);
        assert_eq!(slots.acquire(ask(Urgency::Cell, 0)).await.index, 0);
    }

    /// One slot, taken. Within each class (cores, ends of cells, beginnings) the longest path comes first.
    #[tokio::test]
    async fn the_longest_way_goes_first_within_its_class() {
        let slots = Slots::new(1, 1, u64::MAX);
        let held = slots.acquire(ask(Urgency::Cell, 0)).await;
        let served = Mutex::new(Vec::new());
        let step = async |urgency, seconds| {
            let _slot = slots.acquire(Ask { urgency, rest: Duration::from_secs(seconds), memory: 0 }).await;
            served.lock().unwrap().push((urgency, seconds));
        };
        let asking = [
            (Urgency::Cell, 9),
            (Urgency::CellEnd, 1),
            (Urgency::Core, 0),
            (Urgency::CellEnd, 2),
            (Urgency::Cell, 10),
        ];
        let crowd = futures::future::join_all(asking.map(|(urgency, seconds)| step(urgency, seconds)));
        tokio::join!(crowd, async {
            tokio::task::yield_now().await;
            drop(held);
        });
        let expected = [
            (Urgency::Core, 0),
            (Urgency::CellEnd, 2),
            (Urgency::CellEnd, 1),
            (Urgency::Cell, 10),
            (Urgency::Cell, 9),
        ];
        assert_eq!(served.into_inner().unwrap(), expected);
    }
}
