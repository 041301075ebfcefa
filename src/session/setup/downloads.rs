//! What downloads for a set-up.

use crate::matrix::Matrix;
use crate::provide::InstallContext;
use crate::provide::download::{DownloadOptions, Downloader, Mirrors};

/// Returns what downloads for a matrix: with its mirrors.
pub(super) fn downloader(matrix: Option<&Matrix>, cx: &InstallContext) -> Downloader {
    let mirrors = matrix.into_iter().flat_map(|matrix| &matrix.settings.mirrors);
    let mirrors = mirrors.map(|(from, to)| (from.clone(), to.clone()));
    let options = DownloadOptions {
        mirrors: Mirrors::new(mirrors),
        offline: cx.offline,
        ..DownloadOptions::new(&cx.cache_dir)
    };
    Downloader::new(options, cx.events.clone(), cx.cancel.clone())
}
