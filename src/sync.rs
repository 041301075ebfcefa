//! Values that tasks and threads share: a lock that survives panics, and a table whose values are made once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

/// Locks a mutex, also after a panic in another thread: only for values that stay valid after every single change.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Table whose values are made once per key, also for concurrent callers.
#[derive(Debug)]
pub(crate) struct OncePerKey<K, V>(Mutex<HashMap<K, Arc<OnceCell<V>>>>);

impl<K, V> Default for OncePerKey<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V> OncePerKey<K, V> {
    /// Returns the cell of a key; the first task that initialises it makes the value.
    pub(crate) fn cell(&self, key: K) -> Arc<OnceCell<V>> {
        lock(&self.0).entry(key).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_value_is_made_once_per_key() {
        let table = OncePerKey::<&str, usize>::default();
        assert_eq!(*table.cell("a").get_or_init(async || 1).await, 1);
        assert_eq!(*table.cell("a").get_or_init(async || 2).await, 1);
        assert_eq!(*table.cell("b").get_or_init(async || 2).await, 2);
    }

    #[test]
    fn a_lock_survives_a_panic() {
        let shared = Arc::new(Mutex::new(1));
        let other = shared.clone();
        let panicked = std::thread::spawn(move || {
            let _held = other.lock();
            panic!("with the lock");
        });
        assert!(panicked.join().is_err());
        assert_eq!(*lock(&shared), 1);
    }
}
