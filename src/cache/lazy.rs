//! The embedded cache, started by the first compile that uses it. A run whose results all come from records and stores
//! starts none. (Starting and ending it takes 20 to 300 ms.)

use std::path::PathBuf;

use async_trait::async_trait;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use super::backend::{BackendError, CompileBackend, CompileOutput, CompileRequest, Way};
use super::direct;
use super::zccache::{Zccache, ZccacheError};

/// An embedded cache that is started on first use.
pub struct Lazy {
    root: PathBuf,
    size: u64,
    started: OnceCell<Result<Zccache, ZccacheError>>,
}

impl Lazy {
    /// Returns a cache in `root` with a limit of `size` bytes.
    pub fn new(root: PathBuf, size: u64) -> Self {
        Self { root, size, started: OnceCell::new() }
    }

    async fn start(&self) -> Result<Zccache, ZccacheError> {
        let root = self.root.clone();
        let made = tokio::task::spawn_blocking(move || std::fs::create_dir_all(root)).await;
        made.unwrap_or_else(|error| Err(error.into()))
            .map_err(|error| ZccacheError::Start { root: self.root.clone(), message: error.to_string() })?;
        Zccache::start(&self.root, self.size).await
    }

    /// Returns the cache. A failed start is not retried.
    async fn get(&self) -> &Result<Zccache, ZccacheError> {
        self.started.get_or_init(|| self.start()).await
    }

    fn running(&self) -> Option<&Zccache> {
        self.started.get()?.as_ref().ok()
    }
}

#[async_trait]
impl CompileBackend for Lazy {
    fn name(&self) -> &'static str {
        "zccache"
    }

    async fn compile(
        &self,
        request: CompileRequest,
        cancel: &CancellationToken,
    ) -> Result<CompileOutput, BackendError> {
        if request.way != Way::Cached {
            return direct::compile(&request, "", cancel).await;
        }
        match self.get().await {
            Ok(cache) => cache.compile(request, cancel).await,
            Err(error) => Err(BackendError::Unusable { message: error.to_string() }),
        }
    }

    async fn flush(&self) {
        if let Some(cache) = self.running() {
            cache.flush().await;
        }
    }

    async fn maintain(&self) -> Option<(u64, u64)> {
        if !self.root.is_dir() {
            return None;
        }
        match self.get().await {
            Ok(cache) => cache.maintain().await,
            Err(error) => {
                tracing::warn!(%error, "the compiler cache could not be swept");
                None
            }
        }
    }

    async fn shutdown(&self) {
        if let Some(cache) = self.running() {
            cache.shutdown().await;
        }
    }
}
