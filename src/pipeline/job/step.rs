//! A step that holds a slot. Whatever becomes of it, one event tells for how long it held it: also of one
//! that is dropped with its job, at a timeout or an interrupt.

use std::path::PathBuf;
use std::time::Duration;

use super::ahead::{Ahead, Part};
use super::stopwatch::Stopwatch;
use crate::budget::{Cost, Slot, Urgency};
use crate::event::{CacheOutcome, EventKind, JobId, Span, Step, StepInfo};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::shared::runner::Runner;
use crate::process::{Environment, Finished, Meter, Process, Transcript, run};

/// A step that is to be given to a slot: what it says of itself.
#[derive(Debug, Clone)]
pub(in crate::pipeline) struct StepName {
    pub(in crate::pipeline) job: JobId,
    pub(in crate::pipeline) urgency: Urgency,
    pub(in crate::pipeline) step: Step,
    pub(in crate::pipeline) label: String,
    /// What it is to its job, and what is ahead of that.
    pub(in crate::pipeline) part: Part,
    pub(in crate::pipeline) ahead: Ahead,
    /// Of the job: it does not run while all that the job does is to wait for a slot.
    pub(in crate::pipeline) stopwatch: Stopwatch,
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
    /// Waits for a slot; the step begins when there is one.
    pub(in crate::pipeline) async fn wait(runner: &'a Runner, name: &'a StepName) -> Self {
        let waiting = name.stopwatch.waits_for_slot();
        let slot = runner.slots.acquire(name.ahead.ask(&runner.costs, name.urgency, name.part)).await;
        waiting.granted();
        Self { runner, name, slot, start: runner.events.now(), told: false }
    }

    /// The step has ended; `ran` is for how long its process itself ran, where that is known.
    pub(in crate::pipeline) fn done(mut self, ran: Option<Duration>, cache: Option<CacheOutcome>) {
        self.tell(ran, cache, false);
    }

    /// A compile has ended, and what it took is remembered, unless the cache had the object.
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
            process: ran.map(|ran| Span { start: span.start, end: (span.start + ran).min(span.end) }),
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

/// A command.
#[derive(Debug, Clone)]
pub(in crate::pipeline) struct CommandLine {
    /// As the recipe has it: what users see.
    pub(in crate::pipeline) argv: Vec<String>,
    /// Options of ours for its compiler.
    pub(in crate::pipeline) added: Vec<String>,
}

impl From<Vec<String>> for CommandLine {
    fn from(argv: Vec<String>) -> Self {
        Self { argv, added: Vec::new() }
    }
}

impl CommandLine {
    /// What is started.
    pub(super) fn started(&self) -> Vec<String> {
        let mut argv = self.argv.clone();
        let at = first_option(&argv);
        argv.splice(at..at, self.added.iter().cloned());
        argv
    }
}

/// Where options of ours go: before the first of the command's own, which is the compiler's, however it is started (`env
/// avr-gcc`, `sh gcc.sh`).
pub(in crate::pipeline) fn first_option(argv: &[String]) -> usize {
    let first = argv.iter().skip(1).position(|word| word.starts_with('-'));
    first.map_or_else(|| argv.len().min(1), |at| at + 1)
}

/// A process from an argv, which is never empty.
pub(in crate::pipeline) fn process(mut argv: Vec<String>, cwd: PathBuf, environment: Environment) -> Process {
    let args = argv.split_off(argv.len().min(1));
    Process { program: argv.pop().unwrap_or_default().into(), args, cwd, environment }
}

/// Runs a process in a slot and says so.
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
    held.done(Some(finished.ended.duration_since(finished.started)), None);
    Ok(finished)
}
