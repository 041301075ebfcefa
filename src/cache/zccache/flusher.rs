//! Flushes the embedded cache now and then, off the compile path: what is not flushed when the program is
//! killed is lost as a hit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;
use zccache::embedded::ZccacheService;

/// So many new objects, or so much time since the first of them, and they are flushed. A flush writes the
/// whole index: 40 to 70 ms with a few hundred entries on an idle machine, most of a second on a busy one.
const MISSES: u32 = 64;
const AGE: Duration = Duration::from_secs(5);

/// A flush is followed by at least so many times its own length without one: the index grows with the cache.
const REST: u32 = 20;

/// The task that flushes. There is at most one flush at a time.
pub(super) struct Flusher {
    shared: Arc<Shared>,
    stop: CancellationToken,
    task: Mutex<Option<tokio::task::JoinHandle<()>>>,
}

struct Shared {
    service: ZccacheService,
    /// Objects that were made since the last flush began.
    misses: AtomicU32,
    woken: Notify,
    flushing: Mutex<()>,
}

impl Flusher {
    /// Flushes from now on. A signal needs no flush of its own: the jobs end at once, and the shutdown, which
    /// flushes, comes right after them.
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

    /// An object was made that the cache has not flushed.
    pub(super) fn missed(&self) {
        let misses = self.shared.misses.fetch_add(1, Ordering::Relaxed) + 1;
        // The first starts the clock, the last ends the wait.
        if misses == 1 || misses == MISSES {
            self.shared.woken.notify_one();
        }
    }

    /// Flushes now, or when the flush that is going on has ended.
    pub(super) async fn flush(&self) {
        self.shared.flush().await;
    }

    /// Ends the task, a flush that is going on first.
    pub(super) async fn stop(&self) {
        self.stop.cancel();
        if let Some(task) = self.task.lock().await.take() {
            // It ends by itself; if it panicked, the runtime has said so.
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
        // What can't be flushed is lost as a hit, never as a result.
        match self.service.flush().await {
            Ok(report) => {
                tracing::debug!(misses, took = ?began.elapsed(), ?report, "flushed the compiler cache");
            }

            Err(error) => tracing::warn!(%error, "the compiler cache could not be flushed"),
        }
    }
}
