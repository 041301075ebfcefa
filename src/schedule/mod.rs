//! Drives the jobs of a plan: every core and every cell is a spawned task, and one loop over a
//! `FuturesUnordered` of their handles awaits nothing else. There is no barrier: a cell compiles while
//! its core does, and only its link waits for it.

mod ended;
mod job;
mod needs;
mod stop;
mod work_directory;

use std::any::Any;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::task::JoinHandle;

pub use self::ended::{Ended, FULL, StorageFault};
use self::needs::Needs;
use self::stop::{Stop, StopReason};
use self::work_directory::WorkDirectory;
use crate::budget::Gate;
use crate::event::{CoreId, EventKind, JobId, JobResult, Outcome, Span, UnitCounts};
use crate::pipeline::{Ahead, BuildContext, CoreHandle, InFlight, core_promise};
use crate::plan::{CellJob, Plan};
use crate::process::end_descendants;

/// How a plan is driven.
#[derive(Debug, Clone)]
pub struct Options {
    /// `--sketch-jobs`: cells in flight at once. At least 1.
    pub sketch_jobs: usize,
    /// `--max-failures`: no further cell is started after so many failures.
    pub max_failures: Option<usize>,
}

/// Runs every job of a plan to its end. Each gets exactly one terminal event, whatever happens.
pub async fn run(plan: Plan, cx: &BuildContext, options: &Options) -> Ended {
    let began = cx.events.now();
    let stop = Stop::after(options.max_failures);
    let work = WorkDirectory::new(cx.layout.root().to_owned());
    let mut running = FuturesUnordered::new();
    let mut cores: HashMap<CoreId, CoreHandle> = HashMap::new();
    let mut needs = Needs::of(&plan.cells, &cx.costs);
    for core in plan.cores {
        let (promise, handle) = core_promise(core.id.clone());
        cores.insert(core.id.clone(), handle);
        let id = JobId::Core(core.id.clone());
        let need = needs.of_core(&core.id);
        let run = job::run_core(core, promise, cx.clone(), need, work.clone(), stop.clone(), began);
        let task = spawn(&id, run);
        running.push(settle(id, task));
    }
    let in_flight = Gate::new(options.sketch_jobs.max(1));
    for cell in in_order(plan.cells, cx, options) {
        // The plan holds the core of each of its cells.
        let Some(core) = cores.get(&cell.core).cloned() else { continue };
        let id = JobId::Cell(cell.id.clone());
        let place = InFlight::enter(in_flight.clone());
        let run = job::run_cell(cell, core, cx.clone(), place, work.clone(), stop.clone(), began);
        let task = spawn(&id, run);
        running.push(settle(id, task));
    }

    let mut ended = Ended::default();
    while let Some((id, settled)) = running.next().await {
        let (result, _place) = settled.unwrap_or_else(|panic| {
            (crashed(id, &*panic, Span { start: began, end: cx.events.now() }), None)
        });
        ended.count(&result);
        if let JobId::Cell(cell) = &result.job {
            needs.ended(cell);
        }
        cx.events.say(EventKind::JobFinished(Box::new(result)));
        let reason = if ended.storage.is_some() {
            Some(StopReason::Storage)
        } else {
            stop.max_failures().filter(|limit| ended.failed >= *limit).map(|_| StopReason::FailureLimit)
        };
        if let Some(reason) = reason.filter(|_| !running.is_empty())
            && stop.stop(reason)
        {
            cx.events.say(EventKind::Stopping { reason: reason.text().to_owned() });
        }
        if stop.reason().is_some() {
            needs.give_up();
        }
    }
    if cx.cancel.is_cancelled() {
        let ended = tokio::task::spawn_blocking(end_descendants).await;
        tracing::debug!(?ended, "ended what was left of the processes");
    }
    ended
}

/// The cells in the order in which they begin: the longest first, and before it those of which it is not known how
/// long they take, among them what has never built; these in the order of the matrix. A run that stops at failures
/// takes all in the order of the matrix, so that it meets the same failures again.
fn in_order(mut cells: Vec<CellJob>, cx: &BuildContext, options: &Options) -> Vec<CellJob> {
    if options.max_failures.is_none() {
        let way = |cell: &CellJob| Ahead::of_cell(cell).known(&cx.costs).unwrap_or(Duration::MAX);
        cells.sort_by_cached_key(|cell| Reverse(way(cell)));
    }
    cells
}

/// How a job's task ends: with its result, and with the place among the cells in flight that it held.
/// The place is given up only when the result is counted: else the next cell would start before it is
/// known that the limit of failures is reached.
type Settled = (JobResult, Option<InFlight>);

/// Spawns a job, named after itself where somebody can see the name: see `docs/console.md`.
#[cfg(all(feature = "console", tokio_unstable))]
#[allow(clippy::expect_used)] // tokio says so: only a thread can't be had, and a task needs none
fn spawn(id: &JobId, run: impl Future<Output = Settled> + Send + 'static) -> JoinHandle<Settled> {
    tokio::task::Builder::new().name(&id.to_string()).spawn(run).expect("a task can be spawned")
}

#[cfg(not(all(feature = "console", tokio_unstable)))]
fn spawn(_: &JobId, run: impl Future<Output = Settled> + Send + 'static) -> JoinHandle<Settled> {
    tokio::spawn(run)
}

/// A job's result, or what it panicked with.
async fn settle(id: JobId, task: JoinHandle<Settled>) -> (JobId, Result<Settled, Box<dyn Any + Send>>) {
    let result = task.await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => panic,
        Err(error) => Box::new(error.to_string()) as Box<dyn Any + Send>,
    });
    (id, result)
}

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
        libraries: std::sync::Arc::default(),
        units: UnitCounts::default(),
    }
}
