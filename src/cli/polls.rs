//! Finds polls that block a thread of the runtime. Needs the feature `console`, `--cfg tokio_unstable` and
//! `FBUILD_MATRIX_LOG=fbuild_matrix=debug`: each poll that works or is blocked for 10 ms or more is logged. Time spent
//! waiting for a CPU does not count. Without the feature, this module does nothing.

use tokio::runtime::Builder;

/// Instruments all tasks of a runtime.
#[cfg(not(all(feature = "console", tokio_unstable)))]
pub(super) const fn watch(_: &mut Builder) {}

/// Instruments the future that the runtime runs on the main thread.
#[cfg(not(all(feature = "console", tokio_unstable)))]
pub(super) fn watched<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    work
}

#[cfg(all(feature = "console", tokio_unstable))]
pub(super) use self::unstable::{watch, watched};

#[cfg(all(feature = "console", tokio_unstable))]
mod unstable {
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::pin::pin;
    use std::time::{Duration, Instant};

    use super::Builder;

    /// Duration from which a poll is logged.
    const LONG: Duration = Duration::from_millis(10);

    thread_local! {
        /// The poll in progress. Tokio's hooks have no other way to pass a value.
        static BEGUN: Cell<Option<Begun>> = const { Cell::new(None) };
    }

    /// Instruments all tasks of a runtime.
    pub(in super::super) fn watch(builder: &mut Builder) {
        builder.on_before_task_poll(|_| BEGUN.set(Some(Begun::now()))).on_after_task_poll(|task| {
            if let Some(begun) = BEGUN.take() {
                begun.ended(&task.spawned_at());
            }
        });
    }

    /// Instruments the future that the runtime runs on the main thread.
    pub(in super::super) async fn watched<T>(work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|cx| {
            let begun = Begun::now();
            let poll = work.as_mut().poll(cx);
            begun.ended(&"the main future");
            poll
        })
        .await
    }

    /// A poll in progress, with the kernel's counters of the thread at its start.
    #[derive(Clone, Copy)]
    struct Begun {
        at: Instant,
        worked: Duration,
        queued: Duration,
    }

    impl Begun {
        fn now() -> Self {
            let (worked, queued) = counted();
            Self { at: Instant::now(), worked, queued }
        }

        fn ended(self, whose: &dyn std::fmt::Display) {
            let took = self.at.elapsed();
            if took < LONG {
                return;
            }
            let (worked, queued) = counted();
            let (worked, queued) = (worked.saturating_sub(self.worked), queued.saturating_sub(self.queued));
            let blocked = took.saturating_sub(worked + queued);
            if worked + blocked < LONG {
                // The thread was waiting for a CPU.
                return;
            }
            tracing::debug!(%whose, ?took, ?worked, ?queued, ?blocked, "a long poll");
        }
    }

    /// Returns how long this thread has run, and how long it has waited for a CPU (`schedstat` in proc(5)); zero where
    /// the kernel does not count.
    fn counted() -> (Duration, Duration) {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        let mut numbers = text.split_whitespace().map(|word| Duration::from_nanos(word.parse().unwrap_or(0)));
        (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default())
    }
}
