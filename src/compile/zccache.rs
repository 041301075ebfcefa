//! The backend with the embedded compiler cache: zccache's service on this runtime, in this process.
//!
//! What zccache can't be trusted with (see `docs/cache.md`) never reaches it: the output path, which
//! is part of its key, is made from a key of ours that covers everything a compile can read.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use zccache::audit::{AuditConfig, AuditContext, AuditId, AuditMode};
use zccache::embedded::{
    CacheOutcome as Answer, CompileRequest as Question, DiskCacheLimits, DiskMaintenanceKind, HostIdentity,
    MaintenanceOwnership, RuntimeHooks, ServiceLimits, ShutdownMode, ZccacheConfig, ZccacheService,
    ZccacheStartOptions,
};

use super::orphans::end_marked;
use super::{BackendError, CacheOutcome, CompileBackend, CompileOutput, CompileRequest, direct};

/// How long after a compiler's end by a signal it may turn out that the run was interrupted.
const INTERRUPTION: Duration = Duration::from_millis(200);

/// Why the embedded cache can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ZccacheError {
    /// Another process works on the same folder.
    #[error("another run is using the compiler cache in {}", root.display())]
    InUse {
        /// The cache's folder.
        root: PathBuf,
    },
    /// Anything else.
    #[error("the compiler cache in {} can't be started: {message}", root.display())]
    Start {
        /// The cache's folder.
        root: PathBuf,
        /// What it said.
        message: String,
    },
}

/// The embedded cache.
pub struct Zccache {
    service: ZccacheService,
    audit: AuditContext,
}

impl Zccache {
    /// Starts the service with its cache in `root`, which is to hold no more than `size` bytes.
    /// Must be called on the runtime that it is to use.
    ///
    /// # Errors
    /// Where another process holds `root`, or it can't be written.
    pub async fn start(root: &Path, size: u64) -> Result<Self, ZccacheError> {
        let failed = |message: String| {
            if message.contains("already holds") {
                ZccacheError::InUse { root: root.to_owned() }
            } else {
                ZccacheError::Start { root: root.to_owned(), message }
            }
        };
        let id = |text: &str| AuditId::new(text.to_owned()).map_err(|error| failed(format!("{error:?}")));
        let audit = AuditContext::new(id("fbuild-matrix")?, id("fbuild-matrix")?);
        // The instance is the cache's continuity: the same for every run, whatever binary runs it.
        let identity = "fbuild-matrix".to_owned();
        let config = ZccacheConfig {
            host: HostIdentity {
                product: identity.clone(),
                instance_id: identity.clone(),
                workspace_id: identity.clone(),
            },
            cache_root: root.into(),
            audit: AuditConfig { mode: AuditMode::Off, ..AuditConfig::default() },
            limits: ServiceLimits::default(),
            runtime: RuntimeHooks {
                service_name: Some(identity),
                handle: Some(tokio::runtime::Handle::current()),
            },
            cancellation: None,
        };
        let options = ZccacheStartOptions {
            disk_limits: DiskCacheLimits { max_cache_bytes: Some(size.max(1)), max_cache_percent: None },
            // When that is done is for us to say: not while compilers run.
            maintenance_ownership: MaintenanceOwnership::Host,
            staging_root: None,
        };
        let service = ZccacheService::start_with_options(config, options);
        let service = service.await.map_err(|error| failed(error.to_string()))?;
        Ok(Self { service, audit })
    }
}

/// Marks the processes of one compile by a variable in their environment. Dropped before the compile is
/// finished, it ends them: zccache itself ends only the driver. The variable is in no key.
struct Marker {
    value: String,
    finished: bool,
}

impl Marker {
    const NAME: &'static str = "FBUILD_MATRIX_COMPILE";

    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let value = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self { value, finished: false }
    }

    fn finished(mut self) {
        self.finished = true;
    }
}

impl Drop for Marker {
    fn drop(&mut self) {
        if !self.finished {
            let variable = format!("{}={}", Self::NAME, self.value);
            // Looking through /proc takes milliseconds, and no task may be held up by them.
            std::thread::spawn(move || end_marked(&variable));
        }
    }
}

#[async_trait]
impl CompileBackend for Zccache {
    fn name(&self) -> &'static str {
        "zccache"
    }

    async fn compile(
        &self,
        request: CompileRequest,
        cancel: &CancellationToken,
    ) -> Result<CompileOutput, BackendError> {
        if let Some(reason) = &request.bypass {
            return direct::compile(&request, reason.clone(), cancel).await;
        }
        let process = &request.process;
        let marker = Marker::new();
        let mut env = process.environment.variables().to_vec();
        env.push((Marker::NAME.to_owned(), marker.value.clone()));
        let question = Question {
            audit: self.audit.clone(),
            compiler: process.program.as_path().into(),
            args: process.args.clone(),
            cwd: process.cwd.as_path().into(),
            env,
            stdin: Vec::new(),
        };
        let answer = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(BackendError::Cancelled),
            answer = self.service.compile(question) => answer,
        };
        marker.finished();
        let failed = |message: String| BackendError::Cache { output: request.output.clone(), message };
        let answer = answer.map_err(|error| failed(error.to_string()))?;
        // The terminal sends its SIGINT to these compilers too, for they are in our process group. One
        // that it ends is part of the interruption, which may be heard of only a moment later.
        if answer.exit_code < 0 {
            let interruption = tokio::time::timeout(INTERRUPTION, cancel.cancelled()).await;
            if interruption.is_ok() {
                return Err(BackendError::Cancelled);
            }
        }
        let cache = match answer.cache_outcome {
            Answer::Hit => CacheOutcome::Hit,
            Answer::Miss => CacheOutcome::Miss,
            // The compiler failed, or zccache did and says so in the code; failures are never kept.
            Answer::Error => CacheOutcome::Bypassed { reason: "the compile failed".to_owned() },
        };
        Ok(CompileOutput {
            // It reports the end by a signal as a negative code.
            code: Some(answer.exit_code).filter(|code| *code >= 0),
            printed: [answer.stdout, answer.stderr].concat(),
            cache,
            ran: None,
        })
    }

    async fn flush(&self) {
        // What can't be flushed is lost as a hit, never as a result.
        if let Err(error) = self.service.flush().await {
            tracing::warn!(%error, "the compiler cache could not be flushed");
        }
    }

    async fn maintain(&self) -> Option<(u64, u64)> {
        match self.service.maintain_disk(DiskMaintenanceKind::Full).await {
            Ok(report) => Some((report.usage_before_bytes, report.usage_after_bytes)),
            Err(error) => {
                tracing::warn!(%error, "the compiler cache could not be swept");
                None
            }
        }
    }

    async fn shutdown(&self) {
        if let Err(error) = self.service.clone().shutdown(ShutdownMode::Graceful).await {
            tracing::warn!(%error, "the compiler cache could not be shut down");
        }
    }
}
