//! SIGINT and SIGTERM: the first one stops the run in an orderly way, the second one ends the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::event::{EventKind, EventSink};
use crate::exit::Exit;

/// The first signal received, if any.
#[derive(Debug, Clone, Default)]
pub(super) struct Signals(Arc<AtomicU8>);

impl Signals {
    /// Starts listening; `cancel` is triggered by the first signal.
    pub(super) fn listen(cancel: &CancellationToken, events: &EventSink) -> Self {
        let signals = Self::default();
        for (kind, exit) in
            [(SignalKind::interrupt(), Exit::Interrupted), (SignalKind::terminate(), Exit::Terminated)]
        {
            // Without a handler, the signal has its default action.
            let Ok(mut stream) = signal(kind) else { continue };
            let (signals, cancel, events) = (signals.clone(), cancel.clone(), events.clone());
            tokio::spawn(async move {
                while stream.recv().await.is_some() {
                    let first =
                        signals.0.compare_exchange(0, exit.code(), Ordering::SeqCst, Ordering::SeqCst);
                    if first.is_err() {
                        // The second signal ends the process without waiting.
                        #[allow(clippy::exit)]
                        std::process::exit(exit.code().into());
                    }
                    events.say(EventKind::Stopping { reason: exit.meaning().to_owned() });
                    cancel.cancel();
                }
            });
        }
        signals
    }

    /// Returns the exit code for the first signal, if one was received.
    pub(super) fn exit(&self) -> Option<Exit> {
        let code = self.0.load(Ordering::SeqCst);
        [Exit::Interrupted, Exit::Terminated].into_iter().find(|exit| exit.code() == code)
    }
}
