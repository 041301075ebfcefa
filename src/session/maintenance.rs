//! Limits the size of the caches, once a day, when every job has ended.

use super::options::Options;
use crate::cache::{Artifacts, Backend, Daily, Keep, Units};
use crate::pipeline::sweep_staged;
use crate::plan::{CacheLayout, Layout};

/// Removes entries of the work and cache directories that were not used for long or exceed the size limit.
pub(super) async fn maintain(options: &Options, layout: &Layout, backend: &Backend) {
    let root = layout.units();
    let daily = Daily::new(&root);
    if daily.is_due() {
        let (units, sketches) = (Units::new(root), layout.sketches());
        let swept =
            tokio::task::spawn_blocking(move || (units.sweep(CacheLayout::AGE), sweep_staged(&sketches)));
        tracing::debug!(swept = ?swept.await, "swept objects and staged sketches of the work directory");
        daily.done();
    }
    if !options.cache {
        return;
    }
    let cache = &options.directories.cache;
    let daily = Daily::new(cache);
    if daily.is_due() {
        let store = Artifacts::new(CacheLayout::new(cache.clone()).artifacts());
        let keep = Keep { size: CacheLayout::SIZE / 2, age: CacheLayout::AGE };
        let swept = tokio::task::spawn_blocking(move || store.sweep(keep)).await;
        tracing::debug!(?swept, "swept the artifact store");
        backend.maintain().await;
        daily.done();
    }
}
