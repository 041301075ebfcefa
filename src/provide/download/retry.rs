//! Which failures are retried, and after which wait.

use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use super::error::{DownloadCause, DownloadError, SourceUrl};
use crate::event::{EventKind, EventSink, Level};

/// Number of tries without progress.
const TRIES: u32 = 3;

/// Failure of one try.
#[derive(Debug)]
pub(super) enum TryFailure {
    /// Another try would fail as well.
    Final(DownloadError),
    /// Another try may succeed.
    Retry {
        /// The URL.
        url: Box<SourceUrl>,
        /// The cause.
        cause: DownloadCause,
        /// The wait that the server asks for.
        wait: Option<Duration>,
    },
}

impl TryFailure {
    /// Creates a failure that is not retried.
    pub(super) fn last(url: &SourceUrl, cause: DownloadCause) -> Self {
        Self::Final(DownloadError::Failed { url: Box::new(url.clone()), cause, tries: 1 })
    }

    /// Creates a failure that is retried after the usual wait.
    pub(super) fn retry(url: &SourceUrl, cause: DownloadCause) -> Self {
        Self::Retry { url: Box::new(url.clone()), cause, wait: None }
    }

    /// Returns the failure of an error status. `retry_after` and `date` are the headers of these names.
    pub(super) fn status(
        url: &SourceUrl,
        status: u16,
        retry_after: Option<&str>,
        date: Option<&str>,
    ) -> Self {
        let cause = DownloadCause::Status(status);
        if matches!(status, 408 | 425 | 429 | 500..) {
            let wait = retry_after.and_then(|text| wait_of(text, date, SystemTime::now()));
            Self::Retry { url: Box::new(url.clone()), cause, wait }
        } else {
            Self::last(url, cause)
        }
    }

    /// Adds to a broken connection how much of the body had arrived.
    pub(super) fn after(self, received: u64, expected: Option<u64>) -> Self {
        match (self, expected) {
            (Self::Retry { url, cause: DownloadCause::Connection(reason), wait }, Some(expected)) => {
                Self::Retry { url, cause: DownloadCause::Short { received, expected, reason }, wait }
            }
            (failure, _) => failure,
        }
    }

    /// Returns the error without a further try; it counts `tries` tries.
    pub(super) fn into_error(self, tries: u32) -> DownloadError {
        match self {
            Self::Final(DownloadError::Failed { url, cause, .. }) | Self::Retry { url, cause, .. } => {
                DownloadError::Failed { url, cause, tries }
            }
            Self::Final(error) => error,
        }
    }
}

/// Returns the wait of a header `Retry-After`: seconds, or a date compared with the server's own `date`, where it has
/// one (RFC 9110, section 10.2.3).
fn wait_of(text: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if text.bytes().all(|digit| digit.is_ascii_digit()) && !text.is_empty() {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    let now = date.and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
    Some(until.duration_since(now).unwrap_or_default())
}

/// The tries of one download.
#[derive(Debug)]
pub(super) struct Tries<'a> {
    pub(super) events: &'a EventSink,
    pub(super) cancel: &'a CancellationToken,
    /// The name of the download.
    pub(super) what: &'a str,
    /// Wait before the second try.
    pub(super) first_wait: Duration,
    /// Longest wait that a server may ask for.
    pub(super) longest_wait: Duration,
    /// Number of failed tries since the last progress.
    pub(super) failed: u32,
    /// Number of all failed tries.
    pub(super) all: u32,
}

impl Tries<'_> {
    /// Starts counting again: the failed try has made progress.
    pub(super) fn progressed(&mut self) {
        self.failed = 0;
    }

    /// Waits before the next try.
    ///
    /// # Errors
    /// The failure, if it was the last try or the server asks for too long a wait; or the run is cancelled.
    pub(super) async fn wait_after(&mut self, failure: TryFailure) -> Result<(), DownloadError> {
        self.failed += 1;
        self.all += 1;
        let TryFailure::Retry { url, cause, wait } = failure else {
            return Err(failure.into_error(self.all));
        };
        let limit = self.longest_wait;
        let wait = match (wait, &cause) {
            (Some(wait), DownloadCause::Status(status)) if wait > limit => {
                let (seconds, limit) = (wait.as_secs(), limit.as_secs());
                let cause = DownloadCause::RetryAfter { status: *status, seconds, limit };
                return Err(DownloadError::Failed { url, cause, tries: self.all });
            }
            (wait, _) => wait.unwrap_or(self.first_wait * 3_u32.pow(self.failed.min(TRIES) - 1)),
        };
        if self.failed >= TRIES {
            return Err(DownloadError::Failed { url, cause, tries: self.all });
        }
        let message = format!("{}: {url}: {cause}; trying again in {} ms", self.what, wait.as_millis());
        // A long wait would look like a stall.
        let level = if wait >= Duration::from_secs(10) { Level::Info } else { Level::Debug };
        self.events.say(EventKind::Log { level, message });
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = self.cancel.cancelled() => Err(DownloadError::Cancelled { what: self.what.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let wait = |text, date| wait_of(text, date, now);
        assert_eq!(wait("7", None), Some(Duration::from_secs(7)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:47 GMT", None), Some(Duration::from_secs(10)));
        let date = Some("Sun, 06 Nov 1994 08:49:40 GMT");
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:47 GMT", date), Some(Duration::from_secs(7)));
        assert_eq!(wait("Sat, 06 Nov 1993 08:49:47 GMT", None), Some(Duration::ZERO));
        assert_eq!(wait("99999999999999999999999", None), Some(Duration::from_secs(u64::MAX)));
        assert_eq!(wait("soon", None), None);
        assert_eq!(wait("", None), None);
    }

    proptest! {
        #[test]
        fn no_header_panics(text in ".{0,40}", date in ".{0,40}") {
            let _ = wait_of(&text, Some(&date), SystemTime::now());
        }
    }
}
