//! The cached copies of documents. Knows no network.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::address::short_name;
use super::downloader::blocking;
use super::error::DownloadError;
use super::redact::without_credentials;
use super::stored::write_record;

/// Largest document in bytes. Arduino's library index, the largest known one, has about 50 MB.
pub(super) const LIMIT: u64 = 256 << 20;

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
pub(super) struct DocumentRecord {
    /// The requested URL, without credentials, for readers.
    pub(super) url: String,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    /// Milliseconds since 1970 of the last answer.
    pub(super) checked_ms: u64,
    /// BLAKE3 of the content.
    pub(super) content: String,
    /// BLAKE3 of the content that is replaced: the record is written before the new content.
    replaces: Option<String>,
}

/// A cached copy whose content is the recorded one.
pub(super) struct DocumentCopy {
    pub(super) bytes: Vec<u8>,
    pub(super) record: DocumentRecord,
}

impl DocumentRecord {
    /// Returns the record of an answer from `url` at this moment.
    pub(super) fn new(url: &str, etag: Option<&str>, last_modified: Option<&str>, content: String) -> Self {
        Self {
            url: url.to_owned(),
            etag: etag.map(str::to_owned),
            last_modified: last_modified.map(str::to_owned),
            checked_ms: now_ms(),
            content,
            replaces: None,
        }
    }
}

impl DocumentCopy {
    /// Returns whether the server was asked within `max_age`, or since `started`.
    pub(super) fn is_fresh(&self, max_age: Duration, started: u64) -> bool {
        // A clock that was set back makes a copy look newer than it is.
        let age = now_ms().checked_sub(self.record.checked_ms);
        age.is_some_and(|age| u128::from(age) < max_age.as_millis() || self.record.checked_ms > started)
    }

    /// Returns the document at `path`.
    pub(super) fn into_document(self, path: PathBuf, is_stale: bool) -> Document {
        Document { bytes: self.bytes, path, is_stale }
    }
}

/// Answer of a server.
pub(super) struct FetchedDocument {
    /// The content; `None` where the copy is still valid.
    pub(super) bytes: Option<Vec<u8>>,
    pub(super) record: DocumentRecord,
}

/// Stores an answer and returns the document.
pub(super) async fn store(
    path: PathBuf,
    fetched: FetchedDocument,
    copy: Option<DocumentCopy>,
) -> Result<Document, DownloadError> {
    blocking(move || {
        let FetchedDocument { bytes, mut record } = fetched;
        record.replaces = copy.as_ref().map(|copy| blake3::hash(&copy.bytes).to_hex().to_string());
        write_record(&record_path(&path), &record)?;
        let bytes = match bytes {
            Some(bytes) => {
                crate::fs::write_atomically(&path, &bytes)
                    .map_err(|source| DownloadError::io("write", &path, source))?;
                bytes
            }
            None => copy.map(|copy| copy.bytes).unwrap_or_default(),
        };
        Ok(Document { bytes, path, is_stale: false })
    })
    .await
}

/// Reads a cached copy; `None` where there is none, or its content is not the recorded one.
pub(super) async fn read(path: &Path) -> Result<Option<DocumentCopy>, DownloadError> {
    let path = path.to_path_buf();
    blocking(move || {
        let record = std::fs::read(record_path(&path)).ok();
        let record = record.and_then(|bytes| serde_json::from_slice::<DocumentRecord>(&bytes).ok());
        let (Some(mut record), Ok(bytes)) = (record, std::fs::read(&path)) else { return Ok(None) };
        let content = blake3::hash(&bytes).to_hex().to_string();
        if content == record.content {
            return Ok(Some(DocumentCopy { bytes, record }));
        }
        if record.replaces.as_ref() != Some(&content) {
            return Ok(None);
        }
        // The run ended before it wrote the new content: the copy is the earlier one.
        (record.etag, record.last_modified, record.checked_ms, record.content) = (None, None, 0, content);
        Ok(Some(DocumentCopy { bytes, record }))
    })
    .await
}

/// Reads a local document.
pub(super) fn read_local(path: PathBuf) -> Result<Document, DownloadError> {
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

/// Returns the path of a document's copy: a hash of the URL without credentials, and its last segment for readers.
pub(super) fn cached_path(directory: &Path, url: &str) -> PathBuf {
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
pub(super) fn record_path(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{name}.state.json"))
}

/// Returns the milliseconds since 1970.
pub(super) fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}
