//! State of one job while it is built.

use std::path::PathBuf;
use std::sync::Arc;

use super::ahead::{Ahead, Part};
use super::core_handle::CoreHandle;
use super::in_flight::InFlight;
use super::product::{CoreArtifacts, CoreOutline};
use super::step::{CommandLine, StepName, run_in_slot};
use super::stopwatch::Stopwatch;
use super::track::Track;
use crate::budget::{Subject, Urgency};
use crate::event::{Phase, Step, UnitCounts, UsedLibrary};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::shared::context::BuildContext;
use crate::process::{Environment, Finished, Transcript};

/// State that belongs to one job.
#[derive(Debug)]
pub struct JobContext {
    /// Phases of the job.
    pub track: Track,
    /// Priority class of the job's steps.
    pub urgency: Urgency,
    /// Expected costs of the job.
    pub ahead: Ahead,
    /// Environment of the job's processes.
    pub environment: Environment,
    /// Output of processes that were cut short.
    pub transcript: Transcript,
    /// Paragraphs of `build.log`.
    pub log: Vec<String>,
    /// Numbers of units that were compiled, restored from the cache or reused.
    pub units: UnitCounts,
    /// Libraries that the job is built with.
    pub libraries: JobLibraries,
    /// Number of hooks that have run since the first compile was planned. It enters the keys of plans,
    /// because a hook can change the files that a plan was made from.
    pub round: u32,
    /// Time at work, without waits.
    pub stopwatch: Stopwatch,
    /// Place among the cells in flight; `None` for a core.
    pub in_flight: Option<InFlight>,
}

/// The libraries of a job.
#[derive(Debug, Clone, Default)]
pub struct JobLibraries {
    /// Each library with the reason why it was chosen.
    pub list: Arc<Vec<UsedLibrary>>,
    /// Whether they were discovered in this run.
    pub has_discovered: bool,
}

impl JobContext {
    /// Returns the name of a step of this job.
    pub(in crate::pipeline) fn step(&self, step: Step, label: impl Into<String>) -> StepName {
        let is_end = self.urgency == Urgency::CellEnd || step == Step::Archive;
        let part = if is_end { Part::End(step) } else { Part::Before };
        StepName {
            job: self.track.job().clone(),
            urgency: self.urgency,
            step,
            label: label.into(),
            part,
            ahead: self.ahead,
            stopwatch: self.stopwatch.clone(),
            uncacheable: None,
        }
    }

    /// Returns the name of a compile of this job: see [`Ahead::unit`].
    pub(in crate::pipeline) fn compile(&self, unit: Subject, label: &str) -> StepName {
        StepName { part: Part::Compile(unit), ..self.step(Step::Compile, label) }
    }

    /// Records the libraries that were discovered in this run.
    pub(in crate::pipeline) fn discovered(&mut self, libraries: Vec<UsedLibrary>) {
        self.libraries = JobLibraries { list: Arc::new(libraries), has_discovered: true };
    }

    /// Waits until a core is planned.
    pub(in crate::pipeline) async fn outline_of(
        &mut self,
        core: &CoreHandle,
    ) -> Result<Arc<CoreOutline>, BuildError> {
        if !core.is_outlined() {
            self.track.enter(Phase::Wait);
        }
        // The cell keeps its place: planning the core takes no longer than planning the cell did.
        self.stopwatch.pause();
        let outline = core.outline().await;
        self.stopwatch.resume();
        outline
    }

    /// Waits until a core is built. Meanwhile the job leaves its place among the cells in flight, and its
    /// stopwatch is paused. All later steps have the class [`Urgency::CellEnd`].
    pub(in crate::pipeline) async fn wait_for(
        &mut self,
        cx: &BuildContext,
        core: &CoreHandle,
    ) -> Result<Arc<CoreArtifacts>, BuildError> {
        self.urgency = Urgency::CellEnd;
        if core.is_ready() {
            return core.ready().await;
        }
        self.track.enter(Phase::Wait);
        self.stopwatch.pause();
        if let Some(in_flight) = &mut self.in_flight {
            in_flight.leave();
        }
        let ready = core.ready().await;
        if let Some(in_flight) = &mut self.in_flight {
            in_flight.come_back(self.ahead.end(&cx.runner.costs)).await;
        }
        self.stopwatch.resume();
        ready
    }

    /// Runs a command of this job in a slot of its own; an exit code other than 0 is an error.
    pub(in crate::pipeline) async fn command(
        &mut self,
        cx: &BuildContext,
        step: Step,
        label: impl Into<String>,
        command: impl Into<CommandLine>,
        cwd: PathBuf,
    ) -> Result<Finished, BuildError> {
        let command = command.into();
        let name = StepName { uncacheable: command.uncacheable.clone(), ..self.step(step, label) };
        let process = command.process(cwd, &self.environment);
        let finished = run_in_slot(&cx.runner, &name, &process, &self.transcript).await?;
        if let Part::End(_) = name.part {
            self.ahead.spent(finished.ended.duration_since(finished.started), finished.peak);
        }
        let printed = cx.checkout.with_own_names(&String::from_utf8_lossy(&finished.printed()));
        if finished.end.succeeded() {
            self.log.push(command.argv.join(" "));
            if !printed.is_empty() && step != Step::Size {
                self.log.push(printed);
            }
            Ok(finished)
        } else {
            Err(BuildError::command(step, command.argv, finished.end, printed.as_bytes()))
        }
    }
}
