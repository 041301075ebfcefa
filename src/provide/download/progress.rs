//! Progress of one download as events.

use std::time::{Duration, Instant};

use crate::event::{EventKind, EventSink};

/// Shortest interval between two events of a download.
const INTERVAL: Duration = Duration::from_millis(100);

/// Reports a download. Without [`DownloadReport::finish`] its drop reports a failure.
#[derive(Debug)]
pub(super) struct DownloadReport {
    events: EventSink,
    what: String,
    total: Option<u64>,
    last: Option<Instant>,
    is_finished: bool,
}

impl DownloadReport {
    /// Reports the begin.
    pub(super) fn start(events: &EventSink, what: &str, total: Option<u64>) -> Self {
        events.say(EventKind::DownloadStarted { what: what.to_owned(), total });
        Self { events: events.clone(), what: what.to_owned(), total, last: None, is_finished: false }
    }

    /// Replaces the size in bytes by the server's, where it is known.
    pub(super) fn set_total(&mut self, total: Option<u64>) {
        self.total = total.or(self.total);
    }

    /// Reports that the file has `done` bytes, unless the last report was just before.
    pub(super) fn at(&mut self, done: u64) {
        if self.last.is_none_or(|last| last.elapsed() >= INTERVAL) {
            self.last = Some(Instant::now());
            let (what, total) = (self.what.clone(), self.total);
            self.events.say(EventKind::DownloadProgress { what, done, total });
        }
    }

    /// Reports the end of a download of `size` bytes.
    pub(super) fn finish(mut self, size: u64) {
        self.is_finished = true;
        self.events.say(EventKind::DownloadFinished { what: self.what.clone(), size });
    }
}

impl Drop for DownloadReport {
    fn drop(&mut self) {
        if !self.is_finished {
            self.events.say(EventKind::DownloadFailed { what: self.what.clone() });
        }
    }
}
