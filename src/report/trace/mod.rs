//! `trace.json`: the run as a Chrome trace (the JSON object format of the Trace Event Format), for
//! Perfetto and `chrome://tracing`. Three processes: the run with its phases and downloads, the slots
//! with the steps that held them, and the jobs with their phases. Knows nothing of outcomes beyond their
//! name.

mod lanes;

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value, json};

use super::file::ReportFile;
use super::timing::phase_word;
use super::{Reporter, text};
use crate::event::{CacheOutcome, Event, EventKind, JobId, Phase, RunPhase, Span, Step, StepInfo};

/// Writes `trace.json`.
pub(super) struct Trace {
    file: ReportFile,
    fold: Fold,
}

impl Trace {
    pub(super) fn new(file: ReportFile) -> Self {
        Self { file, fold: Fold::default() }
    }
}

impl Reporter for Trace {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        self.fold.fold(event);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.file.write(|writer| self.fold.write(writer))
    }
}

#[derive(Debug, Default)]
struct Fold {
    name: String,
    run: Vec<(RunPhase, Span)>,
    /// What is being brought in, since when.
    open: IndexMap<String, Duration>,
    brought: Vec<(String, Span)>,
    stopping: Option<(String, Duration)>,
    /// Jobs are named once: a step knows its place here.
    names: IndexSet<JobId>,
    steps: Vec<Held>,
    jobs: IndexMap<JobId, Row>,
    last: Duration,
}

/// A step, with as little as it takes: there can be a hundred thousand.
#[derive(Debug)]
struct Held {
    job: usize,
    step: Step,
    label: Box<str>,
    slot: usize,
    span: Span,
    process: Option<Span>,
    cache: Option<Box<str>>,
    cut_short: bool,
}

/// A job.
#[derive(Debug, Default)]
struct Row {
    phases: Vec<(Phase, Span)>,
    end: Option<(&'static str, Span)>,
}

/// The process ids of the tracks.
const RUN: usize = 1;
const SLOTS: usize = 2;
const JOBS: usize = 3;

impl Fold {
    fn fold(&mut self, event: &Event) {
        self.last = self.last.max(event.at);
        match &event.kind {
            EventKind::RunStarted(info) => self.name.clone_from(&info.name),
            EventKind::SetupStarted { what } => {
                self.open.insert(what.clone(), event.at);
            }
            EventKind::SetupFinished { what, .. } => {
                if let Some(start) = self.open.shift_remove(what) {
                    self.brought.push((what.clone(), Span { start, end: event.at }));
                }
            }
            EventKind::RunPhase { phase, span } => self.run.push((*phase, *span)),
            EventKind::StepFinished(step) => self.step(step),
            EventKind::JobPhase { job, phase, span } => {
                self.jobs.entry(job.clone()).or_default().phases.push((*phase, *span));
            }
            EventKind::JobFinished(result) => {
                self.jobs.entry(result.job.clone()).or_default().end =
                    Some((result.outcome.word(), result.span));
            }
            EventKind::Stopping { reason } => self.stopping = Some((reason.clone(), event.at)),
            EventKind::SetupProgress { .. }
            | EventKind::Log { .. }
            | EventKind::Planned { .. }
            | EventKind::JobStarted { .. }
            | EventKind::RunFinished { .. } => {}
        }
    }

    fn step(&mut self, step: &StepInfo) {
        let (job, _) = self.names.insert_full(step.job.clone());
        let cache = step.cache.as_ref().map(|cache| match cache {
            CacheOutcome::Hit => "hit".into(),
            CacheOutcome::Miss => "miss".into(),
            CacheOutcome::Uncacheable { reason } => format!("uncacheable: {reason}").into(),
            CacheOutcome::Bypassed { reason } => format!("bypassed: {reason}").into(),
        });
        self.steps.push(Held {
            job,
            step: step.step,
            label: step.label.as_str().into(),
            slot: step.slot,
            span: step.span,
            process: step.process,
            cache,
            cut_short: step.cut_short,
        });
    }

    fn write(&self, writer: &mut dyn io::Write) -> io::Result<()> {
        let mut out = Out { writer, events: 0 };
        out.writer.write_all(b"{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n")?;
        self.write_run(&mut out)?;
        self.write_slots(&mut out)?;
        self.write_jobs(&mut out)?;
        out.writer.write_all(b"\n]}\n")
    }

    fn write_run(&self, out: &mut Out<'_>) -> io::Result<()> {
        out.process(RUN, &format!("run {}", self.name))?;
        out.track(RUN, 0, "phases")?;
        let mut track = Track::default();
        let mut phases: Vec<&(RunPhase, Span)> = self.run.iter().collect();
        phases.sort_by_key(|(_, span)| (span.start, span.end));
        for (phase, span) in phases {
            let name = match phase {
                RunPhase::Setup => "setup",
                RunPhase::Plan => "plan",
                RunPhase::Build => "build",
                RunPhase::Finish => "finish",
            };
            out.complete(RUN, 0, name, "run", track.place(*span), &[])?;
        }
        if let Some((reason, at)) = &self.stopping {
            out.event(&json!({
                "name": format!("stopping: {reason}"), "cat": "run", "ph": "i", "s": "g",
                "ts": micros(*at), "pid": RUN, "tid": 0,
            }))?;
        }
        // What was still being brought in when the run ended is shown up to there.
        let open =
            self.open.iter().map(|(what, start)| (what.clone(), Span { start: *start, end: self.last }));
        let brought: Vec<(String, Span)> = self.brought.iter().cloned().chain(open).collect();
        in_lanes(out, RUN, "set-up", &brought, |out, tid, (what, _), span| {
            out.complete(RUN, tid, what, "setup", span, &[])
        })
    }

    fn write_slots(&self, out: &mut Out<'_>) -> io::Result<()> {
        out.process(SLOTS, "slots")?;
        for slot in self.steps.iter().map(|step| step.slot).collect::<BTreeSet<usize>>() {
            out.track(SLOTS, slot, &format!("slot {slot}"))?;
        }
        let mut order: Vec<&Held> = self.steps.iter().collect();
        order.sort_by_key(|step| (step.slot, step.span.start, step.span.end));
        let mut track = (0, Track::default());
        for step in order {
            if track.0 != step.slot {
                track = (step.slot, Track::default());
            }
            let span = track.1.place(step.span);
            let job = self.names.get_index(step.job).map(ToString::to_string).unwrap_or_default();
            let word = step.step.word();
            let mut args = vec![("job", job.as_str()), ("of", &step.label)];
            args.extend(step.cache.as_deref().map(|cache| ("cache", cache)));
            args.extend(step.cut_short.then_some(("ended", "before its time")));
            out.complete(SLOTS, step.slot, &format!("{job}: {word} {}", step.label), word, span, &args)?;
            if let Some(process) = step.process {
                out.complete(SLOTS, step.slot, "process", "process", within(process, span), &[])?;
            }
        }
        Ok(())
    }

    fn write_jobs(&self, out: &mut Out<'_>) -> io::Result<()> {
        out.process(JOBS, "jobs")?;
        // Every job queues from the end of planning on: without that wait, as many lanes do as there were
        // jobs in flight.
        let jobs: Vec<((&JobId, &Row), Span)> = self
            .jobs
            .iter()
            .map(|(id, row)| {
                let end = row.end.map_or(self.last, |(_, span)| span.end);
                let queued =
                    row.phases.iter().filter(|(phase, _)| *phase == Phase::Queue).map(|(_, span)| span.end);
                // Without any phase it never did anything: a point.
                let start = queued.max().or(row.phases.first().map(|(_, span)| span.start)).unwrap_or(end);
                ((id, row), Span { start: start.min(end), end })
            })
            .collect();
        in_lanes(out, JOBS, "jobs", &jobs, |out, tid, ((id, row), _), span| {
            let outcome = row.end.map_or("cancelled", |(word, _)| word);
            let kind = match id {
                JobId::Core(_) => "core",
                JobId::Cell(_) => "cell",
            };
            out.complete(JOBS, tid, &id.to_string(), kind, span, &[("outcome", outcome)])?;
            let mut track = Track { at: span.start };
            let mut phases: Vec<&(Phase, Span)> =
                row.phases.iter().filter(|(phase, _)| *phase != Phase::Queue).collect();
            phases.sort_by_key(|(_, told)| (told.start, told.end));
            for (phase, told) in phases {
                let told = within(track.place(*told), span);
                if !told.is_empty() {
                    out.complete(JOBS, tid, phase_word(*phase), "phase", told, &[])?;
                }
            }
            Ok(())
        })
    }
}

/// Writes spans that may overlap on as many tracks as that takes, named `name 1`, `name 2`, …
fn in_lanes<T>(
    out: &mut Out<'_>,
    pid: usize,
    name: &str,
    rows: &[(T, Span)],
    mut write: impl FnMut(&mut Out<'_>, usize, &(T, Span), Span) -> io::Result<()>,
) -> io::Result<()> {
    let spans: Vec<Span> = rows.iter().map(|(_, span)| *span).collect();
    let lanes = lanes::assign(&spans);
    for lane in 0..lanes.iter().max().map_or(0, |last| last + 1) {
        out.track(pid, lane + 1, &format!("{name} {}", lane + 1))?;
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|place| (lanes[*place], spans[*place].start, spans[*place].end));
    for place in order {
        write(out, lanes[place] + 1, &rows[place], spans[place])?;
    }
    Ok(())
}

/// Where a track has got to: spans that are told to overlap by a rounding or a race are cut so that they
/// follow one another.
#[derive(Debug, Default)]
struct Track {
    at: Duration,
}

impl Track {
    fn place(&mut self, span: Span) -> Span {
        let start = span.start.max(self.at);
        let end = span.end.max(start);
        self.at = end;
        Span { start, end }
    }
}

/// As much of the span as lies within the other.
fn within(span: Span, outer: Span) -> Span {
    let start = span.start.clamp(outer.start, outer.end.max(outer.start));
    Span { start, end: span.end.clamp(start, outer.end.max(start)) }
}

/// Writes events, one a line.
struct Out<'a> {
    writer: &'a mut dyn io::Write,
    events: usize,
}

impl Out<'_> {
    fn event(&mut self, event: &Value) -> io::Result<()> {
        if self.events > 0 {
            self.writer.write_all(b",\n")?;
        }
        self.events += 1;
        serde_json::to_writer(&mut *self.writer, event).map_err(io::Error::from)
    }

    fn process(&mut self, pid: usize, name: &str) -> io::Result<()> {
        self.event(
            &json!({"name": "process_name", "ph": "M", "pid": pid, "tid": 0, "args": {"name": name}}),
        )?;
        self.event(
            &json!({"name": "process_sort_index", "ph": "M", "pid": pid, "tid": 0, "args": {"sort_index": pid}}),
        )
    }

    fn track(&mut self, pid: usize, tid: usize, name: &str) -> io::Result<()> {
        self.event(
            &json!({"name": "thread_name", "ph": "M", "pid": pid, "tid": tid, "args": {"name": name}}),
        )?;
        self.event(
            &json!({"name": "thread_sort_index", "ph": "M", "pid": pid, "tid": tid, "args": {"sort_index": tid}}),
        )
    }

    /// A span: a "complete" event.
    fn complete(
        &mut self,
        pid: usize,
        tid: usize,
        name: &str,
        category: &str,
        span: Span,
        args: &[(&str, &str)],
    ) -> io::Result<()> {
        let args: Map<String, Value> =
            args.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
        // Both ends are rounded down, and the length is their difference: what touches or nests does so
        // after rounding too.
        let start = micros(span.start);
        self.event(&json!({
            "name": text::one_line(name), "cat": category, "ph": "X", "ts": start,
            "dur": micros(span.end).saturating_sub(start), "pid": pid, "tid": tid, "args": args,
        }))
    }
}

/// The format's unit.
fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
