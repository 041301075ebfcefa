//! What compiles a source to an object, with a cache or without. Knows argv, not recipes; objects, not sketches.

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
    /// The compiler and its arguments, the output among them, and where it runs.
    pub process: Process,
    /// Where the object is to be. The backend writes nothing else that stays.
    pub output: PathBuf,
    /// Who is asked.
    pub way: Way,
    /// Where what the compiler printed is kept if the compile is cut short.
    pub transcript: Transcript,
    /// What measures its processes.
    pub meter: Meter,
}

/// How a compile is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Through the compiler cache, if there is one.
    Cached,
    /// By the compiler itself: whoever asks has not found the object in a store of its own, and keeps it there.
    Kept,
    /// By the compiler itself, for this reason; the object is good for this run only.
    Uncacheable(String),
}

/// What became of it.
#[derive(Debug, Clone)]
pub struct CompileOutput {
    /// How the compiler ended.
    pub end: ProcessEnd,
    /// Where the object is: where it was to be, unless that could not be written.
    pub object: PathBuf,
    /// What the compiler printed, standard output first, bounded. A hit replays it.
    pub printed: Vec<u8>,
    /// What the cache did.
    pub cache: CacheOutcome,
    /// When the compiler itself ran, where that is known.
    pub ran: Option<(Instant, Instant)>,
}

/// Why a backend could not do its work. A compiler that finds errors is no such case.
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
        /// Why.
        message: String,
    },
    /// The embedded cache failed.
    #[error("the compiler cache failed on {}: {message}", output.display())]
    Cache {
        /// The object that was to be made.
        output: PathBuf,
        /// What it said.
        message: String,
    },
}

/// Compiles one source to one object. Implementations hold no state of a run but their own.
#[async_trait]
pub trait CompileBackend: Send + Sync {
    /// The word for reports: `zccache`, `direct`.
    fn name(&self) -> &'static str;

    /// Runs one compile, or takes its object from the cache.
    ///
    /// # Errors
    /// Where the compiler can't be started, the run is cancelled, or the cache fails. A compiler
    /// that ends with an error is an `Ok` with its code.
    async fn compile(
        &self,
        request: CompileRequest,
        cancel: &CancellationToken,
    ) -> Result<CompileOutput, BackendError>;

    /// Makes durable what the cache holds.
    async fn flush(&self) {}

    /// Removes what was used least recently until the rest fits. The bytes that it holds before and
    /// after; `None` for one that holds nothing.
    async fn maintain(&self) -> Option<(u64, u64)> {
        None
    }

    /// Ends the backend, with all that it holds made durable. No compile may be in flight.
    async fn shutdown(&self) {}
}

/// A backend as the jobs share it.
pub type Backend = Arc<dyn CompileBackend>;
