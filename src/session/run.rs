//! The command `run`, step by step.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio_util::sync::CancellationToken;

use super::announce::announce;
use super::base;
use super::cells::Request;
use super::commit::commit;
use super::compiler_cache::CompilerCache;
use super::context::Session;
use super::error::SessionError;
use super::leftovers::Running;
use super::lock::lock;
use super::maintenance::maintain;
use super::open::Opened;
use super::options::Options;
use super::phases::Phases;
use super::signal::Signals;
use super::space::Watched;
use crate::event::{EventKind, RunInfo, RunPhase, channel};
use crate::exit::Exit;
use crate::fs::make_own_directory;
use crate::plan::Layout;
use crate::process::adopt;
use crate::report::{ReportOptions, Reports};
use crate::schedule::{self, Ended};

/// Builds every selected cell and writes the reports. The reports have each cell's outcome; the exit code summarises
/// them.
///
/// # Errors
/// The run ended early for a reason other than a signal.
pub async fn run(options: &Options, reports: ReportOptions) -> Result<Exit, SessionError> {
    let request = Request::read(options)?;
    let base = options.base.as_ref().map(base::read).transpose()?;
    let work = &options.directories.work;
    make_own_directory(work).map_err(|error| SessionError::unwritable(work, &error))?;
    let reports = Reports::open(reports).map_err(|error| SessionError::Unwritable(error.to_string()))?;
    adopt();
    let (events, heard) = channel();
    let listener = reports.spawn(heard);
    let cancel = CancellationToken::new();
    let signals = Signals::listen(&cancel, &events);
    let layout = Layout::new(work.clone());
    let session = Session { options, request: &request, layout, events: &events, cancel: &cancel, base };
    let result = session.build().await;
    let ended = result.as_ref().map_or_else(SessionError::exit, |exit| *exit);
    let exit = signals.exit().unwrap_or(ended);
    events.say(EventKind::RunFinished { exit: exit.code() });
    drop(events);
    let reported = tokio::task::spawn_blocking(move || listener.join()).await;
    if signals.exit().is_none() {
        result?;
    }
    Ok(match reported {
        Ok(Ok(outcome)) if outcome.errors.is_empty() => exit,
        // The report errors have been printed. A run without its reports does not succeed.
        Ok(Ok(_)) if exit == Exit::Success => Exit::Setup,
        Ok(Ok(_)) => exit,
        _ => Exit::Defect,
    })
}

impl Session<'_> {
    /// Prepares the plan, recovers from a killed run, opens the caches, runs the jobs and stores the state.
    async fn build(&self) -> Result<Exit, SessionError> {
        let _lock = lock(&self.layout, self.events).await?;
        self.events.say(EventKind::RunStarted(self.info()));
        self.announce_unfinished();
        let mut phases = Phases::begin(self.events);
        let prepared = tokio::select! {
            biased;
            () = self.cancel.cancelled() => return Err(SessionError::Cancelled),
            prepared = self.prepare(&mut phases) => prepared?,
        };
        let base = self.announce_base(&prepared.plan);
        announce(&prepared.plan, self.events);
        phases.end(RunPhase::Plan);

        let root = self.layout.root();
        let running = Running::begin(root).map_err(|error| SessionError::unwritable(root, &error))?;
        let cache = CompilerCache::open(self.options, &self.layout, self.events);
        self.recover(&cache.staging).await?;
        let watched = Watched::new(&[(root, "--work-dir"), (self.cache_dir(), "--cache-dir")]);
        let planned = prepared.plan.cores.len() + prepared.plan.cells.len();
        let state = self.state_paths();
        let Opened { plan, context: cx, recorder } = self.open(prepared, &cache, &state).await?;
        let limits = self.options.limits;
        let limits =
            schedule::Options { sketch_jobs: limits.sketch_jobs, max_failures: limits.max_failures, base };
        let ended = schedule::run(plan, &cx, &limits).await;
        phases.end(RunPhase::Build);

        // Every job has ended: no cache entry is in use.
        if !self.cancel.is_cancelled() {
            maintain(self.options, &self.layout, &cache.backend).await;
        }
        cache.backend.shutdown().await;
        self.close(&cx, state, recorder).await;
        phases.end(RunPhase::Finish);
        let exit = exit(&ended);
        if let Some(message) = watched.complaint(&ended, planned) {
            return Err(SessionError::Storage { message, exit });
        }
        // After an interrupt, a process may still be writing.
        if !self.cancel.is_cancelled() {
            running.end();
        }
        Ok(exit)
    }

    fn cache_dir(&self) -> &Path {
        &self.options.directories.cache
    }

    fn info(&self) -> RunInfo {
        let Options { directories, .. } = self.options;
        RunInfo {
            name: self.request.matrix.name.clone(),
            matrix: self.options.matrix.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            jobs: self.options.limits.jobs,
            started_unix: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            work_dir: directories.work.clone(),
            report_dir: directories.reports.clone(),
            backend: if self.options.cache { "zccache" } else { "direct" }.to_owned(),
            directory: directories.current.clone(),
            shard: self.options.selected.part.info(&self.request.matrix),
            commit: commit(&self.request.matrix.dir),
        }
    }
}

/// Returns the exit code of a run whose jobs have all ended.
fn exit(ended: &Ended) -> Exit {
    if ended.crashed {
        Exit::Defect
    } else if ended.only_storage() {
        Exit::Setup
    } else if ended.failed > 0 {
        Exit::CellsFailed
    } else {
        Exit::Success
    }
}
