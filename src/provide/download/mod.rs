//! Downloads archives and index documents over HTTP, or reads them from the disk.
//!
//! Knows nothing of cores, indexes or the contents of archives: a request has a URL, a file name and a checksum. An
//! archive is resumed after an interruption, verified while it is written, and renamed into place when it is complete.
//! A document is cached, and revalidated by a conditional request when its copy is too old.
//!
//! ```text
//! archive ──▶ transfer ─▶ part ─▶ stored ─▶ checksum
//! document ─▶ document_copy
//! (both) ───▶ downloader ─▶ client ─▶ address ─▶ mirrors ─▶ redact
//!                           lock      netrc, proxies, retry
//! ```

mod address;
mod archive;
mod checksum;
mod client;
mod document;
mod document_copy;
mod downloader;
mod error;
mod lock;
mod mirrors;
mod netrc;
mod options;
mod part;
mod progress;
mod proxies;
mod range;
mod redact;
mod request;
mod retry;
mod stored;
#[cfg(test)]
mod tests;
mod transfer;

pub(crate) use checksum::Checksum;
pub(crate) use document_copy::Document;
pub(crate) use downloader::Downloader;
pub(crate) use error::DownloadError;
pub(crate) use mirrors::Mirrors;
pub(crate) use options::DownloadOptions;
pub(crate) use redact::redacted;
pub(crate) use request::{ArchiveRequest, StagingDirectory};
