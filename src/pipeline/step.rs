//! A step that holds a slot. Whatever becomes of it, one event tells for how long it held it: also of one
//! that is dropped with its job, at a timeout or an interrupt.

use std::time::Duration;

use super::BuildContext;
use super::ahead::{Ahead, Part};
use super::context::Stopwatch;
use crate::budget::Cost;
use crate::budget::{Slot, Urgency};
use crate::event::{CacheOutcome, EventKind, JobId, Span, Step, StepInfo};
use crate::process::Meter;

/// A step that is to be given to a slot: what it says of itself.
#[derive(Debug, Clone)]
pub(super) struct StepName {
    pub(super) job: JobId,
    pub(super) urgency: Urgency,
    pub(super) step: Step,
    pub(super) label: String,
    /// What it is to its job, and what is ahead of that.
    pub(super) part: Part,
    pub(super) ahead: Ahead,
    /// Of the job: it does not run while all that the job does is to wait for a slot.
    pub(super) stopwatch: Stopwatch,
}

/// A step in its slot.
pub(super) struct Held<'a> {
    cx: &'a BuildContext,
    name: &'a StepName,
    slot: Slot,
    start: Duration,
    told: bool,
}

impl<'a> Held<'a> {
    /// Waits for a slot; the step begins when there is one.
    pub(super) async fn wait(cx: &'a BuildContext, name: &'a StepName) -> Self {
        let waiting = name.stopwatch.waits_for_slot();
        let slot = cx.slots.acquire(name.ahead.ask(&cx.costs, name.urgency, name.part)).await;
        waiting.granted();
        Self { cx, name, slot, start: cx.events.now(), told: false }
    }

    /// The step has ended; `ran` is for how long its process itself ran, where that is known.
    pub(super) fn done(mut self, ran: Option<Duration>, cache: Option<CacheOutcome>) {
        self.tell(ran, cache, false);
    }

    /// A compile has ended, and what it took is remembered, unless the cache had the object.
    pub(super) fn compiled(self, ran: Option<Duration>, cache: CacheOutcome, meter: &Meter, succeeded: bool) {
        if let Part::Compile(subject) = &self.name.part
            && cache != CacheOutcome::Hit
        {
            let time = ran.unwrap_or_else(|| self.cx.events.now().saturating_sub(self.start));
            let cost = Cost { time: succeeded.then_some(time), memory: meter.peak() };
            self.cx.costs.learn(subject, cost);
        }
        self.done(ran, Some(cache));
    }

    fn tell(&mut self, ran: Option<Duration>, cache: Option<CacheOutcome>, cut_short: bool) {
        self.told = true;
        let span = Span { start: self.start, end: self.cx.events.now() };
        self.cx.events.say(EventKind::StepFinished(StepInfo {
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
