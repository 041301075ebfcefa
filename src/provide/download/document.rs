//! Index documents and their cached copies.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{
    ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
};
use serde::{Deserialize, Serialize};

use super::address::{Address, HttpAddress, short_name};
use super::client::HttpAnswer;
use super::downloader::{Downloader, DownloaderState, blocking};
use super::error::{DownloadCause, DownloadError};
use super::progress::DownloadReport;
use super::redact::{redacted, without_credentials};
use super::retry::Failure;
use super::stored::write_record;
use crate::event::{EventKind, Level};

/// Largest document in bytes. Arduino's library index, the largest known one, has about 50 MB.
const LIMIT: u64 = 256 << 20;

/// An index document.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// Its content.
    pub(crate) bytes: Vec<u8>,
    /// The cached copy, or the local file.
    pub(crate) path: PathBuf,
    /// Whether the copy is older than the maximum age because the server could not be asked.
    pub(crate) is_stale: bool,
}

/// What is known of a cached copy, stored beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct DocumentRecord {
    /// The requested URL, without credentials, for readers.
    url: String,
    etag: Option<String>,
    last_modified: Option<String>,
    /// Milliseconds since 1970 of the last answer.
    checked_ms: u64,
    /// BLAKE3 of the content.
    content: String,
}

/// A cached copy whose content is the recorded one.
struct DocumentCopy {
    bytes: Vec<u8>,
    record: DocumentRecord,
}

impl DocumentCopy {
    /// Returns whether the server was asked within `max_age`, or since `started`.
    fn is_fresh(&self, max_age: Duration, started: u64) -> bool {
        // A clock that was set back makes a copy look newer than it is.
        let age = now_ms().checked_sub(self.record.checked_ms);
        age.is_some_and(|age| u128::from(age) < max_age.as_millis() || self.record.checked_ms > started)
    }

    fn into_document(self, path: PathBuf, is_stale: bool) -> Document {
        Document { bytes: self.bytes, path, is_stale }
    }
}

impl Downloader {
    /// Returns a document: the cached copy if it was fetched or revalidated within `max_age`, otherwise the server's.
    ///
    /// If the server can't be reached and there is a copy, returns the copy with a warning. Offline, the copy's age does
    /// not matter. A local file is read directly. Documents have at most 256 MiB.
    ///
    /// # Errors
    /// There is no copy, and the document could not be downloaded; or the run is cancelled.
    pub(crate) async fn document(&self, url: &str, max_age: Duration) -> Result<Document, DownloadError> {
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
        match fetch(state, &address, &what, copy.as_ref()).await {
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

/// Answer of a server.
struct FetchedDocument {
    /// The content; `None` where the copy is still valid.
    bytes: Option<Vec<u8>>,
    record: DocumentRecord,
}

/// Asks the server for a document, unless it is the one of the copy.
async fn fetch(
    state: &DownloaderState,
    address: &HttpAddress,
    what: &str,
    copy: Option<&DocumentCopy>,
) -> Result<FetchedDocument, DownloadError> {
    let _permit = state.permit(what).await?;
    let client = state.client().await?;
    let shown = address.shown.to_string();
    let known = copy.filter(|copy| copy.record.url == shown).map(|copy| &copy.record);
    let headers = headers(known);
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
            Ok(answer) => Failure::last(&answer.shown, DownloadCause::Status(answer.status().as_u16())),
            Err(failure) => failure,
        };
        let stalled = matches!(failure, Failure::Retry { cause: DownloadCause::Stalled(_), .. });
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
) -> Result<Result<Vec<u8>, Failure>, DownloadError> {
    let total = answer.length();
    let too_large =
        |answer: &HttpAnswer| Err(Failure::last(&answer.shown, DownloadCause::TooLarge { limit: LIMIT }));
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

/// Stores an answer and returns the document.
async fn store(
    path: PathBuf,
    fetched: FetchedDocument,
    copy: Option<DocumentCopy>,
) -> Result<Document, DownloadError> {
    blocking(move || {
        let FetchedDocument { bytes, record } = fetched;
        let bytes = match (bytes, copy) {
            (Some(bytes), _) => {
                // After an interruption here the record does not fit, and the copy is not used.
                crate::fs::write_atomically(&path, &bytes)
                    .map_err(|source| DownloadError::io("write", &path, source))?;
                bytes
            }
            (None, copy) => copy.map(|copy| copy.bytes).unwrap_or_default(),
        };
        write_record(&record_path(&path), &record)?;
        Ok(Document { bytes, path, is_stale: false })
    })
    .await
}

/// Reads a cached copy; `None` where there is none, or its content is not the recorded one.
async fn read(path: &Path) -> Result<Option<DocumentCopy>, DownloadError> {
    let path = path.to_path_buf();
    blocking(move || {
        let record = std::fs::read(record_path(&path)).ok();
        let record = record.and_then(|bytes| serde_json::from_slice::<DocumentRecord>(&bytes).ok());
        let (Some(record), Ok(bytes)) = (record, std::fs::read(&path)) else { return Ok(None) };
        let is_whole = blake3::hash(&bytes).to_hex().as_str() == record.content;
        Ok(is_whole.then_some(DocumentCopy { bytes, record }))
    })
    .await
}

/// Reads a local document.
fn read_local(path: PathBuf) -> Result<Document, DownloadError> {
    let error = |source| DownloadError::Source { path: path.clone(), source };
    // Opening a pipe would wait for its writer.
    if !std::fs::metadata(&path).map_err(error)?.is_file() {
        return Err(error(io::Error::other("it is not a file")));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(&path).map_err(error)?;
    file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(error)?;
    if bytes.len() as u64 > LIMIT {
        return Err(error(io::Error::other(format!("it is larger than {LIMIT} bytes"))));
    }
    Ok(Document { bytes, path, is_stale: false })
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
    DocumentRecord {
        url: url.to_owned(),
        etag: answer.header("etag").map(str::to_owned),
        last_modified: answer.header("last-modified").map(str::to_owned),
        checked_ms: now_ms(),
        content,
    }
}

/// Returns the path of a document's copy: a hash of the URL without credentials, and its last segment for readers.
fn cached_path(directory: &Path, url: &str) -> PathBuf {
    let url = without_credentials(url);
    // The fragment is a local name: it is not part of the request.
    let requested = url.split_once('#').map_or(url.as_str(), |(requested, _)| requested);
    let hash = blake3::hash(requested.as_bytes()).to_hex();
    let name: String = short_name(requested)
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
        .take(100)
        .collect();
    directory.join(format!("{}-{name}", &hash[..16]))
}

/// Returns the path of the record beside a copy.
fn record_path(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{name}.state.json"))
}

/// Returns the milliseconds since 1970.
fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}
