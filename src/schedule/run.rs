//! The loop over the jobs of a plan: starts them in order, counts their results, stops at failures.

use std::any::Any;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::task::JoinHandle;

use super::ended::Ended;
use super::finish::Settled;
use super::job::{Shared, run_cell, run_core};
use super::needs::Needs;
use super::stop::{Stop, StopReason};
use super::work_directory::WorkDirectory;
use crate::budget::Gate;
use crate::event::{
    BaseCell, CellId, CoreId, EventKind, JobId, JobNotes, JobResult, Outcome, Span, UnitCounts,
};
use crate::pipeline::{Ahead, BuildContext, CoreHandle, InFlight, core_promise};
use crate::plan::{CellJob, Date, Plan};
use crate::process::end_descendants;

/// Options of a schedule.
#[derive(Debug, Clone)]
pub struct Options {
    /// `--sketch-jobs`: limit of cells in flight, at least 1.
    pub sketch_jobs: usize,
    /// `--max-failures`: number of failures after which the run stops.
    pub max_failures: Option<usize>,
    /// The cells of the base, for growth budgets.
    pub base: HashMap<CellId, BaseCell>,
}

/// Runs every job of a plan to its end. Each gets exactly one terminal event.
pub async fn run(plan: Plan, cx: &BuildContext, options: &Options) -> Ended {
    let shared = Arc::new(Shared {
        cx: cx.clone(),
        work: WorkDirectory::new(cx.layout.root().to_owned()),
        stop: Stop::after(options.max_failures),
        began: cx.runner.events.now(),
        base: options.base.clone(),
        today: Date::today(),
    });
    let mut running = FuturesUnordered::new();
    let mut cores: HashMap<CoreId, CoreHandle> = HashMap::new();
    let mut needs = Needs::of(&plan.cells, &cx.runner.costs);
    for core in plan.cores {
        let (promise, handle) = core_promise(core.id.clone());
        cores.insert(core.id.clone(), handle);
        let id = JobId::Core(core.id.clone());
        let need = needs.of_core(&core.id);
        let task = spawn(&id, run_core(core, promise, need, shared.clone()));
        running.push(settle(id, task));
    }
    let in_flight = Gate::new(options.sketch_jobs.max(1));
    for cell in in_order(plan.cells, cx, options) {
        // The plan holds the core of each of its cells.
        let Some(core) = cores.get(&cell.core).cloned() else { continue };
        let id = JobId::Cell(cell.id.clone());
        let place = InFlight::enter(in_flight.clone());
        let task = spawn(&id, run_cell(cell, core, place, shared.clone()));
        running.push(settle(id, task));
    }

    let stop = &shared.stop;
    let mut ended = Ended::default();
    while let Some((id, settled)) = running.next().await {
        let (mut result, _place) = settled.unwrap_or_else(|panic| {
            (crashed(id, &*panic, Span { start: shared.began, end: cx.runner.events.now() }), None)
        });
        stop.keep_limit(&mut result);
        ended.count(&result);
        if let JobId::Cell(cell) = &result.job {
            needs.ended(cell);
        }
        cx.runner.events.say(EventKind::JobFinished(Box::new(result)));
        let reason = if ended.storage.is_some() {
            Some(StopReason::Storage)
        } else {
            stop.max_failures().filter(|limit| ended.failed >= *limit).map(|_| StopReason::FailureLimit)
        };
        if let Some(reason) = reason.filter(|_| !running.is_empty())
            && stop.stop(reason)
        {
            cx.runner.events.say(EventKind::Stopping { reason: stop.text(reason) });
        }
        if stop.reason().is_some() {
            needs.give_up();
        }
    }
    if cx.runner.cancel.is_cancelled() {
        let ended = tokio::task::spawn_blocking(end_descendants).await;
        tracing::debug!(?ended, "ended leftover processes");
    }
    ended
}

/// Returns the cells in the order in which they start: first those of unknown duration, in the order of the matrix,
/// then the longest first. A run with a limit of failures keeps the order of the matrix, so that it meets the same
/// failures again.
fn in_order(mut cells: Vec<CellJob>, cx: &BuildContext, options: &Options) -> Vec<CellJob> {
    if options.max_failures.is_none() {
        let way = |cell: &CellJob| Ahead::of_cell(cell).known(&cx.runner.costs).unwrap_or(Duration::MAX);
        cells.sort_by_cached_key(|cell| Reverse(way(cell)));
    }
    cells
}

/// Spawns a job. With the feature `console` the task has the job's name: see `docs/console.md`.
#[cfg(all(feature = "console", tokio_unstable))]
#[allow(clippy::expect_used)] // it fails only where a thread can't be started, and a task needs none
fn spawn(id: &JobId, run: impl Future<Output = Settled> + Send + 'static) -> JoinHandle<Settled> {
    tokio::task::Builder::new().name(&id.to_string()).spawn(run).expect("a task can be spawned")
}

#[cfg(not(all(feature = "console", tokio_unstable)))]
fn spawn(_: &JobId, run: impl Future<Output = Settled> + Send + 'static) -> JoinHandle<Settled> {
    tokio::spawn(run)
}

/// Returns a job's result, or its panic.
async fn settle(id: JobId, task: JoinHandle<Settled>) -> (JobId, Result<Settled, Box<dyn Any + Send>>) {
    let result = task.await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => panic,
        Err(error) => Box::new(error.to_string()) as Box<dyn Any + Send>,
    });
    (id, result)
}

/// Returns the result of a job that panicked.
fn crashed(job: JobId, panic: &(dyn Any + Send), span: Span) -> JobResult {
    let message = panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "a panic without a message".to_owned());
    JobResult {
        job,
        outcome: Outcome::Crashed { message },
        span,
        sizes: None,
        artifacts: Vec::new(),
        log: None,
        warnings: String::new(),
        warning_list: None,
        libraries: Arc::default(),
        units: UnitCounts::default(),
        notes: JobNotes::default(),
    }
}
