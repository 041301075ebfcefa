//! Options of downloads.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::mirrors::Mirrors;
use super::proxies::Proxies;

/// Options of a [`Downloader`](super::Downloader).
#[derive(Debug, Clone)]
pub(crate) struct DownloadOptions {
    /// Directory of archives, laid out as arduino-cli's `staging`: `packages/FILE`, `libraries/FILE`.
    pub(crate) staging: PathBuf,
    /// Directory of cached documents.
    pub(crate) documents: PathBuf,
    /// Replacements of URL prefixes.
    pub(crate) mirrors: Mirrors,
    /// `--offline`: no request is sent.
    pub(crate) offline: bool,
    /// PEM file of certificates that are trusted in addition to the machine's.
    pub(crate) ca_file: Option<PathBuf>,
    /// The proxies.
    pub(crate) proxies: Proxies,
    /// The netrc file with credentials by host.
    pub(crate) netrc: Option<PathBuf>,
    /// Number of downloads at once.
    pub(crate) parallel: usize,
    /// Time without a received byte after which a connection is given up.
    pub(crate) inactivity: Duration,
    /// Wait before the second try; each further wait is three times as long.
    pub(crate) retry_wait: Duration,
    /// Longest wait that a server may ask for.
    pub(crate) longest_wait: Duration,
    /// Whether a redirect from https to http is followed.
    pub(crate) allow_downgrade: bool,
}

impl DownloadOptions {
    /// Returns the options for a cache directory, with the proxies and the netrc file of the environment.
    pub(crate) fn new(cache_dir: &Path) -> Self {
        let root = cache_dir.join("arduino");
        let netrc = std::env::var_os("NETRC").map(PathBuf::from);
        let home = || std::env::home_dir().map(|home| home.join(".netrc"));
        Self {
            staging: root.join("staging"),
            documents: cache_dir.join("indexes"),
            mirrors: Mirrors::default(),
            offline: false,
            ca_file: None,
            proxies: Proxies::from_environment(),
            netrc: netrc.filter(|path| !path.as_os_str().is_empty()).or_else(home),
            parallel: 4,
            inactivity: Duration::from_mins(1),
            retry_wait: Duration::from_secs(1),
            longest_wait: Duration::from_mins(2),
            allow_downgrade: false,
        }
    }
}
