//! The catalog of several index files: downloaded, verified and merged.

use std::path::PathBuf;
use std::time::Duration;

use super::super::blocking::blocking;
use super::super::context::InstallContext;
use super::super::download::{Document, Downloader, redacted};
use super::super::error::{InstallError, IoAction};
use super::super::index_file::{IndexDocument, MOST_BYTES, document_name, unpack};
use super::super::package_index::{ARDUINO_KEY, DroppedEntry, PackageCatalog, parse, verify};
use crate::event::{EventKind, Level};

/// An index file and the key that signs it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct IndexAddress {
    /// A URL, or an absolute path.
    pub(crate) url: String,
    /// The file with the public key that must have signed it.
    pub(crate) key: Option<PathBuf>,
}

impl IndexAddress {
    /// The address of Arduino's own index.
    pub(crate) const ARDUINO: &'static str = "https://downloads.arduino.cc/packages/package_index.tar.bz2";

    /// Returns the address of Arduino's own index.
    pub(crate) fn arduino() -> Self {
        Self { url: Self::ARDUINO.to_owned(), key: None }
    }
}

/// Loads index files, and merges their packages in this order. A copy younger than `max_age` is not downloaded again.
///
/// # Errors
/// An index can't be downloaded, is not an index, or has a wrong signature.
pub(crate) async fn load_catalog(
    addresses: &[IndexAddress],
    max_age: Duration,
    downloader: &Downloader,
    cx: &InstallContext,
) -> Result<PackageCatalog, InstallError> {
    let texts = addresses.iter().map(|address| load(address, max_age, downloader, cx));
    let mut catalog = PackageCatalog::default();
    for (address, text) in addresses.iter().zip(futures::future::try_join_all(texts).await?) {
        let file = parse(&text.json).map_err(|error| unusable(address, error.to_string()))?;
        say_dropped(address, &file.dropped, cx);
        catalog.add(file, Some(&redacted(&address.url)));
    }
    Ok(catalog)
}

/// Downloads an index file and verifies its signature.
async fn load(
    address: &IndexAddress,
    max_age: Duration,
    downloader: &Downloader,
    cx: &InstallContext,
) -> Result<IndexDocument, InstallError> {
    let what = format!("index {}", redacted(&address.url));
    let document = downloader.document(&address.url, max_age).await;
    let Document { bytes, path, is_stale } =
        document.map_err(|error| InstallError::from_download(&what, error))?;
    tracing::debug!(path = %path.display(), is_stale, "reads {what}");
    let keys = keys(address).await?;
    let name = document_name(&address.url)
        .ok_or_else(|| unusable(address, "its address has no file name".to_owned()))?;
    let unpacked = blocking(move || Ok(unpack(&bytes, &name, MOST_BYTES))).await?;
    let text = unpacked.map_err(|error| unusable(address, error.to_string()))?;
    let signature = match &text.signature {
        Some(signature) => Some(signature.clone()),
        None if address.key.is_some() => {
            let url = format!("{}.sig", address.url);
            let what = format!("signature of {what}");
            let document = downloader.document(&url, max_age).await;
            Some(document.map_err(|error| InstallError::from_download(&what, error))?.bytes)
        }
        None => None,
    };
    match signature {
        Some(signature) if !keys.is_empty() => {
            verify(&text.json, &signature, &keys).map_err(|error| {
                let detail = format!(
                    "its signature is wrong: {error}\n\
                     something on the way changed the index, or it is signed with another key: do not use it"
                );
                InstallError::Index { what, detail }
            })?;
        }
        _ => {
            let message = format!("{what} is not signed: its checksums are trusted as they are");
            cx.events.say(EventKind::Log { level: Level::Info, message });
        }
    }
    Ok(text)
}

/// Returns the keys that may have signed an index: the configured one, or for Arduino's own index Arduino's.
async fn keys(address: &IndexAddress) -> Result<Vec<Vec<u8>>, InstallError> {
    match &address.key {
        Some(path) => {
            let key = tokio::fs::read(path).await;
            Ok(vec![key.map_err(|error| InstallError::io(IoAction::Read, path, error))?])
        }
        None if address.url == IndexAddress::ARDUINO => Ok(vec![ARDUINO_KEY.to_vec()]),
        None => Ok(Vec::new()),
    }
}

fn unusable(address: &IndexAddress, detail: String) -> InstallError {
    InstallError::Index { what: format!("index {}", redacted(&address.url)), detail }
}

fn say_dropped(address: &IndexAddress, dropped: &[DroppedEntry], cx: &InstallContext) {
    for entry in dropped {
        let message = format!("index {}: an entry is ignored: {entry}", redacted(&address.url));
        cx.events.say(EventKind::Log { level: Level::Warn, message });
    }
}
