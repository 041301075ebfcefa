//! The backend with the embedded compiler cache: zccache's service on this runtime, in this process.
//!
//! zccache's own key does not cover every input of a compile (see `docs/cache.md`). The output path, which is part of
//! it, therefore contains a key of this program over everything that the compile can read.

mod flusher;
mod marker;

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use zccache::audit::{AuditConfig, AuditContext, AuditId, AuditMode};
use zccache::embedded::{
    CacheOutcome as Answer, CompileChunk, CompileRequest as Question, DiskCacheLimits, DiskMaintenanceKind,
    HostIdentity, MaintenanceOwnership, RuntimeHooks, ServiceLimits, ShutdownMode, ZccacheConfig,
    ZccacheService, ZccacheStartOptions,
};

use flusher::Flusher;
use marker::Marker;

use super::backend::{BackendError, CompileBackend, CompileOutput, CompileRequest, Way};
use super::direct;
use crate::event::CacheOutcome;
use crate::process::{CAPTURED, LAST_WORDS, Printed, Process, ProcessEnd, Tree, end_marked};

/// Time after a compiler's end by a signal within which an interruption of the run is noticed.
const INTERRUPTION: Duration = Duration::from_millis(200);

/// Error of an embedded cache that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ZccacheError {
    /// The service does not start.
    #[error("the compiler cache in {} can't be started: {message}", root.display())]
    Start {
        /// The cache's directory.
        root: PathBuf,
        /// Its message.
        message: String,
    },
}

/// The embedded cache.
pub struct Zccache {
    service: ZccacheService,
    audit: AuditContext,
    flusher: Flusher,
}

impl Zccache {
    /// Starts the service on the current runtime, with its cache of at most `size` bytes in `root`.
    ///
    /// # Errors
    /// A `root` that another process holds, or that can't be written.
    pub async fn start(root: &Path, size: u64) -> Result<Self, ZccacheError> {
        let failed = |message: String| ZccacheError::Start { root: root.to_owned(), message };
        let id = |text: &str| AuditId::new(text.to_owned()).map_err(|error| failed(format!("{error:?}")));
        let audit = AuditContext::new(id("fbuild-matrix")?, id("fbuild-matrix")?);
        // All runs share one instance, whatever binary runs them.
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
            // This program starts maintenance itself, when no compiler runs.
            maintenance_ownership: MaintenanceOwnership::Host,
            staging_root: None,
        };
        let service = ZccacheService::start_with_options(config, options);
        let service = service.await.map_err(|error| failed(error.to_string()))?;
        let flusher = Flusher::start(service.clone());
        Ok(Self { service, audit, flusher })
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
        if request.way != Way::Cached {
            return direct::compile(&request, "", cancel).await;
        }
        let mut marker = Marker::new();
        let _sampling = request.meter.look_at(Tree::Marked(marker.variable()));
        let mut printed = Printed::new(&request.transcript);
        let (code, answer) = match self.stream(&request, &mut marker, &mut printed, cancel).await? {
            Streamed::Done(code, answer) => (code, answer),
            Streamed::TooLong => return uncached(&request, marker, printed, cancel).await,
        };
        // The terminal sends its SIGINT to these compilers too, as they are in this process group. A compiler that it
        // ends is part of the interruption, which may be noticed only a moment later.
        if code < 0 {
            let interruption = tokio::time::timeout(INTERRUPTION, cancel.cancelled()).await;
            if interruption.is_ok() {
                return Err(BackendError::Cancelled);
            }
        }
        let cache = match answer {
            Answer::Hit => CacheOutcome::Hit,
            Answer::Miss => {
                self.flusher.missed();
                CacheOutcome::Miss
            }
            // The compiler failed, or zccache did and reports it in the code; failures are never stored.
            Answer::Error => CacheOutcome::Bypassed { reason: "the compile failed".to_owned() },
        };
        let (mut printed, stderr) = printed.finish();
        printed.extend(stderr);
        Ok(CompileOutput {
            // zccache reports the end by a signal as a negative code.
            end: if code < 0 { ProcessEnd::Signalled } else { ProcessEnd::Exited(code) },
            object: request.output.clone(),
            printed: request.process.environment.settle_names(printed),
            cache,
            ran: None,
        })
    }

    async fn flush(&self) {
        self.flusher.flush().await;
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
        self.flusher.stop().await;
        if let Err(error) = self.service.clone().shutdown(ShutdownMode::Graceful).await {
            tracing::warn!(%error, "the compiler cache could not be shut down");
        }
    }
}

/// End of a compile through the service.
enum Streamed {
    /// The exit code, negative for a signal, and the answer of the cache.
    Done(i32, Answer),
    /// The compiler printed more than zccache stores.
    TooLong,
}

impl Zccache {
    /// Sends a compile to the service, and collects its output until it ends or exceeds what zccache stores.
    async fn stream(
        &self,
        request: &CompileRequest,
        marker: &mut Marker,
        printed: &mut Printed<'_>,
        cancel: &CancellationToken,
    ) -> Result<Streamed, BackendError> {
        let Printed { stdout, stderr, .. } = printed;
        let mut done = None;
        let too_long = CancellationToken::new();
        let mut lengths = [0; 2];
        let mut count = |stream: usize, bytes: &[u8]| {
            lengths[stream] += bytes.len();
            if lengths[stream] >= CAPTURED / 2 {
                too_long.cancel();
            }
        };
        let question = self.question(&request.process, marker);
        let mut streaming = Box::pin(self.service.compile_streaming(question, |chunk| match chunk {
            CompileChunk::Stdout(bytes) => {
                count(0, &bytes);
                stdout.push(&bytes);
            }
            CompileChunk::Stderr(bytes) => {
                count(1, &bytes);
                stderr.push(&bytes);
            }
            CompileChunk::Done { exit_code, cache_outcome, .. } => done = Some((exit_code, cache_outcome)),
        }));
        let ended = tokio::select! {
            biased;
            () = cancel.cancelled() => {
                marker.end();
                if tokio::time::timeout(LAST_WORDS, &mut streaming).await.is_ok() {
                    marker.finish();
                }
                return Err(BackendError::Cancelled);
            }
            ended = &mut streaming => Some(ended),
            () = too_long.cancelled() => None,
        };
        drop(streaming);
        let is_hit = matches!(done, Some((_, Answer::Hit)));
        let Some(ended) = ended.filter(|_| is_hit || !too_long.is_cancelled()) else {
            return Ok(Streamed::TooLong);
        };
        marker.finish();
        let failed = |message: String| BackendError::Cache { output: request.output.clone(), message };
        ended.map_err(|error| failed(error.to_string()))?;
        let (code, answer) = done.ok_or_else(|| failed("it ended without a result".to_owned()))?;
        Ok(Streamed::Done(code, answer))
    }

    /// Returns the service's form of a compile.
    fn question(&self, process: &Process, marker: &Marker) -> Question {
        let mut env = process.environment.variables().to_vec();
        env.push((Marker::NAME.to_owned(), marker.value().to_owned()));
        Question {
            audit: self.audit.clone(),
            compiler: process.program.as_path().into(),
            args: process.args.clone(),
            cwd: process.cwd.as_path().into(),
            env,
            stdin: Vec::new(),
        }
    }
}

/// Reruns a compile without zccache, because it prints more than zccache stores.
async fn uncached(
    request: &CompileRequest,
    mut marker: Marker,
    mut printed: Printed<'_>,
    cancel: &CancellationToken,
) -> Result<CompileOutput, BackendError> {
    // The rerun prints the same again.
    let _ = printed.finish();
    let variable = marker.variable();
    // Both compilers would write the same object.
    let ended = tokio::task::spawn_blocking(move || end_marked(&variable)).await;
    tracing::debug!(?ended, output = %request.output.display(), "it prints more than the cache keeps");
    marker.finish();
    direct::compile(request, "it prints more than the cache keeps", cancel).await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::process::{Environment, Meter, Transcript};

    /// Larger than anything these tests store.
    const SIZE: u64 = 1 << 30;

    /// Returns a compile of a source that takes some time, with an object that is recognised by its number.
    fn request(directory: &Path, number: usize) -> CompileRequest {
        let source = directory.join(format!("{number}.c"));
        if !source.exists() {
            let line = |line| format!("int f{line}(int x) {{ return x * {line} + {number}; }}\n");
            let body = (0..400).map(line).collect::<Vec<_>>().concat();
            std::fs::write(&source, body).unwrap();
        }
        let output = directory.join(format!("{number}.o"));
        let args = ["-c", "-O2", &source.to_string_lossy(), "-o", &output.to_string_lossy()];
        CompileRequest {
            process: Process {
                program: "/usr/bin/gcc".into(),
                args: args.map(str::to_owned).to_vec(),
                cwd: directory.to_owned(),
                environment: Environment::new(directory),
            },
            output,
            way: Way::Cached,
            transcript: Transcript::default(),
            meter: Meter::default(),
        }
    }

    /// Drops compiles in flight at a moment that differs from round to round, and shuts the service down at once, as
    /// after an interrupt. The next service must not have wrong objects.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_shutdown_right_after_a_cancel_loses_and_corrupts_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let (root, place) = (directory.path().join("cache"), directory.path().join("place"));
        for path in [&root, &place] {
            std::fs::create_dir(path).unwrap();
        }
        let never = CancellationToken::new();
        let mut right = Vec::new();
        for number in 0..6 {
            let output = direct::compile(&request(&place, number), "", &never).await.unwrap();
            assert!(output.end.succeeded(), "{}", String::from_utf8_lossy(&output.printed));
            right.push(std::fs::read(&output.object).unwrap());
        }
        let mut cancelled = 0;
        for round in 0..6_u64 {
            let zccache = Arc::new(Zccache::start(&root, SIZE).await.unwrap());
            let cancel = CancellationToken::new();
            let compiles = (0..6).map(|number| {
                let (zccache, cancel, request) = (zccache.clone(), cancel.clone(), request(&place, number));
                let _ = std::fs::remove_file(&request.output);
                tokio::spawn(async move { zccache.compile(request, &cancel).await })
            });
            let compiles: Vec<_> = compiles.collect();
            tokio::time::sleep(Duration::from_millis(round * 15)).await;
            cancel.cancel();
            for (compile, right) in compiles.into_iter().zip(&right) {
                match compile.await.unwrap() {
                    Ok(output) => assert_eq!(&std::fs::read(&output.object).unwrap(), right),
                    Err(BackendError::Cancelled) => cancelled += 1,
                    Err(other) => panic!("{other}"),
                }
            }
            zccache.shutdown().await;
        }
        assert!(cancelled > 0, "nothing was in flight");

        let zccache = Zccache::start(&root, SIZE).await.expect("the root is free");
        for (number, right) in right.iter().enumerate() {
            for cached in [false, true] {
                let request = request(&place, number);
                let _ = std::fs::remove_file(&request.output);
                let output = zccache.compile(request, &never).await.unwrap();
                assert!(output.end.succeeded());
                assert_eq!(&std::fs::read(&output.object).unwrap(), right);
                assert!(!cached || output.cache == CacheOutcome::Hit, "{:?}", output.cache);
            }
        }
        zccache.shutdown().await;
    }

    /// Flushed objects are available to a service that starts after one that was not shut down.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_flushed_needs_no_shutdown() {
        let directory = tempfile::tempdir().unwrap();
        let (root, copy) = (directory.path().join("cache"), directory.path().join("copy"));
        let place = directory.path().join("place");
        for path in [&root, &place] {
            std::fs::create_dir(path).unwrap();
        }
        let never = CancellationToken::new();
        let zccache = Zccache::start(&root, SIZE).await.unwrap();
        assert_eq!(zccache.compile(request(&place, 1), &never).await.unwrap().cache, CacheOutcome::Miss);
        zccache.flush().await;
        // The state after a kill.
        for entry in walkdir::WalkDir::new(&root) {
            let entry = entry.unwrap();
            let to = copy.join(entry.path().strip_prefix(&root).unwrap());
            if entry.file_type().is_dir() {
                std::fs::create_dir(&to).unwrap();
            } else if entry.file_type().is_file() {
                std::fs::copy(entry.path(), &to).unwrap();
            }
        }
        zccache.shutdown().await;
        let next = Zccache::start(&copy, SIZE).await.unwrap();
        let request = request(&place, 1);
        std::fs::remove_file(&request.output).unwrap();
        assert_eq!(next.compile(request, &never).await.unwrap().cache, CacheOutcome::Hit);
        next.shutdown().await;
    }
}
