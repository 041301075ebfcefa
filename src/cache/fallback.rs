//! Continues a run without the compiler cache when the cache's directory can't be written, with one warning. Objects
//! then come from the compiler itself and go to a directory below the work directory.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::backend::{BackendError, CompileBackend, CompileOutput, CompileRequest};
use super::direct;
use crate::diagnostics::write_fault;
use crate::event::{EventKind, EventSink, Level};
use crate::process::ProcessError;

/// A cache, with a fallback to the compiler itself.
pub struct Fallback<C> {
    cache: C,
    directory: PathBuf,
    refuge: PathBuf,
    events: EventSink,
    given_up: AtomicBool,
    told: AtomicBool,
}

impl<C: CompileBackend> Fallback<C> {
    /// Returns a backend around `cache`. `directory` is the cache's, for messages; `refuge` receives objects made
    /// without it.
    pub fn new(cache: C, directory: PathBuf, refuge: PathBuf, events: EventSink) -> Self {
        Self {
            cache,
            directory,
            refuge,
            events,
            given_up: AtomicBool::new(false),
            told: AtomicBool::new(false),
        }
    }

    /// Returns the cache's fault, if the cache caused the failure.
    fn fault(answer: &Result<CompileOutput, BackendError>) -> Option<Fault> {
        match answer {
            Ok(output) if output.end.succeeded() => None,
            Ok(output) => {
                let printed = String::from_utf8_lossy(&output.printed);
                write_fault(&printed).map(|fault| Fault { message: fault.line.to_owned(), lasting: true })
            }
            Err(BackendError::Unusable { message }) => {
                Some(Fault { message: message.clone(), lasting: true })
            }
            Err(BackendError::Cache { message, .. }) => {
                let lasting = write_fault(message).is_some();
                Some(Fault { message: message.clone(), lasting })
            }
            Err(BackendError::Process(error @ ProcessError::NoDirectory { .. })) => {
                Some(Fault { message: error.to_string(), lasting: true })
            }
            Err(_) => None,
        }
    }

    fn tell(&self, fault: &Fault) {
        if fault.lasting {
            self.given_up.store(true, Ordering::Relaxed);
        }
        if !self.told.swap(true, Ordering::Relaxed) {
            let (directory, message) = (self.directory.display(), &fault.message);
            let without = if fault.lasting { "; this run goes on without it" } else { "" };
            let message = format!("the compiler cache in {directory} can't be used: {message}{without}");
            self.events.say(EventKind::Log { level: Level::Warn, message });
        }
    }

    /// Compiles without the cache, into the refuge.
    async fn without(
        &self,
        mut request: CompileRequest,
        cancel: &CancellationToken,
    ) -> Result<CompileOutput, BackendError> {
        let Some(name) = request.output.file_name() else {
            return direct::compile(&request, REASON, cancel).await;
        };
        let output = self.refuge.join(name);
        let (from, to) = (path_text(&request.output), path_text(&output));
        for word in &mut request.process.args {
            *word = word.replace(&from, &to);
        }
        request.output = output;
        // A failure to create them is reported by the compile.
        let _ = std::fs::create_dir_all(&request.process.cwd);
        let _ = std::fs::create_dir_all(&self.refuge);
        direct::compile(&request, REASON, cancel).await
    }
}

const REASON: &str = "the cache can't be written";

struct Fault {
    message: String,
    /// Whether later compiles would meet the same fault.
    lasting: bool,
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[async_trait]
impl<C: CompileBackend> CompileBackend for Fallback<C> {
    fn name(&self) -> &'static str {
        self.cache.name()
    }

    async fn compile(
        &self,
        request: CompileRequest,
        cancel: &CancellationToken,
    ) -> Result<CompileOutput, BackendError> {
        if self.given_up.load(Ordering::Relaxed) {
            return self.without(request, cancel).await;
        }
        let answer = self.cache.compile(request.clone(), cancel).await;
        let Some(fault) = Self::fault(&answer) else { return answer };
        // The rest of the attempt takes disk space.
        let _ = std::fs::remove_file(&request.output);
        self.tell(&fault);
        self.without(request, cancel).await
    }

    async fn flush(&self) {
        self.cache.flush().await;
    }

    async fn maintain(&self) -> Option<(u64, u64)> {
        self.cache.maintain().await
    }

    async fn shutdown(&self) {
        self.cache.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::super::backend::Way;
    use super::*;
    use crate::event::{CacheOutcome, channel};
    use crate::process::{Environment, Meter, Process, ProcessEnd, Transcript};

    /// A cache with the same answer to every request.
    struct Broken {
        answer: fn(&CompileRequest) -> Result<CompileOutput, BackendError>,
        asked: AtomicUsize,
    }

    #[async_trait]
    impl CompileBackend for Broken {
        fn name(&self) -> &'static str {
            "broken"
        }

        async fn compile(
            &self,
            request: CompileRequest,
            _: &CancellationToken,
        ) -> Result<CompileOutput, BackendError> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            (self.answer)(&request)
        }
    }

    fn printed(request: &CompileRequest, text: &str) -> CompileOutput {
        CompileOutput {
            end: ProcessEnd::Exited(1),
            object: request.output.clone(),
            printed: text.into(),
            cache: CacheOutcome::Miss,
            ran: None,
        }
    }

    /// Compiles twice. Returns the results, the number of requests to the cache, and the number of warnings.
    async fn twice(
        answer: fn(&CompileRequest) -> Result<CompileOutput, BackendError>,
    ) -> (Vec<CompileOutput>, usize, usize, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let refuge = directory.path().join("refuge");
        let (events, heard) = channel();
        let cache = Broken { answer, asked: AtomicUsize::new(0) };
        let fallback = Fallback::new(cache, "/cache".into(), refuge, events);
        let mut outputs = Vec::new();
        for name in ["a", "b"] {
            let output = directory.path().join("staging").join(format!("{name}.o"));
            let request = CompileRequest {
                process: Process {
                    program: "/bin/sh".into(),
                    args: vec!["-c".into(), format!("echo {name} > {}", output.display())],
                    cwd: directory.path().join("staging"),
                    environment: Environment::new(directory.path()),
                },
                output,
                way: Way::Cached,
                transcript: Transcript::default(),
                meter: Meter::default(),
            };
            outputs.push(fallback.compile(request, &CancellationToken::new()).await.unwrap());
        }
        let asked = fallback.cache.asked.load(Ordering::Relaxed);
        drop(fallback);
        (outputs, asked, heard.iter().count(), directory)
    }

    #[tokio::test]
    async fn a_full_cache_is_given_up_and_told_once() {
        let (outputs, asked, warnings, directory) =
            twice(|request| Ok(printed(request, "as: can't write x.o: No space left on device\n"))).await;
        assert_eq!((asked, warnings), (1, 1));
        for (output, name) in outputs.iter().zip(["a", "b"]) {
            assert!(output.end.succeeded());
            assert_eq!(output.object, directory.path().join("refuge").join(format!("{name}.o")));
            assert_eq!(std::fs::read_to_string(&output.object).unwrap(), format!("{name}\n"));
            assert!(matches!(&output.cache, CacheOutcome::Bypassed { reason } if reason == REASON));
        }
    }

    #[tokio::test]
    async fn what_the_cache_can_not_do_once_it_is_asked_again() {
        let (outputs, asked, warnings, _directory) = twice(|request| {
            let message = "it has lost its index".to_owned();
            Err(BackendError::Cache { output: request.output.clone(), message })
        })
        .await;
        assert_eq!((asked, warnings), (2, 1));
        assert!(outputs.iter().all(|output| output.end.succeeded()));
    }

    #[tokio::test]
    async fn code_that_does_not_compile_is_not_tried_twice() {
        let (outputs, asked, warnings, directory) =
            twice(|request| Ok(printed(request, "a.cpp:1:1: error: no\n"))).await;
        assert_eq!((asked, warnings), (2, 0));
        assert!(outputs.iter().all(|output| output.end == ProcessEnd::Exited(1)));
        assert!(!directory.path().join("refuge").exists());
    }
}
