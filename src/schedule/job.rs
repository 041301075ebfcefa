//! One job from its start to its result: timeouts, retries, interruption.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::finish::{Done, Settled, finish, finish_unstarted};
use super::judge::judge;
use super::needs::Need;
use super::outcome::{INTERRUPTED, cancelled, outcome, unless_storage};
use super::stop::{Stop, StopReason};
use super::work_directory::WorkDirectory;
use crate::budget::Urgency;
use crate::event::{BaseCell, CellId, EventKind, FailureKind, JobId, Outcome, Phase, UnitCounts};
use crate::pipeline::{
    Ahead, Blocked, BuildContext, BuildError, CoreHandle, CorePromise, InFlight, JobContext, JobLibraries,
    Stopwatch, Track, WarningOwners, build_cell, build_core,
};
use crate::plan::{CellJob, CoreJob, Date, Target, judged};
use crate::process::Transcript;

/// Time for an interrupted job to collect the output of its processes.
const FAREWELL: Duration = Duration::from_millis(400);

/// State shared by the jobs of a run.
pub(super) struct Shared {
    pub(super) cx: BuildContext,
    pub(super) work: WorkDirectory,
    pub(super) stop: Stop,
    /// Start of the jobs, in time since the run began.
    pub(super) began: Duration,
    /// The cells of the base, for growth budgets.
    pub(super) base: HashMap<CellId, BaseCell>,
    /// The date of the run.
    pub(super) today: Date,
}

impl Shared {
    /// Returns the context of a job.
    fn job(&self, id: JobId, urgency: Urgency, ahead: Ahead, target: &Target) -> JobContext {
        let cx = &self.cx;
        JobContext {
            track: Track::new(id, cx.runner.events.clone(), self.began),
            urgency,
            ahead,
            environment: cx.environment(target.library_path.as_deref()),
            transcript: Transcript::new(cx.runner.output_limit),
            log: Vec::new(),
            units: UnitCounts::default(),
            libraries: JobLibraries::default(),
            round: 0,
            stopwatch: Stopwatch::started(),
            in_flight: None,
        }
    }
}

/// Completes when the run was interrupted and the job had [`FAREWELL`] to end by itself.
async fn interrupted(cancel: CancellationToken) {
    cancel.cancelled().await;
    tokio::time::sleep(FAREWELL).await;
}

/// Builds a core, and reports its end to its cells.
pub(super) async fn run_core(job: CoreJob, promise: CorePromise, need: Need, shared: Arc<Shared>) -> Settled {
    let cx = &shared.cx;
    let id = JobId::Core(job.id.clone());
    let ahead = Ahead::of_core(&job, need.end);
    let mut jcx = shared.job(id.clone(), Urgency::Core, ahead, &job.target);
    cx.runner.events.say(EventKind::JobStarted { job: id });
    let (stopwatch, transcript) = (jcx.stopwatch.clone(), jcx.transcript.clone());
    let limit = need.limit;
    let result = tokio::select! {
        biased;
        result = build_core(&job, &promise, cx, &mut jcx) => result.map_err(|error| outcome(error, &transcript)),
        () = interrupted(cx.runner.cancel.clone()) => Err(outcome(BuildError::Cancelled, &transcript)),
        () = need.unwanted.cancelled() => Err(match shared.stop.reason() {
            Some(reason) => shared.stop.outcome(reason, transcript.take()),
            None => outcome(BuildError::Cancelled, &transcript),
        }),
        () = stopwatch.reaches(limit) => Err(Outcome::TimedOut { after: limit, output: transcript.take() }),
    };
    jcx.ahead.learn_end(&cx.runner.costs, result.is_ok());
    let mut done = Done::default();
    match result {
        Ok(core) => {
            done.outcome = if core.fresh { Outcome::Built } else { Outcome::UpToDate };
            done.warnings = Some(core.printed.as_str().into());
            promise.keep(Ok(Arc::new(core)));
        }
        Err(outcome) => {
            let outcome = unless_storage(outcome, &shared.work);
            let message = match &outcome {
                Outcome::Failed(failure) => failure.summary(),
                Outcome::TimedOut { after, .. } => format!("it took longer than {}", seconds(*after)),
                Outcome::Cancelled { reason, .. } => reason.clone(),
                other => other.word().to_owned(),
            };
            done.outcome = outcome;
            promise.keep(Err(Blocked { by: job.id.clone(), message }));
        }
    }
    finish(done, jcx, &job.directory, WarningOwners::of_core()).await
}

/// Builds a cell.
pub(super) async fn run_cell(
    job: CellJob,
    core: CoreHandle,
    place: impl Future<Output = InFlight>,
    shared: Arc<Shared>,
) -> Settled {
    let place = place.await;
    // The tasks of ten thousand waiting cells stay small: the state of a build is created when it begins.
    let cx = &shared.cx;
    let id = JobId::Cell(job.id.clone());
    let ahead = Ahead::of_cell(&job);
    let mut jcx = shared.job(id.clone(), Urgency::Cell, ahead, &job.target);
    jcx.in_flight = Some(place);
    let mut done = Done::default();
    let interrupted = cx.runner.cancel.is_cancelled().then(|| cancelled(INTERRUPTED));
    let stopped = || shared.stop.reason().map(|reason| shared.stop.outcome(reason, String::new()));
    if let Some(outcome) = interrupted.or_else(stopped) {
        done.outcome = outcome;
        return finish_unstarted(done, jcx);
    }
    cx.runner.events.say(EventKind::JobStarted { job: id });
    Box::pin(attempts(&job, &core, &shared, &mut jcx, &mut done)).await;
    let owners = WarningOwners::of_cell(&job, &jcx.libraries.list, cx.layout.sketches());
    let (mut result, place) = finish(done, jcx, &job.directory, owners).await;
    judge(&mut result, &job.checks, shared.base.get(&job.id));
    result.outcome = judged(result.outcome, job.terms.expect.as_deref(), shared.today);
    (result, place)
}

/// Builds a cell, with its retries.
async fn attempts(job: &CellJob, core: &CoreHandle, shared: &Shared, jcx: &mut JobContext, done: &mut Done) {
    let cx = &shared.cx;
    for attempt in 0..=job.retries {
        jcx.urgency = Urgency::Cell;
        let stopwatch = jcx.stopwatch.clone();
        let transcript = jcx.transcript.clone();
        let result = tokio::select! {
            biased;
            result = build_cell(job, core, cx, jcx) => result,
            () = interrupted(cx.runner.cancel.clone()) => Err(BuildError::Cancelled),
            () = stopwatch.reaches(job.timeout) => {
                done.outcome = Outcome::TimedOut { after: job.timeout, output: transcript.take() };
                return;
            }
            () = shared.stop.limit_reached() => {
                done.outcome = shared.stop.outcome(StopReason::FailureLimit, transcript.take());
                return;
            }
        };
        let error = match result {
            Ok(mut cell) => {
                let misbehaved = cell.misbehaved.take();
                done.outcome = if cell.fresh { Outcome::Built } else { Outcome::UpToDate };
                done.built(cell);
                misbehaved.map(BuildError::Failed)
            }
            Err(error) => Some(error),
        };
        jcx.ahead.learn_end(&cx.runner.costs, error.is_none());
        let Some(error) = error else { return };
        let again = attempt < job.retries
            && matches!(&error, BuildError::Failed(failure) if failure.kind == FailureKind::Infrastructure);
        if !again {
            let outcome = unless_storage(outcome(error, &transcript), &shared.work);
            done.outcome = unless_blocked(outcome, core, shared, jcx).await;
            return;
        }
        if let BuildError::Failed(failure) = error {
            jcx.log.extend([failure.command.join(" "), failure.diagnostic.clone()]);
            done.retried.push(*failure);
        }
        jcx.log.push(format!("attempt {} failed; trying again", attempt + 1));
    }
}

/// Blocks a failed cell by its core, if that fails too: a core failure is reported on every dependent cell. With a
/// limit of failures the cell does not wait for its core, which may be built for this cell only.
async fn unless_blocked(
    outcome: Outcome,
    core: &CoreHandle,
    shared: &Shared,
    jcx: &mut JobContext,
) -> Outcome {
    let Outcome::Failed(failure) = &outcome else { return outcome };
    if matches!(failure.kind, FailureKind::Storage(_)) || shared.stop.max_failures().is_some() {
        return outcome;
    }
    jcx.track.enter(Phase::Wait);
    let verdict = tokio::select! {
        verdict = core.ready() => verdict,
        () = shared.cx.runner.cancel.cancelled() => return outcome,
    };
    match verdict {
        // The cancellation of an unneeded core does not concern its cells.
        Err(BuildError::Blocked(Blocked { by, message })) if shared.stop.reason().is_none() => {
            Outcome::Blocked { by, message }
        }
        _ => outcome,
    }
}

/// Returns a time as `600 s` or `0.5 s`.
fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}
