//! A number of places, given out by priority and, within one priority, in the order of asking.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

/// Places that tasks wait for. Cheap to clone; all clones share them.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Mutex<State>>);

/// A place, held until dropped.
#[derive(Debug)]
pub struct Place {
    gate: Option<Gate>,
}

#[derive(Debug)]
struct State {
    free: usize,
    asked: u64,
    /// By priority, the least first, then by the order of asking.
    waiting: BTreeMap<(u32, u64), oneshot::Sender<Place>>,
}

impl Gate {
    /// A gate with `places` places.
    pub fn new(places: usize) -> Self {
        Self(Arc::new(Mutex::new(State { free: places, asked: 0, waiting: BTreeMap::new() })))
    }

    /// Waits for a place; the least priority is served first. It is asked for at once, not when it is first
    /// awaited. Whoever stops waiting loses nothing and holds up nobody.
    pub fn enter(&self, priority: u32) -> impl Future<Output = Place> + Send + use<> {
        let asked = {
            let mut state = self.lock();
            if state.free > 0 {
                state.free -= 1;
                Ok(self.place())
            } else {
                let (sender, receiver) = oneshot::channel();
                state.asked += 1;
                let order = state.asked;
                state.waiting.insert((priority, order), sender);
                Err(receiver)
            }
        };
        let gate = self.clone();
        async move {
            let answer = match asked {
                Ok(place) => Ok(place),
                Err(receiver) => receiver.await,
            };
            // The gate is held by this future, and it drops no sender that it has not answered.
            let Ok(place) = answer else { std::future::pending().await };
            drop(gate);
            place
        }
    }

    fn place(&self) -> Place {
        Place { gate: Some(self.clone()) }
    }

    /// Gives a place that became free to whoever is next.
    fn pass_on(&self) {
        let mut place = self.place();
        loop {
            let next = {
                let mut state = self.lock();
                let next = state.waiting.pop_first();
                if next.is_none() {
                    state.free += 1;
                    place.gate = None;
                }
                next
            };
            let Some((_, sender)) = next else { return };
            match sender.send(place) {
                Ok(()) => return,
                // It waits no longer.
                Err(back) => place = back,
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A panic elsewhere leaves the state whole: nothing in here panics between its changes.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(gate) = self.gate.take() {
            gate.pass_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn the_least_priority_is_served_first_then_who_asked_first() {
        let gate = Gate::new(1);
        let held = gate.enter(9).await;
        let served = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for (name, priority) in [("b1", 2), ("a1", 1), ("b2", 2), ("a2", 1)] {
            let (gate, served) = (gate.clone(), served.clone());
            tasks.push(tokio::spawn(async move {
                let _place = gate.enter(priority).await;
                served.lock().unwrap().push(name);
            }));
            tokio::task::yield_now().await;
        }
        drop(held);
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*served.lock().unwrap(), ["a1", "a2", "b1", "b2"]);
    }

    #[tokio::test]
    async fn who_asks_first_is_served_first_whenever_it_is_awaited() {
        let gate = Gate::new(1);
        let (first, second) = (gate.enter(1), gate.enter(1));
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
        let held = gate.enter(0).await;
        assert!(tokio::time::timeout(Duration::from_millis(5), gate.enter(0)).await.is_err());
        let waiting = tokio::spawn({
            let gate = gate.clone();
            async move { drop(gate.enter(0).await) }
        });
        tokio::task::yield_now().await;
        waiting.abort();
        let _ = waiting.await;
        drop(held);
        let again = tokio::time::timeout(Duration::from_secs(5), gate.enter(0)).await;
        drop(again.expect("the place was lost"));
        assert_eq!(gate.lock().free, 1);
        assert!(gate.lock().waiting.is_empty());
    }
}
