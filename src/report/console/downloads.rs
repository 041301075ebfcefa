//! Lines of the downloads that run at once, and their total. A pure function of the events.

use std::time::Duration;

use indexmap::IndexMap;

use super::bars::fetched;
use super::paint::Paint;
use crate::event::{Event, EventKind};
use crate::report::text;

/// The requested downloads.
#[derive(Debug, Default)]
pub(super) struct Downloads {
    /// The unfinished ones by name.
    open: IndexMap<String, OpenDownload>,
    /// Number of the finished ones.
    finished: usize,
    /// Their bytes.
    bytes: u64,
    /// Time of the first request.
    since: Option<Duration>,
}

/// A download that waits or runs.
#[derive(Debug)]
struct OpenDownload {
    /// Time of the first byte; `None` while it waits for its turn.
    since: Option<Duration>,
    done: u64,
    total: Option<u64>,
}

impl Downloads {
    /// Folds an event of a download; ignores all others.
    pub(super) fn fold(&mut self, event: &Event) {
        match &event.kind {
            EventKind::DownloadStarted { what, total } => {
                if self.open.is_empty() {
                    (self.finished, self.bytes, self.since) = (0, 0, Some(event.at));
                }
                self.open.insert(what.clone(), OpenDownload { since: None, done: 0, total: *total });
            }
            EventKind::DownloadProgress { what, done, total } => {
                if let Some(download) = self.open.get_mut(what) {
                    download.since = download.since.or(Some(event.at));
                    download.done = *done;
                    download.total = *total;
                }
            }
            EventKind::DownloadFinished { what, size } => {
                self.open.shift_remove(what);
                self.finished += 1;
                self.bytes = self.bytes.saturating_add(*size);
            }
            EventKind::DownloadFailed { what } => {
                self.open.shift_remove(what);
            }
            _ => {}
        }
    }

    /// Returns a line for each running download, and one for all if there are several.
    pub(super) fn lines(&self, paint: Paint, now: Duration) -> Vec<String> {
        let mut lines = Vec::new();
        for (what, download) in &self.open {
            let Some(since) = download.since else { continue };
            let elapsed = now.saturating_sub(since);
            // Even an empty file has a line while it is open.
            lines.extend(fetched(paint, download.done, download.total, &text::one_line(what), elapsed));
        }
        let all = self.open.len() + self.finished;
        if all > 1 && !self.open.is_empty() {
            let done: u64 = self.open.values().map(|it| it.done).fold(self.bytes, u64::saturating_add);
            // Unknown as soon as one size is unknown.
            let total =
                self.open.values().try_fold(self.bytes, |sum, it| Some(sum.saturating_add(it.total?)));
            let elapsed = now.saturating_sub(self.since.unwrap_or(now));
            let name = format!("{} of {}", self.finished, text::count(all, "file"));
            lines.extend(fetched(paint, done, total, &name, elapsed));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::ms;

    const PLAIN: Paint = Paint { styled: false };

    fn shown(events: &[EventKind]) -> String {
        let mut downloads = Downloads::default();
        for (place, kind) in events.iter().enumerate() {
            downloads.fold(&Event { at: ms(100 * place as u64), kind: kind.clone() });
        }
        downloads.lines(PLAIN, ms(1_000)).join("\n")
    }

    fn started(what: &str, total: Option<u64>) -> EventKind {
        EventKind::DownloadStarted { what: what.to_owned(), total }
    }

    fn progress(what: &str, done: u64, total: Option<u64>) -> EventKind {
        EventKind::DownloadProgress { what: what.to_owned(), done, total }
    }

    #[test]
    fn one_download_has_no_total() {
        let events = [started("a.zip", Some(2_000_000)), progress("a.zip", 500_000, Some(2_000_000))];
        insta::assert_snapshot!(shown(&events), @"  fetching ━━━━──────────── a.zip  500.0 kB of 2.0 MB");
        assert_eq!(shown(&events[..1]), "", "it waits for its turn");
    }

    #[test]
    fn several_have_a_line_each_and_a_total() {
        let mut events = vec![
            started("a.zip", Some(2_000_000)),
            started("b.zip", Some(4_000_000)),
            started("c.zip", Some(6_000_000)),
            started("d.zip", Some(8_000_000)),
            progress("a.zip", 2_000_000, Some(2_000_000)),
            EventKind::DownloadFinished { what: "a.zip".to_owned(), size: 2_000_000 },
            progress("b.zip", 1_000_000, Some(4_000_000)),
            progress("c.zip", 3_000_000, None),
        ];
        insta::assert_snapshot!(shown(&events), @r"
          fetching ━━━━──────────── b.zip  1.0 MB of 4.0 MB
          fetching c.zip  3.0 MB, 0.30s
          fetching 1 of 4 files  6.0 MB, 1.00s
        ");
        events.push(progress("c.zip", 3_000_000, Some(6_000_000)));
        insta::assert_snapshot!(shown(&events), @r"
          fetching ━━━━──────────── b.zip  1.0 MB of 4.0 MB
          fetching ━━━━━━━━──────── c.zip  3.0 MB of 6.0 MB
          fetching ━━━━╸─────────── 1 of 4 files  6.0 MB of 20.0 MB
        ");
        for what in ["b.zip", "c.zip", "d.zip"] {
            events.push(EventKind::DownloadFailed { what: what.to_owned() });
        }
        assert_eq!(shown(&events), "");
    }
}
