//! Finds what keeps a thread of the runtime from its other tasks: with the feature `console` (and
//! `--cfg tokio_unstable`) each poll that works or is blocked for 10 ms or more is told with `FBUILD_MATRIX_LOG=fbuild_matrix=debug`; for how long
//! it waited for a CPU says nothing of it. Without the feature it does nothing.

use tokio::runtime::Builder;

/// Has all tasks of a runtime watched.
#[cfg(not(all(feature = "console", tokio_unstable)))]
pub(super) const fn watch(_: &mut Builder) {}

/// Has the future watched that the runtime itself runs on the main thread.
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

    /// No poll should take longer.
    const LONG: Duration = Duration::from_millis(10);

    thread_local! {
        /// The poll that is going on. Tokio's hooks have no other way to hand something on.
        static BEGUN: Cell<Option<Begun>> = const { Cell::new(None) };
    }

    /// Has all tasks of a runtime watched.
    pub(in super::super) fn watch(builder: &mut Builder) {
        builder.on_before_task_poll(|_| BEGUN.set(Some(Begun::now()))).on_after_task_poll(|task| {
            if let Some(begun) = BEGUN.take() {
                begun.ended(&task.spawned_at());
            }
        });
    }

    /// Has the future watched that the runtime itself runs on the main thread.
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

    /// A poll that is going on, and what the kernel had counted for the thread when it began.
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
                // Others had the CPU.
                return;
            }
            tracing::debug!(%whose, ?took, ?worked, ?queued, ?blocked, "a long poll");
        }
    }

    /// For how long this thread has run, and waited for a CPU (`schedstat` in proc(5)); zero where nobody counts.
    fn counted() -> (Duration, Duration) {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        let mut numbers = text.split_whitespace().map(|word| Duration::from_nanos(word.parse().unwrap_or(0)));
        (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default())
    }
}
