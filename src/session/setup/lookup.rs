//! Cores that an index offers and that are not installed: what `boards` says of them.

use std::time::Duration;

use super::downloads::downloader;
use super::error::SetupError;
use crate::provide::InstallContext;
use crate::provide::index::{CoreRequest, IndexAddress, load_catalog, resolve_core};

/// A core of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedCore {
    /// `vendor:arch`.
    pub name: String,
    /// The newest version for this machine.
    pub version: String,
    /// The names of its boards; an index does not have their ids.
    pub boards: Vec<String>,
}

/// Age up to which a copy of Arduino's index is used without asking its server. Only names are shown.
const MAX_AGE: Duration = Duration::from_hours(30 * 24);

/// Returns what Arduino's package index says of the core `vendor:arch`.
///
/// # Errors
/// The index is unavailable, or does not have the core.
pub async fn offered_core(name: &str, cx: &InstallContext) -> Result<OfferedCore, SetupError> {
    let catalog = load_catalog(&[IndexAddress::arduino()], MAX_AGE, &downloader(None, cx), cx).await?;
    let platform = resolve_core(&CoreRequest { name: name.to_owned(), version: None }, &catalog)?;
    let boards = platform.release.boards.iter().map(|board| board.name.clone()).collect();
    Ok(OfferedCore { name: name.to_owned(), version: platform.release.version.to_string(), boards })
}
