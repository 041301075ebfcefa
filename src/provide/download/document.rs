//! Index documents: from the cached copy, the server or the disk.

use std::time::Duration;

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
};

use super::address::{Address, HttpAddress, short_name};
use super::client::HttpAnswer;
use super::document_copy::{
    Document, DocumentCopy, DocumentRecord, FetchedDocument, LIMIT, cached_path, now_ms, read, read_local,
    store,
};
use super::downloader::{Downloader, DownloaderState, blocking};
use super::error::{DownloadCause, DownloadError};
use super::progress::DownloadReport;
use super::redact::redacted;
use super::retry::TryFailure;
use crate::event::{EventKind, Level};

impl Downloader {
    /// Returns a document: the cached copy if it was fetched or revalidated within `max_age`, otherwise the server's.
    ///
    /// If the server can't be reached and there is a copy, returns the copy with a warning. Offline, the copy's age does
    /// not matter. A local file is read directly. Documents have at most 256 MiB.
    ///
    /// # Errors
    /// There is no copy, and the document could not be downloaded; or the run is cancelled.
    pub(crate) async fn document(&self, url: &str, max_age: Duration) -> Result<Document, DownloadError> {
        self.document_as(url, max_age, None).await
    }

    /// Returns a document like [`Self::document`], in a form that the header `Accept` asks for.
    ///
    /// # Errors
    /// Those of [`Self::document`].
    pub(crate) async fn document_as(
        &self,
        url: &str,
        max_age: Duration,
        accept: Option<&'static str>,
    ) -> Result<Document, DownloadError> {
        let state = &self.inner;
        let started = now_ms();
        let address = match Address::parse(url, &state.options.mirrors)? {
            Address::Http(address) => address,
            Address::File(path, _) => return blocking(move || read_local(path)).await,
        };
        let path = cached_path(&state.options.documents, url);
        let copy = read(&path).await?;
        match copy {
            Some(copy) if copy.is_fresh(max_age, started) => return Ok(copy.into_document(path, false)),
            Some(copy) if state.options.offline => {
                state.debug(format!("{}: offline; using the copy {}", redacted(url), path.display()));
                return Ok(copy.into_document(path, true));
            }
            None if state.options.offline => return Err(DownloadError::Offline { url: redacted(url), path }),
            _ => {}
        }
        let directory = state.options.documents.clone();
        blocking(move || {
            std::fs::create_dir_all(&directory)
                .map_err(|source| DownloadError::io("create", &directory, source))
        })
        .await?;
        let what = short_name(url);
        let _lock = state.lock(&path.with_extension("lock"), &what).await?;
        let copy = match read(&path).await? {
            Some(copy) if copy.is_fresh(max_age, started) => return Ok(copy.into_document(path, false)),
            copy => copy,
        };
        match fetch(state, &address, &what, accept, copy.as_ref()).await {
            Ok(fetched) => store(path, fetched, copy).await,
            Err(error) => match copy.filter(|_| is_unreachable(&error)) {
                Some(copy) => {
                    let age = now_ms().saturating_sub(copy.record.checked_ms) / 3_600_000;
                    let message = format!("{error}\nusing the copy of {age} hours ago: {}", path.display());
                    state.events.say(EventKind::Log { level: Level::Warn, message });
                    Ok(copy.into_document(path, true))
                }
                None => Err(error),
            },
        }
    }
}

/// Asks the server for a document, unless it is the one of the copy.
async fn fetch(
    state: &DownloaderState,
    address: &HttpAddress,
    what: &str,
    accept: Option<&'static str>,
    copy: Option<&DocumentCopy>,
) -> Result<FetchedDocument, DownloadError> {
    let _permit = state.permit(what).await?;
    let client = state.client().await?;
    let shown = address.shown.to_string();
    let known = copy.filter(|copy| copy.record.url == shown).map(|copy| &copy.record);
    let mut headers = headers(known);
    if let Some(accept) = accept {
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
    }
    let mut tries = state.tries(what);
    loop {
        let failure = match state.unless_cancelled(what, client.get(address, &headers)).await? {
            Ok(answer) if answer.status() == 304 && known.is_some() => {
                let mut record = record_of(&answer, &shown, String::new());
                // A server may leave out what has not changed.
                let known = known.cloned().unwrap_or_else(|| record.clone());
                record.etag = record.etag.or(known.etag);
                record.last_modified = record.last_modified.or(known.last_modified);
                record.content = known.content;
                return Ok(FetchedDocument { bytes: None, record });
            }
            Ok(answer) if matches!(answer.status().as_u16(), 200 | 203) => {
                let mut record = record_of(&answer, &shown, String::new());
                match receive(state, answer, what).await? {
                    Ok(bytes) => {
                        record.content = blake3::hash(&bytes).to_hex().to_string();
                        return Ok(FetchedDocument { bytes: Some(bytes), record });
                    }
                    Err(failure) => failure,
                }
            }
            Ok(answer) => TryFailure::last(&answer.shown, DownloadCause::Status(answer.status().as_u16())),
            Err(failure) => failure,
        };
        let stalled = matches!(failure, TryFailure::Retry { cause: DownloadCause::Stalled(_), .. });
        if stalled && copy.is_some() {
            // Each further try may take as long, and the copy is at hand.
            return Err(failure.into_error(1));
        }
        tries.wait_after(failure).await?;
    }
}

/// Receives the body of an answer.
///
/// # Errors
/// The run is cancelled. The inner error is that of the connection.
async fn receive(
    state: &DownloaderState,
    mut answer: HttpAnswer,
    what: &str,
) -> Result<Result<Vec<u8>, TryFailure>, DownloadError> {
    let total = answer.length();
    let too_large =
        |answer: &HttpAnswer| Err(TryFailure::last(&answer.shown, DownloadCause::TooLarge { limit: LIMIT }));
    if total.is_some_and(|total| total > LIMIT) {
        return Ok(too_large(&answer));
    }
    let mut report = DownloadReport::start(&state.events, what, total);
    let mut bytes = Vec::new();
    loop {
        let length = bytes.len() as u64;
        report.at(length);
        match state.unless_cancelled(what, answer.chunk()).await? {
            Ok(None) => {
                report.finish(length);
                return Ok(Ok(bytes));
            }
            Ok(Some(chunk)) if length + chunk.len() as u64 > LIMIT => return Ok(too_large(&answer)),
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Err(failure) => return Ok(Err(failure.after(length, total))),
        }
    }
}

/// Returns whether another answer of the server can be expected later.
fn is_unreachable(error: &DownloadError) -> bool {
    match error {
        DownloadError::Failed { cause, .. } => match cause {
            DownloadCause::Status(status) => matches!(status, 408 | 425 | 429 | 500..),
            DownloadCause::RetryAfter { .. }
            | DownloadCause::Connection(_)
            | DownloadCause::Tls(_)
            | DownloadCause::Stalled(_)
            | DownloadCause::Short { .. } => true,
            DownloadCause::TooLarge { .. } | DownloadCause::Redirect(_) => false,
        },
        _ => false,
    }
}

/// Returns the headers of a request that asks for a newer document than the known one.
fn headers(known: Option<&DocumentRecord>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let mut insert = |name: HeaderName, value: Option<&String>| {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(name, value);
        }
    };
    insert(IF_NONE_MATCH, known.and_then(|known| known.etag.as_ref()));
    insert(IF_MODIFIED_SINCE, known.and_then(|known| known.last_modified.as_ref()));
    headers
}

/// Returns the record of an answer whose content has the hash `content`.
fn record_of(answer: &HttpAnswer, url: &str, content: String) -> DocumentRecord {
    DocumentRecord::new(url, answer.header("etag"), answer.header("last-modified"), content)
}
