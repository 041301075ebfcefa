//! A limit of places and memory, granted by rank and, within one rank, in the order of requests.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::sync::lock;

/// A limit that tasks wait at. Cheap to clone; all clones share it.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Mutex<State>>);

/// Rank of a request: the lowest class first, then the longest remaining path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    class: u32,
    rest: Reverse<Duration>,
}

impl Rank {
    /// Returns a rank within a class. `rest` is the remaining path: the expected time of the step and of everything
    /// that waits for it.
    pub fn new(class: u32, rest: Duration) -> Self {
        Self { class, rest: Reverse(rest) }
    }
}

/// A granted place, held until dropped.
#[derive(Debug)]
pub struct Place {
    gate: Option<Gate>,
    memory: u64,
}

#[derive(Debug)]
struct State {
    free: usize,
    taken: usize,
    /// Memory in bytes: the limit, and the sum of the granted requests.
    memory: u64,
    used: u64,
    asked: u64,
    /// Waiting requests by rank, then by the order of requests.
    waiting: BTreeMap<Turn, Waiting>,
}

type Turn = (Rank, u64);

#[derive(Debug)]
struct Waiting {
    memory: u64,
    sender: oneshot::Sender<Place>,
}

impl State {
    /// Returns the next request to grant, if it fits. While the first one waits for memory, no other is granted:
    /// otherwise smaller requests could delay it forever. Without any granted place it is granted whatever its memory.
    fn next(&mut self) -> Option<Waiting> {
        let first = self.waiting.first_entry()?;
        let memory = first.get().memory;
        let fits = self.taken == 0 || self.used.saturating_add(memory) <= self.memory;
        if self.free == 0 || !fits {
            return None;
        }
        self.free -= 1;
        self.taken += 1;
        self.used = self.used.saturating_add(memory);
        Some(first.remove())
    }

    fn give_back(&mut self, memory: u64) {
        self.free += 1;
        self.taken -= 1;
        self.used = self.used.saturating_sub(memory);
    }
}

impl Gate {
    /// Returns a gate with `places` places and no limit of memory.
    pub fn new(places: usize) -> Self {
        Self::with_memory(places, u64::MAX)
    }

    /// Returns a gate with `places` places and a limit of `memory` bytes for all of them together.
    pub fn with_memory(places: usize, memory: u64) -> Self {
        let state = State { free: places, taken: 0, memory, used: 0, asked: 0, waiting: BTreeMap::new() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Waits for a place and `memory` bytes; the lowest rank is served first. The request is made by the call, not by
    /// the first poll. Dropping the future cancels the request.
    pub fn enter(&self, rank: Rank, memory: u64) -> impl Future<Output = Place> + Send + use<> {
        let (sender, receiver) = oneshot::channel();
        let turn = {
            let mut state = self.lock();
            state.asked += 1;
            let turn = (rank, state.asked);
            state.waiting.insert(turn, Waiting { memory, sender });
            turn
        };
        self.admit();
        let queued = Queued { gate: self.clone(), turn };
        async move {
            // This future holds the gate, which answers every sender before it drops it.
            let Ok(place) = receiver.await else { std::future::pending().await };
            drop(queued);
            place
        }
    }

    /// Grants all requests that fit.
    fn admit(&self) {
        loop {
            let Some(Waiting { memory, sender }) = self.lock().next() else { return };
            let place = Place { gate: Some(self.clone()), memory };
            if let Err(mut place) = sender.send(place) {
                // The request was cancelled. Dropping the place would call this function again, for each.
                place.gate = None;
                self.lock().give_back(memory);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }
}

/// A waiting request. Dropping it may let others fit.
struct Queued {
    gate: Gate,
    turn: Turn,
}

impl Drop for Queued {
    fn drop(&mut self) {
        let left = self.gate.lock().waiting.remove(&self.turn);
        if left.is_some() {
            self.gate.admit();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(gate) = self.gate.take() {
            gate.lock().give_back(self.memory);
            gate.admit();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use proptest::prelude::*;

    use super::*;

    fn rank(class: u32) -> Rank {
        Rank::new(class, Duration::ZERO)
    }

    /// Requests a place of a full gate for each of these, and returns them in the order in which they are granted.
    async fn served(gate: &Gate, asking: Vec<(usize, Rank)>) -> Vec<usize> {
        let held = gate.enter(rank(0), 0).await;
        let served = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = asking
            .into_iter()
            .map(|(name, rank)| {
                let (place, served) = (gate.enter(rank, 0), served.clone());
                tokio::spawn(async move {
                    let _place = place.await;
                    served.lock().unwrap().push(name);
                })
            })
            .collect();
        drop(held);
        for task in tasks {
            task.await.unwrap();
        }
        Arc::into_inner(served).unwrap().into_inner().unwrap()
    }

    #[tokio::test]
    async fn the_least_class_goes_first_then_the_longest_way_then_who_asked_first() {
        let way = |class, seconds| Rank::new(class, Duration::from_secs(seconds));
        let asking = [way(2, 9), way(1, 3), way(1, 5), way(2, 9), way(1, 3)];
        let order = served(&Gate::new(1), asking.into_iter().enumerate().collect()).await;
        assert_eq!(order, [2, 1, 4, 0, 3]);
    }

    #[tokio::test]
    async fn who_asks_first_is_served_first_whenever_it_is_awaited() {
        let gate = Gate::new(1);
        let (first, second) = (gate.enter(rank(1), 0), gate.enter(rank(1), 0));
        let second = tokio::spawn(second);
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop(first.await);
        drop(second.await.unwrap());
        assert_eq!(gate.lock().free, 1);
    }

    #[tokio::test]
    async fn who_stops_waiting_takes_no_place_along() {
        let gate = Gate::new(1);
        let held = gate.enter(rank(0), 0).await;
        drop(gate.enter(rank(0), 0));
        let waiting = tokio::spawn(gate.enter(rank(0), 0));
        tokio::task::yield_now().await;
        waiting.abort();
        let _ = waiting.await;
        assert!(gate.lock().waiting.is_empty());
        let late = gate.enter(rank(0), 0);
        drop(held);
        // It has been granted a place that it never takes.
        assert_eq!(gate.lock().free, 0);
        drop(late);
        assert_eq!(gate.lock().free, 1);
    }

    #[tokio::test]
    async fn what_takes_much_memory_is_not_overtaken_and_comes_in_alone_if_it_must() {
        let gate = Gate::with_memory(3, 100);
        let small = gate.enter(rank(1), 60).await;
        let mut large = Box::pin(gate.enter(rank(1), 1000));
        let mut later = Box::pin(gate.enter(rank(1), 1));
        assert!(futures::poll!(&mut large).is_pending());
        assert!(futures::poll!(&mut later).is_pending(), "it would fit, but is not first");
        // A request with a better rank goes first.
        let better = gate.enter(rank(0), 40).await;
        drop(better);
        drop(small);
        let large = large.await;
        assert!(futures::poll!(&mut later).is_pending());
        drop(large);
        drop(later.await);
        let state = gate.lock();
        assert_eq!((state.free, state.used), (3, 0));
    }

    #[tokio::test]
    async fn who_gives_up_waiting_for_memory_lets_others_in() {
        let gate = Gate::with_memory(2, 100);
        let held = gate.enter(rank(1), 60).await;
        let large = gate.enter(rank(1), 90);
        let mut small = Box::pin(gate.enter(rank(1), 40));
        assert!(futures::poll!(&mut small).is_pending());
        drop(large);
        assert!(futures::poll!(&mut small).is_ready());
        drop(held);
    }

    proptest! {
        /// For any requests, in whatever order places are returned: the limit of places holds, and the limit of memory
        /// unless one step runs alone. No request passes a better rank, all are granted in the end, and then all is
        /// free again.
        #[test]
        fn any_crowd_is_served_in_order(
            places in 1_usize..5,
            memory in 1_u64..100,
            crowd in proptest::collection::vec((0_u32..3, 0_u64..4, 0_u64..150, any::<bool>()), 0..40),
            leaving in proptest::collection::vec(any::<prop::sample::Index>(), 45),
        ) {
            let gate = Gate::with_memory(places, memory);
            // All wait before the first is granted.
            let taken = (0..places).map(|_| gate.enter(rank(0), 0).now_or_never().unwrap());
            let mut held: Vec<(u64, Place)> = taken.map(|place| (0, place)).collect();
            let (mut waiting, mut impatient) = (Vec::new(), Vec::new());
            for (number, (class, rest, bytes, stays)) in crowd.into_iter().enumerate() {
                let rank = Rank::new(class, Duration::from_secs(rest));
                let asking = Box::pin(gate.enter(rank, bytes));
                if stays {
                    waiting.push(((rank, number), bytes, asking));
                } else {
                    impatient.push(asking);
                }
            }
            drop(impatient);
            for index in leaving {
                prop_assert!(held.len() <= places);
                prop_assert!(held.len() <= 1 || held.iter().map(|(bytes, _)| bytes).sum::<u64>() <= memory);
                if held.is_empty() {
                    break;
                }
                held.swap_remove(index.index(held.len()));
                let (mut last, mut still) = (None, Vec::new());
                for (turn, bytes, mut asking) in waiting {
                    if let Some(place) = (&mut asking).now_or_never() {
                        held.push((bytes, place));
                        last = last.max(Some(turn));
                    } else {
                        still.push((turn, bytes, asking));
                    }
                }
                waiting = still;
                prop_assert!(waiting.iter().all(|(turn, ..)| last.is_none_or(|last| last < *turn)));
            }
            prop_assert!(waiting.is_empty(), "{} are never served", waiting.len());
            let state = gate.lock();
            prop_assert_eq!((state.free, state.taken, state.used), (places, 0, 0));
            prop_assert!(state.waiting.is_empty());
        }
    }
}
