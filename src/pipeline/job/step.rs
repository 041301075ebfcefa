//! A step that holds a slot. One event reports how long the slot was held, also for a step that is dropped
//! with its job at a timeout or an interrupt.

use std::path::PathBuf;
use std::time::Duration;

use super::ahead::{Ahead, Part};
use super::stopwatch::Stopwatch;
use crate::budget::{Cost, Slot, Urgency};
use crate::event::{CacheOutcome, EventKind, JobId, Span, Step, StepInfo, whole_micros};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::shared::runner::Runner;
use crate::process::{Environment, Finished, Meter, Process, Transcript, run};

/// A step that needs a slot: its description in events and its expected costs.
#[derive(Debug, Clone)]
pub(in crate::pipeline) struct StepName {
    pub(in crate::pipeline) job: JobId,
    pub(in crate::pipeline) urgency: Urgency,
    pub(in crate::pipeline) step: Step,
    pub(in crate::pipeline) label: String,
    /// The part of the job that the step belongs to.
    pub(in crate::pipeline) part: Part,
    pub(in crate::pipeline) ahead: Ahead,
    /// Stopwatch of the job: stopped while all of the job's steps wait for slots.
    pub(in crate::pipeline) stopwatch: Stopwatch,
    /// Reason why the command runs in every run, if it does.
    pub(in crate::pipeline) uncacheable: Option<String>,
}

/// A step in its slot.
pub(in crate::pipeline) struct Held<'a> {
    runner: &'a Runner,
    name: &'a StepName,
    slot: Slot,
    start: Duration,
    told: bool,
}

impl<'a> Held<'a> {
    /// Waits for a slot; the step begins once the slot is granted.
    pub(in crate::pipeline) async fn wait(runner: &'a Runner, name: &'a StepName) -> Self {
        let waiting = name.stopwatch.waits_for_slot();
        let slot = runner.slots.acquire(name.ahead.ask(&runner.costs, name.urgency, name.part)).await;
        waiting.granted();
        Self { runner, name, slot, start: runner.events.now(), told: false }
    }

    /// Reports the end of the step; `ran` is the run time of its process, if known.
    pub(in crate::pipeline) fn done(mut self, ran: Option<Duration>, cache: Option<CacheOutcome>) {
        self.tell(ran, cache, false);
    }

    /// Reports the end of a compile, and remembers its cost unless it was a cache hit.
    pub(in crate::pipeline) fn compiled(
        self,
        ran: Option<Duration>,
        cache: CacheOutcome,
        meter: &Meter,
        succeeded: bool,
    ) {
        if let Part::Compile(subject) = &self.name.part
            && cache != CacheOutcome::Hit
        {
            let time = ran.unwrap_or_else(|| self.runner.events.now().saturating_sub(self.start));
            let cost = Cost { time: succeeded.then_some(time), memory: meter.peak() };
            self.runner.costs.learn(subject, cost);
        }
        self.done(ran, Some(cache));
    }

    fn tell(&mut self, ran: Option<Duration>, cache: Option<CacheOutcome>, cut_short: bool) {
        self.told = true;
        let span = Span { start: self.start, end: self.runner.events.now() };
        self.runner.events.say(EventKind::StepFinished(StepInfo {
            job: self.name.job.clone(),
            step: self.name.step,
            label: self.name.label.clone(),
            slot: self.slot.index,
            span,
            process: ran
                .map(|ran| Span { start: span.start, end: (span.start + whole_micros(ran)).min(span.end) }),
            cache,
            cut_short,
        }));
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if !self.told {
            self.tell(None, None, true);
        }
        self.name.stopwatch.left_slot();
    }
}

/// A command line.
#[derive(Debug, Clone)]
pub(in crate::pipeline) struct CommandLine {
    /// The command of the recipe, as users see it.
    pub(in crate::pipeline) argv: Vec<String>,
    /// Options that this program adds for the compiler.
    pub(in crate::pipeline) added: Vec<String>,
    /// Whether temporary files get relative names ([`Environment::RELATIVE_TEMPORARY`]).
    pub(in crate::pipeline) has_relative_temporary: bool,
    /// Reason why it runs in every run, if it does.
    pub(in crate::pipeline) uncacheable: Option<String>,
}

impl From<Vec<String>> for CommandLine {
    fn from(argv: Vec<String>) -> Self {
        Self { argv, added: Vec::new(), has_relative_temporary: false, uncacheable: None }
    }
}

impl CommandLine {
    /// Returns its process in an environment.
    pub(super) fn process(&self, cwd: PathBuf, environment: &Environment) -> Process {
        let mut argv = self.argv.clone();
        let at = first_option(&argv);
        argv.splice(at..at, self.added.iter().cloned());
        let is_relative = self.has_relative_temporary;
        let environment =
            if is_relative { environment.with_relative_temporary() } else { environment.clone() };
        process(argv, cwd, environment)
    }
}

/// Returns the index for added options: before the command's first option. That option is the compiler's,
/// also after a wrapper (`env avr-gcc`, `sh gcc.sh`).
pub(in crate::pipeline) fn first_option(argv: &[String]) -> usize {
    let first = argv.iter().skip(1).position(|word| word.starts_with('-'));
    first.map_or_else(|| argv.len().min(1), |at| at + 1)
}

/// Returns the process for a non-empty argv.
pub(in crate::pipeline) fn process(mut argv: Vec<String>, cwd: PathBuf, environment: Environment) -> Process {
    let args = argv.split_off(argv.len().min(1));
    Process { program: argv.pop().unwrap_or_default().into(), args, cwd, environment }
}

/// Runs a process in a slot and reports the step.
pub(in crate::pipeline) async fn run_in_slot(
    runner: &Runner,
    name: &StepName,
    process: &Process,
    transcript: &Transcript,
) -> Result<Finished, BuildError> {
    let held = Held::wait(runner, name).await;
    let finished = run(process, &runner.cancel, transcript, &runner.peaks.meter())
        .await
        .map_err(|error| BuildError::process(name.step, &error))?;
    let cache = name.uncacheable.clone().map(|reason| CacheOutcome::Uncacheable { reason });
    held.done(Some(finished.ended.duration_since(finished.started)), cache);
    Ok(finished)
}
