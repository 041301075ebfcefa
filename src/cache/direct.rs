//! The backend without a cache: every compile starts the compiler.

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::backend::{BackendError, CompileBackend, CompileOutput, CompileRequest, Way};
use crate::event::CacheOutcome;
use crate::process::{ProcessError, run};

/// The backend that starts the compiler for each request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Direct;

#[async_trait]
impl CompileBackend for Direct {
    fn name(&self) -> &'static str {
        "direct"
    }

    async fn compile(
        &self,
        request: CompileRequest,
        cancel: &CancellationToken,
    ) -> Result<CompileOutput, BackendError> {
        compile(&request, "the cache is switched off", cancel).await
    }
}

/// Runs the compiler. `reason` is the reported reason why no cache was used, unless the request has one.
pub(super) async fn compile(
    request: &CompileRequest,
    reason: &str,
    cancel: &CancellationToken,
) -> Result<CompileOutput, BackendError> {
    let cache = match &request.way {
        Way::Cached => CacheOutcome::Bypassed { reason: reason.to_owned() },
        Way::Kept => CacheOutcome::Miss,
        Way::Uncacheable(reason) => CacheOutcome::Uncacheable { reason: reason.clone() },
    };
    let finished = run(&request.process, cancel, &request.transcript, &request.meter).await.map_err(
        |error| match error {
            ProcessError::Cancelled => BackendError::Cancelled,
            other => BackendError::Process(other),
        },
    )?;
    Ok(CompileOutput {
        end: finished.end,
        object: request.output.clone(),
        printed: finished.printed(),
        cache,
        ran: Some((finished.started, finished.ended)),
    })
}
