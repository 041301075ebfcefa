//! Flushes the embedded cache from time to time, off the compile path. Objects not flushed when the program is killed
//! are later cache misses.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;
use zccache::embedded::ZccacheService;

/// Number of new objects, and time since the first of them, after which they are flushed. A flush writes the whole
/// index: 40 to 70 ms with a few hundred entries on an idle machine, most of a second on a busy one.
const MISSES: u32 = 64;
const AGE: Duration = Duration::from_secs(5);

/// Shortest pause after a flush, in multiples of its duration: the index grows with the cache.
const REST: u32 = 20;

/// The task that flushes. At most one flush runs at a time.
pub(super) struct Flusher {
    shared: Arc<Shared>,
    stop: CancellationToken,
    task: Mutex<Option<tokio::task::JoinHandle<()>>>,
}

struct Shared {
    service: ZccacheService,
    /// Number of objects made since the last flush began.
    misses: AtomicU32,
    woken: Notify,
    flushing: Mutex<()>,
}

impl Flusher {
    /// Starts the task. A signal needs no flush of its own: the jobs end at once, and the shutdown right after them
    /// flushes.
    pub(super) fn start(service: ZccacheService) -> Self {
        let shared = Arc::new(Shared {
            service,
            misses: AtomicU32::new(0),
            woken: Notify::new(),
            flushing: Mutex::new(()),
        });
        let stop = CancellationToken::new();
        let task = tokio::spawn(watch(shared.clone(), stop.clone()));
        Self { shared, stop, task: Mutex::new(Some(task)) }
    }

    /// Counts a new object that is not flushed yet.
    pub(super) fn missed(&self) {
        let misses = self.shared.misses.fetch_add(1, Ordering::Relaxed) + 1;
        // The first starts the timer, the last ends the wait.
        if misses == 1 || misses == MISSES {
            self.shared.woken.notify_one();
        }
    }

    /// Flushes now, after any running flush.
    pub(super) async fn flush(&self) {
        self.shared.flush().await;
    }

    /// Ends the task, after any running flush.
    pub(super) async fn stop(&self) {
        self.stop.cancel();
        if let Some(task) = self.task.lock().await.take() {
            // It ends by itself; the runtime has reported a panic.
            let _ = task.await;
        }
    }
}

async fn watch(shared: Arc<Shared>, stop: CancellationToken) {
    loop {
        while shared.misses.load(Ordering::Relaxed) == 0 {
            tokio::select! {
                () = stop.cancelled() => return,
                () = shared.woken.notified() => {}
            }
        }
        let deadline = tokio::time::sleep(AGE);
        tokio::pin!(deadline);
        while shared.misses.load(Ordering::Relaxed) < MISSES && !deadline.is_elapsed() {
            tokio::select! {
                () = stop.cancelled() => return,
                () = &mut deadline => {}
                () = shared.woken.notified() => {}
            }
        }
        let began = Instant::now();
        shared.flush().await;
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(began.elapsed() * REST) => {}
        }
    }
}

impl Shared {
    async fn flush(&self) {
        let _one = self.flushing.lock().await;
        let misses = self.misses.swap(0, Ordering::Relaxed);
        let began = Instant::now();
        // A failed flush loses cache hits, never results.
        match self.service.flush().await {
            Ok(report) => {
                tracing::debug!(misses, took = ?began.elapsed(), ?report, "flushed the compiler cache");
            }

            Err(error) => tracing::warn!(%error, "the compiler cache could not be flushed"),
        }
    }
}
