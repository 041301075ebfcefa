//! One budget of process slots for everything that a run starts, with a cap for stage 1 within it.

use std::sync::{Arc, Mutex, PoisonError};

use super::gate::{Gate, Place};

/// Which cap a step stands under, and how urgent it is: cores before cells, since cells wait for them;
/// what finishes a cell before what begins another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Stage 1, capped by `--framework-jobs`.
    Core,
    /// The link of a cell and what follows it.
    CellEnd,
    /// Everything before.
    Cell,
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
    /// Its number, from 0; no two that are held at once have the same.
    pub index: usize,
    free: Arc<Mutex<Vec<usize>>>,
    _all: Place,
    _core: Option<Place>,
}

impl Slots {
    /// A budget of `jobs` slots of which stage 1 may hold `framework_jobs`. Both are at least 1.
    pub fn new(jobs: usize, framework_jobs: usize) -> Self {
        let count = jobs.max(1);
        Self {
            all: Gate::new(count),
            cores: Gate::new(framework_jobs.clamp(1, count)),
            free: Arc::new(Mutex::new((0..count).rev().collect())),
            count,
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Waits for a slot.
    pub async fn acquire(&self, urgency: Urgency) -> Slot {
        // The cap is waited for first, so that nobody holds a slot without using it.
        let core = if urgency == Urgency::Core { Some(self.cores.enter(0).await) } else { None };
        let all = self.all.enter(urgency as u32).await;
        // There are as many numbers as places.
        let index = lock(&self.free).pop().unwrap_or(self.count);
        Slot { index, free: self.free.clone(), _all: all, _core: core }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // The number is free before the place is: fields are dropped after this.
        lock(&self.free).push(self.index);
    }
}

fn lock(free: &Mutex<Vec<usize>>) -> std::sync::MutexGuard<'_, Vec<usize>> {
    // A panic elsewhere leaves the list whole: each change is one push or pop.
    free.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn never_more_than_the_budget_and_never_a_number_twice() {
        let slots = Slots::new(3, 2);
        let (running, cores, held) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(HashSet::new()));
        let step = async |urgency| {
            let slot = slots.acquire(urgency).await;
            assert!(held.lock().unwrap().insert(slot.index) && slot.index < 3);
            assert!(running.fetch_add(1, Ordering::SeqCst) < 3);
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
    }

    #[tokio::test]
    async fn caps_beyond_the_budget_do_not_raise_it() {
        let slots = Slots::new(0, 99);
        assert_eq!(slots.count(), 1);
        drop(slots.acquire(Urgency::Core).await);
        assert_eq!(slots.acquire(Urgency::Cell).await.index, 0);
    }
}
