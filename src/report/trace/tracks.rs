//! Lays out a run on tracks: those of the run, of the slots and of the jobs.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use super::fold::{TraceFold, TracedStep};
use super::lanes;
use super::writer::{TraceWriter, TrackId};
use crate::event::{JobId, Phase, RunPhase, Span};
use crate::report::compact::CompactSpan;
use crate::report::words::{phase_word, run_phase_word};

/// The format's process of the run.
pub(super) const RUN: usize = 1;
/// The format's process of the slots.
pub(super) const SLOTS: usize = 2;
/// The format's process of the jobs.
pub(super) const JOBS: usize = 3;

/// Writes the whole trace.
///
/// # Errors
/// `writer` fails.
pub(super) fn write(fold: &TraceFold, writer: &mut dyn io::Write) -> io::Result<()> {
    let mut out = TraceWriter::start(writer)?;
    write_run(fold, &mut out)?;
    write_slots(fold, &mut out)?;
    write_jobs(fold, &mut out)?;
    out.end()
}

fn write_run(fold: &TraceFold, out: &mut TraceWriter<'_>) -> io::Result<()> {
    let main = TrackId { pid: RUN, tid: 0 };
    out.process(RUN, &format!("run {}", fold.name))?;
    out.track(main, "phases")?;
    let mut track = Sequence::default();
    let mut phases: Vec<&(RunPhase, Span)> = fold.run.iter().collect();
    phases.sort_by_key(|(_, span)| (span.start, span.end));
    for (phase, span) in phases {
        out.complete(main, run_phase_word(*phase), "run", track.place(*span), &[])?;
    }
    if let Some((reason, at)) = &fold.stopping {
        out.instant(main, &format!("stopping: {reason}"), "run", *at)?;
    }
    // An installation without an end lasts until the end of the run.
    let open = fold.open.iter().map(|(what, start)| (what, Span { start: *start, end: fold.last }));
    let finished = fold.installed.iter().map(|(what, span)| (what, *span));
    let (names, spans): (Vec<&String>, Vec<CompactSpan>) =
        finished.chain(open).map(|(what, span)| (what, CompactSpan::from(span))).unzip();
    in_lanes(out, RUN, "set-up", &spans, |out, track, place, span| {
        out.complete(track, names[place], "setup", span, &[])
    })
}

fn write_slots(fold: &TraceFold, out: &mut TraceWriter<'_>) -> io::Result<()> {
    out.process(SLOTS, "slots")?;
    for slot in fold.steps.iter().map(|step| step.slot).collect::<BTreeSet<usize>>() {
        out.track(TrackId { pid: SLOTS, tid: slot }, &format!("slot {slot}"))?;
    }
    let mut order: Vec<&TracedStep> = fold.steps.iter().collect();
    order.sort_by_key(|step| (step.slot, step.span));
    let mut track = (0, Sequence::default());
    for step in order {
        if track.0 != step.slot {
            track = (step.slot, Sequence::default());
        }
        let id = TrackId { pid: SLOTS, tid: step.slot };
        let span = track.1.place(step.span.into());
        let job = fold.jobs.get_index(step.job).map(|(job, _)| job.to_string()).unwrap_or_default();
        let (word, label) = (step.step.word(), fold.text(step.label));
        let mut args = vec![("job", job.as_str()), ("of", label)];
        args.extend(step.cache.map(|cache| ("cache", fold.text(cache))));
        args.extend(step.cut_short.then_some(("ended", "before its time")));
        out.complete(id, &format!("{job}: {word} {label}"), word, span, &args)?;
        if let Some(process) = step.process {
            out.complete(id, "process", "process", within(process.into(), span), &[])?;
        }
    }
    Ok(())
}

fn write_jobs(fold: &TraceFold, out: &mut TraceWriter<'_>) -> io::Result<()> {
    out.process(JOBS, "jobs")?;
    // A job without phases and end is known only by its steps.
    let jobs = || fold.jobs.iter().filter(|(_, job)| !job.phases.is_empty() || job.end.is_some());
    // Every job queues from the end of planning on. Without that wait, there are as many lanes as concurrent jobs.
    let last = CompactSpan::from(Span { start: Duration::ZERO, end: fold.last }).end;
    let spans: Vec<CompactSpan> = jobs()
        .map(|(_, job)| {
            let end = job.end.map_or(last, |(_, span)| span.end);
            let queued =
                job.phases.iter().filter(|(phase, _)| *phase == Phase::Queue).map(|(_, span)| span.end);
            // A job without any phase did nothing: its span is empty.
            let start = queued.max().or(job.phases.first().map(|(_, span)| span.start)).unwrap_or(end);
            CompactSpan { start: start.min(end), end }
        })
        .collect();
    let jobs: Vec<_> = jobs().collect();
    in_lanes(out, JOBS, "jobs", &spans, |out, track, place, span| {
        let (id, job) = jobs[place];
        let outcome = job.end.map_or("cancelled", |(verdict, _)| verdict.word());
        let kind = match id {
            JobId::Core(_) => "core",
            JobId::Cell(_) => "cell",
        };
        out.complete(track, &id.to_string(), kind, span, &[("outcome", outcome)])?;
        let mut sequence = Sequence { at: span.start };
        let mut phases: Vec<&(Phase, CompactSpan)> =
            job.phases.iter().filter(|(phase, _)| *phase != Phase::Queue).collect();
        phases.sort_by_key(|(_, span)| *span);
        for (phase, given) in phases {
            let shown = within(sequence.place((*given).into()), span);
            if !shown.is_empty() {
                out.complete(track, phase_word(*phase), "phase", shown, &[])?;
            }
        }
        Ok(())
    })
}

/// Writes spans that may overlap on as many tracks as needed, named `name 1`, `name 2`, …
fn in_lanes(
    out: &mut TraceWriter<'_>,
    pid: usize,
    name: &str,
    spans: &[CompactSpan],
    mut write: impl FnMut(&mut TraceWriter<'_>, TrackId, usize, Span) -> io::Result<()>,
) -> io::Result<()> {
    let lanes = lanes::assign(spans);
    for lane in 0..lanes.iter().max().map_or(0, |last| last + 1) {
        out.track(TrackId { pid, tid: lane + 1 }, &format!("{name} {}", lane + 1))?;
    }
    let mut order: Vec<usize> = (0..spans.len()).collect();
    order.sort_by_key(|place| (lanes[*place], spans[*place]));
    for place in order {
        write(out, TrackId { pid, tid: lanes[place] + 1 }, place, spans[place].into())?;
    }
    Ok(())
}

/// The spans of a track in sequence. Overlaps by rounding or a race are cut off.
#[derive(Debug, Default)]
struct Sequence {
    /// The end of the last span.
    at: Duration,
}

impl Sequence {
    fn place(&mut self, span: Span) -> Span {
        let start = span.start.max(self.at);
        let end = span.end.max(start);
        self.at = end;
        Span { start, end }
    }
}

/// Returns the part of a span within another one.
fn within(span: Span, outer: Span) -> Span {
    let start = span.start.clamp(outer.start, outer.end.max(outer.start));
    Span { start, end: span.end.clamp(start, outer.end.max(start)) }
}
