//! Opens the compiler cache of a run; without it, compiles run uncached.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use super::options::Options;
use crate::cache::{Backend, Direct, Fallback, Lazy};
use crate::event::{EventKind, EventSink, Level};
use crate::plan::{CacheLayout, Layout};

/// The compiler cache of a run, and the directory of its compiles.
pub(super) struct CompilerCache {
    pub(super) backend: Backend,
    /// The directory that compilers run in.
    pub(super) staging: PathBuf,
    /// Lock that keeps other runs out of `staging` and of the compiler cache, where these are shared.
    _held: Option<File>,
}

impl CompilerCache {
    /// Opens the cache of the cache directory. Compiles run uncached, with a warning, where another run holds the cache
    /// or the directory can't be written.
    pub(super) fn open(options: &Options, layout: &Layout, events: &EventSink) -> Self {
        let alone = Self { backend: Arc::new(Direct), staging: layout.staging(), _held: None };
        if !options.cache {
            return alone;
        }
        let parts = CacheLayout::new(options.directories.cache.clone());
        let (root, staging) = (parts.zccache(), parts.staging());
        let message = match parts.hold() {
            Ok(Some(held)) => {
                let cache = Lazy::new(root.clone(), CacheLayout::SIZE / 2);
                let backend = Fallback::new(cache, root, layout.staging(), events.clone());
                return Self { backend: Arc::new(backend), staging, _held: Some(held) };
            }
            Ok(None) => format!("another run is using the compiler cache in {}", parts.root().display()),
            Err(error) => format!("{} can't be written: {error}", parts.root().display()),
        };
        let message = format!("{message}; this run goes on without it");
        events.say(EventKind::Log { level: Level::Warn, message });
        alone
    }
}
