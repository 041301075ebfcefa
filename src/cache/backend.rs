//! The interface of compile backends, with or without a cache. Knows argv, not recipes; objects, not sketches.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::event::CacheOutcome;
use crate::process::{Meter, Process, ProcessEnd, ProcessError, Transcript};

/// One compile: a source in, an object out.
#[derive(Debug, Clone)]
pub struct CompileRequest {
    /// The compiler, its arguments (with the output), environment and working directory.
    pub process: Process,
    /// Path of the object. The backend leaves no other file.
    pub output: PathBuf,
    /// Treatment of the compile by the cache.
    pub way: Way,
    /// Receives the output of a compile that is ended early.
    pub transcript: Transcript,
    /// Measures the memory of the compile's processes.
    pub meter: Meter,
}

/// Treatment of a compile by the compiler cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Uses the compiler cache, if there is one.
    Cached,
    /// Starts the compiler directly: the caller's own store has no object for it, and stores the new one.
    Kept,
    /// Starts the compiler directly, as the compile is uncacheable for this reason. The object is valid in this run
    /// only.
    Uncacheable(String),
}

/// Result of a compile.
#[derive(Debug, Clone)]
pub struct CompileOutput {
    /// End of the compiler.
    pub end: ProcessEnd,
    /// Path of the object: the requested one, unless that could not be written.
    pub object: PathBuf,
    /// Output of the compiler, standard output first, bounded. A cache hit replays it.
    pub printed: Vec<u8>,
    /// Outcome of the cache.
    pub cache: CacheOutcome,
    /// Start and end of the compiler itself, if known.
    pub ran: Option<(Instant, Instant)>,
}

/// Error of a backend. A compiler that reports errors is not one.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// The compiler could not be started or waited for.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// The run was interrupted.
    #[error("interrupted")]
    Cancelled,
    /// The embedded cache can't be started.
    #[error("{message}")]
    Unusable {
        /// The reason.
        message: String,
    },
    /// The embedded cache failed.
    #[error("the compiler cache failed on {}: {message}", output.display())]
    Cache {
        /// The object of the compile.
        output: PathBuf,
        /// The cache's message.
        message: String,
    },
}

/// Compiles one source to one object. Implementations keep no state of a run except their own.
#[async_trait]
pub trait CompileBackend: Send + Sync {
    /// Returns the name in reports: `zccache`, `direct`.
    fn name(&self) -> &'static str;

    /// Runs one compile, or restores its object from the cache.
    ///
    /// # Errors
    /// The compiler can't be started, the run is cancelled, or the cache fails. A compiler that ends with an error is
    /// an `Ok` with its exit code.
    async fn compile(
        &self,
        request: CompileRequest,
        cancel: &CancellationToken,
    ) -> Result<CompileOutput, BackendError>;

    /// Writes all cached objects to disk.
    async fn flush(&self) {}

    /// Removes the least recently used objects until the rest fits. Returns the size in bytes before and after; `None`
    /// for a backend that stores nothing.
    async fn maintain(&self) -> Option<(u64, u64)> {
        None
    }

    /// Writes all cached objects to disk and ends the backend. No compile may be in flight.
    async fn shutdown(&self) {}
}

/// A backend, shared by the jobs.
pub type Backend = Arc<dyn CompileBackend>;
