//! State of one job while it is built.

use std::path::PathBuf;
use std::sync::Arc;

use super::ahead::{Ahead, Part};
use super::core_handle::CoreHandle;
use super::in_flight::InFlight;
use super::product::{CoreArtifacts, CoreOutline};
use super::step::{CommandLine, StepName, process, run_in_slot};
use super::stopwatch::Stopwatch;
use super::track::Track;
use crate::budget::{Subject, Urgency};
use crate::event::{Phase, Step, UnitCounts, UsedLibrary};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::shared::context::BuildContext;
use crate::process::{Environment, Finished, Transcript};

/// What one job has to itself.
#[derive(Debug)]
pub struct JobContext {
    /// Its phases.
    pub track: Track,
    /// How urgent its steps are.
    pub urgency: Urgency,
    /// What is ahead of it.
    pub ahead: Ahead,
    /// The environment of its processes.
    pub environment: Environment,
    /// What its processes had printed when they were cut short.
    pub transcript: Transcript,
    /// What goes into its `build.log`.
    pub log: Vec<String>,
    /// Where its objects came from.
    pub units: UnitCounts,
    /// The libraries that it is built with.
    pub libraries: JobLibraries,
    /// How many hooks have run since its first compile was planned: what was planned before one may be another thing
    /// behind it.
    pub round: u32,
    /// How long it has been at work, without its waits.
    pub stopwatch: Stopwatch,
    /// Its place among the cells in flight; `None` for a core.
    pub in_flight: Option<InFlight>,
}

/// The libraries of a job.
#[derive(Debug, Clone, Default)]
pub struct JobLibraries {
    /// Each with why it was chosen.
    pub list: Arc<Vec<UsedLibrary>>,
    /// Whether they were discovered in this run.
    pub has_discovered: bool,
}

impl JobContext {
    /// A step of this job.
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
        }
    }

    /// The compile of a unit for this job: see [`Ahead::unit`].
    pub(in crate::pipeline) fn compile(&self, unit: Subject, label: &str) -> StepName {
        StepName { part: Part::Compile(unit), ..self.step(Step::Compile, label) }
    }

    /// Notes the libraries that were looked for and found in this run.
    pub(in crate::pipeline) fn discovered(&mut self, libraries: Vec<UsedLibrary>) {
        self.libraries = JobLibraries { list: Arc::new(libraries), has_discovered: true };
    }

    /// Waits until it is known what a core is going to be.
    pub(in crate::pipeline) async fn outline_of(
        &mut self,
        core: &CoreHandle,
    ) -> Result<Arc<CoreOutline>, BuildError> {
        if !core.is_outlined() {
            self.track.enter(Phase::Wait);
        }
        // It keeps its place: this takes no longer than its own planning did.
        self.stopwatch.pause();
        let outline = core.outline().await;
        self.stopwatch.resume();
        outline
    }

    /// Waits for a core; what follows finishes the cell. Meanwhile the job gives up its place, and its
    /// time does not count.
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
        let name = self.step(step, label);
        let command = command.into();
        let process = process(command.started(), cwd, self.environment.clone());
        let finished = run_in_slot(&cx.runner, &name, &process, &self.transcript).await?;
        if let Part::End(_) = name.part {
            self.ahead.spent(finished.ended.duration_since(finished.started), finished.peak);
        }
        self.log.push(command.argv.join(" "));
        let printed = cx.checkout.with_own_names(&String::from_utf8_lossy(&finished.printed()));
        if finished.end.succeeded() {
            if !printed.is_empty() && step != Step::Size {
                self.log.push(printed);
            }
            Ok(finished)
        } else {
            Err(BuildError::command(step, command.argv, finished.end, printed.as_bytes()))
        }
    }
}
