//! SIGINT and SIGTERM: the first stops the run in an orderly way, the second ends the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::event::{EventKind, EventSink};
use crate::exit::Exit;

/// Which signal came first, if one has come.
#[derive(Debug, Clone, Default)]
pub(super) struct Signals(Arc<AtomicU8>);

impl Signals {
    /// Listens from now on; `cancel` fires at the first signal.
    pub(super) fn listen(cancel: &CancellationToken, events: &EventSink) -> Self {
        let signals = Self::default();
        for (kind, exit) in
            [(SignalKind::interrupt(), Exit::Interrupted), (SignalKind::terminate(), Exit::Terminated)]
        {
            // Without a handler the signal does what it does to any process.
            let Ok(mut stream) = signal(kind) else { continue };
            let (signals, cancel, events) = (signals.clone(), cancel.clone(), events.clone());
            tokio::spawn(async move {
                while stream.recv().await.is_some() {
                    let first =
                        signals.0.compare_exchange(0, exit.code(), Ordering::SeqCst, Ordering::SeqCst);
                    if first.is_err() {
                        // The second signal: the user does not want to wait for us.
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

    /// The exit code that the first signal asks for.
    pub(super) fn exit(&self) -> Option<Exit> {
        let code = self.0.load(Ordering::SeqCst);
        [Exit::Interrupted, Exit::Terminated].into_iter().find(|exit| exit.code() == code)
    }
}
