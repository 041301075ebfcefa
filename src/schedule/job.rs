//! One job from its start to its terminal result: timeouts, retries, and what its end is called.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::needs::Need;
use super::stop::{Stop, StopReason};
use super::work_directory::WorkDirectory;
use super::{FULL, Settled};
use crate::budget::Urgency;
use crate::diagnostics::first_error;
use crate::event::{
    EventKind, Failure, FailureKind, JobId, JobResult, Outcome, Phase, Sizes, StorageCause, UnitCounts,
};
use crate::pipeline::{
    Ahead, Blocked, BuildContext, BuildError, CellArtifacts, CoreHandle, CorePromise, InFlight, JobContext,
    Stopwatch, Track, WarningOwners, find_warnings, log_paragraph, orchestrator, renew_log, write_log,
};
use crate::plan::{CellJob, CoreJob, Target};
use crate::process::Transcript;

const INTERRUPTED: &str = "the run was interrupted";

/// How long a job that is interrupted may take to say what its processes had printed.
const FAREWELL: Duration = Duration::from_millis(400);

/// The run was interrupted, and the job had its time to end by itself.
async fn interrupted(cancel: CancellationToken) {
    cancel.cancelled().await;
    tokio::time::sleep(FAREWELL).await;
}

/// A cancelled job of which nothing was printed.
fn cancelled(reason: &str) -> Outcome {
    Outcome::Cancelled { reason: reason.to_owned(), output: String::new() }
}

fn context(
    job: JobId,
    urgency: Urgency,
    ahead: Ahead,
    target: &Target,
    cx: &BuildContext,
    began: Duration,
) -> JobContext {
    JobContext {
        track: Track::new(job, cx.events.clone(), began),
        urgency,
        ahead,
        environment: cx.environment(target.library_path.as_deref()),
        transcript: Transcript::new(cx.output_limit),
        log: Vec::new(),
        units: UnitCounts::default(),
        libraries: Arc::default(),
        has_discovered: false,
        round: 0,
        stopwatch: Stopwatch::started(),
        in_flight: None,
        misbehaved: None,
    }
}

/// Builds a core and says to its cells how it ended.
pub(super) async fn run_core(
    job: CoreJob,
    promise: CorePromise,
    cx: BuildContext,
    need: Need,
    work: WorkDirectory,
    stop: Stop,
    began: Duration,
) -> Settled {
    let id = JobId::Core(job.id.clone());
    let ahead = Ahead::of_core(&job, need.end);
    let mut jcx = context(id.clone(), Urgency::Core, ahead, &job.target, &cx, began);
    cx.events.say(EventKind::JobStarted { job: id });
    let orchestrator = orchestrator(&job.target.family);
    let (stopwatch, transcript) = (jcx.stopwatch.clone(), jcx.transcript.clone());
    let limit = need.limit;
    let result = tokio::select! {
        biased;
        result = orchestrator.build_core(&job, &promise, &cx, &mut jcx) => result.map_err(|error| outcome(error, &transcript)),
        () = interrupted(cx.cancel.clone()) => Err(outcome(BuildError::Cancelled, &transcript)),
        () = need.unwanted.cancelled() => Err(Outcome::Cancelled {
            reason: stop.reason().map_or(INTERRUPTED, StopReason::text).to_owned(),
            output: transcript.take(),
        }),
        () = stopwatch.reaches(limit) => Err(Outcome::TimedOut { after: limit, output: transcript.take() }),
    };
    jcx.ahead.learn_end(&cx.costs, result.is_ok());
    let mut done = Done::default();
    match result {
        Ok(core) => {
            done.outcome = if core.fresh { Outcome::Built } else { Outcome::UpToDate };
            done.warnings = Some(core.printed.as_str().into());
            promise.keep(Ok(Arc::new(core)));
        }
        Err(outcome) => {
            let outcome = unless_storage(outcome, &work);
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
    finish(done, jcx, &job.folder, WarningOwners::of_core()).await
}

/// Builds a cell.
pub(super) async fn run_cell(
    job: CellJob,
    core: CoreHandle,
    cx: BuildContext,
    place: impl Future<Output = InFlight>,
    work: WorkDirectory,
    stop: Stop,
    began: Duration,
) -> Settled {
    let id = JobId::Cell(job.id.clone());
    let ahead = Ahead::of_cell(&job);
    let mut jcx = context(id.clone(), Urgency::Cell, ahead, &job.target, &cx, began);
    jcx.in_flight = Some(place.await);
    jcx.stopwatch = Stopwatch::started();
    let mut done = Done::default();
    let stopped = stop.reason().map(StopReason::text);
    if let Some(reason) = if cx.cancel.is_cancelled() { Some(INTERRUPTED) } else { stopped } {
        done.outcome = cancelled(reason);
        return finish_unstarted(done, jcx);
    }
    cx.events.say(EventKind::JobStarted { job: id });
    // The tasks of ten thousand waiting cells stay small: what a build needs is made when it begins.
    Box::pin(attempts(&job, &core, &cx, &work, &stop, &mut jcx, &mut done)).await;
    let owners = WarningOwners::of_cell(&job, &jcx.libraries, cx.layout.sketches());
    finish(done, jcx, &job.folder, owners).await
}

async fn attempts(
    job: &CellJob,
    core: &CoreHandle,
    cx: &BuildContext,
    work: &WorkDirectory,
    stop: &Stop,
    jcx: &mut JobContext,
    done: &mut Done,
) {
    let orchestrator = orchestrator(&job.target.family);
    for attempt in 0..=job.retries {
        jcx.urgency = Urgency::Cell;
        let stopwatch = jcx.stopwatch.clone();
        let transcript = jcx.transcript.clone();
        let result = tokio::select! {
            biased;
            result = orchestrator.build_cell(job, core, cx, jcx) => result,
            () = interrupted(cx.cancel.clone()) => Err(BuildError::Cancelled),
            () = stopwatch.reaches(job.timeout) => {
                done.outcome = Outcome::TimedOut { after: job.timeout, output: transcript.take() };
                return;
            }
        };
        jcx.ahead.learn_end(&cx.costs, result.is_ok());
        match result {
            Ok(cell) => {
                done.outcome = if cell.fresh { Outcome::Built } else { Outcome::UpToDate };
                done.built(cell);
                return;
            }
            Err(error) => {
                let again = attempt < job.retries
                    && matches!(&error, BuildError::Failed(failure) if failure.kind == FailureKind::Infrastructure);
                let outcome = unless_storage(outcome(error, &transcript), work);
                if let Some(cell) = jcx.misbehaved.take() {
                    done.built(*cell);
                }
                if !again {
                    done.outcome = unless_blocked(outcome, core, cx, stop, jcx).await;
                    return;
                }
                jcx.log.push(format!("attempt {} failed; trying again", attempt + 1));
            }
        }
    }
}

/// What is wrong with a core is told of all its cells, whichever of the two is found first. Not where a run stops at
/// failures: a cell must say at once that it failed, for it may be the last one that the core is built for.
async fn unless_blocked(
    outcome: Outcome,
    core: &CoreHandle,
    cx: &BuildContext,
    stop: &Stop,
    jcx: &mut JobContext,
) -> Outcome {
    let Outcome::Failed(failure) = &outcome else { return outcome };
    if matches!(failure.kind, FailureKind::Storage(_)) || stop.max_failures().is_some() {
        return outcome;
    }
    jcx.track.enter(Phase::Wait);
    let verdict = tokio::select! {
        verdict = core.ready() => verdict,
        () = cx.cancel.cancelled() => return outcome,
    };
    match verdict {
        // A core that was given up says nothing of its cells.
        Err(BuildError::Blocked(Blocked { by, message })) if stop.reason().is_none() => {
            Outcome::Blocked { by, message }
        }
        _ => outcome,
    }
}

/// What is known when a job ends.
struct Done {
    outcome: Outcome,
    sizes: Option<Sizes>,
    artifacts: Vec<std::path::PathBuf>,
    /// What tools printed although they succeeded; `None` where nothing was built.
    warnings: Option<Arc<str>>,
}

impl Default for Done {
    fn default() -> Self {
        Self { outcome: cancelled(INTERRUPTED), sizes: None, artifacts: Vec::new(), warnings: None }
    }
}

impl Done {
    /// With what is there of a cell, whatever it does.
    fn built(&mut self, cell: CellArtifacts) {
        self.sizes = cell.sizes;
        self.artifacts = cell.artifacts;
        self.warnings = Some(cell.printed.into());
    }
}

fn outcome(error: BuildError, transcript: &Transcript) -> Outcome {
    match error {
        BuildError::Failed(failure) => Outcome::Failed(*failure),
        BuildError::Blocked(Blocked { by, message }) => Outcome::Blocked { by, message },
        BuildError::Cancelled => {
            Outcome::Cancelled { reason: INTERRUPTED.to_owned(), output: transcript.take() }
        }
    }
}

/// A failure says nothing of the code where the work directory was removed, or is full and the tool does not say why it
/// failed: GCC's `lto-wrapper` does not.
fn unless_storage(outcome: Outcome, work: &WorkDirectory) -> Outcome {
    let Outcome::Failed(failure) = outcome else { return outcome };
    let path = work.path().display();
    let (cause, message) = if matches!(failure.kind, FailureKind::Storage(_)) {
        return Outcome::Failed(failure);
    } else if work.is_gone() {
        (StorageCause::Gone, format!("{path} has vanished while the run was going on"))
    } else if let Some(free) = work.free().filter(|free| *free < FULL)
        && !failure.command.is_empty()
        && first_error(&failure.diagnostic).is_none()
    {
        (StorageCause::Full, format!("{} ({free} bytes free in {path})", failure.message))
    } else {
        return Outcome::Failed(failure);
    };
    Outcome::Failed(Failure { kind: FailureKind::Storage(cause), message, location: None, ..failure })
}

/// `600 s`, `0.5 s`.
fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

async fn finish(done: Done, mut jcx: JobContext, folder: &Path, owners: WarningOwners) -> Settled {
    match &done.outcome {
        Outcome::Failed(failure) => {
            jcx.log.push(failure.command.join(" "));
            jcx.log.push(failure.diagnostic.clone());
        }
        Outcome::TimedOut { output, .. } | Outcome::Cancelled { output, .. } => jcx.log.push(output.clone()),
        _ => {}
    }
    let paragraph = log_paragraph(&jcx.libraries);
    // A log that can't be written is no result's fault, whatever the reason.
    if !matches!(done.outcome, Outcome::UpToDate) {
        jcx.log.extend(done.warnings.iter().filter(|text| !text.is_empty()).map(ToString::to_string));
        let (folder, log) = (folder.to_owned(), std::mem::take(&mut jcx.log));
        let log: Vec<String> = paragraph.into_iter().chain(log).collect();
        let _ = tokio::task::spawn_blocking(move || write_log(&folder, &log)).await;
    } else if let Some(paragraph) = paragraph.filter(|_| jcx.has_discovered) {
        let folder = folder.to_owned();
        let _ = tokio::task::spawn_blocking(move || renew_log(&folder, &paragraph)).await;
    }
    let log = Some(folder.join("build.log")).filter(|log| log.is_file());
    let warning_list = match done.warnings.clone() {
        Some(printed) => Some(find_warnings(owners, printed).await),
        None => None,
    };
    let (result, place) = finish_unstarted(done, jcx);
    (JobResult { log, warning_list, ..result }, place)
}

fn finish_unstarted(done: Done, mut jcx: JobContext) -> Settled {
    let place = jcx.in_flight.take();
    let result = JobResult {
        job: jcx.track.job().clone(),
        outcome: done.outcome,
        span: jcx.track.finish(),
        sizes: done.sizes,
        artifacts: done.artifacts,
        log: None,
        warnings: done.warnings.as_deref().unwrap_or_default().to_owned(),
        warning_list: None,
        libraries: std::mem::take(&mut jcx.libraries),
        units: jcx.units,
    };
    (result, place)
}
