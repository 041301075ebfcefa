//! Writes the events of the Trace Event Format, one per line. Knows nothing of runs.

use std::io;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::event::Span;
use crate::report::text;

/// A trace that is being written.
pub(super) struct TraceWriter<'a> {
    writer: &'a mut dyn io::Write,
    /// Number of events so far.
    events: usize,
}

/// A track: the format's process and thread.
#[derive(Debug, Clone, Copy)]
pub(super) struct TrackId {
    pub(super) pid: usize,
    pub(super) tid: usize,
}

impl<'a> TraceWriter<'a> {
    /// Writes the start of the trace.
    ///
    /// # Errors
    /// `writer` fails, as in all other functions.
    pub(super) fn start(writer: &'a mut dyn io::Write) -> io::Result<Self> {
        writer.write_all(b"{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n")?;
        Ok(Self { writer, events: 0 })
    }

    pub(super) fn end(self) -> io::Result<()> {
        self.writer.write_all(b"\n]}\n")
    }

    /// Names a process.
    pub(super) fn process(&mut self, pid: usize, name: &str) -> io::Result<()> {
        self.event(
            &json!({"name": "process_name", "ph": "M", "pid": pid, "tid": 0, "args": {"name": name}}),
        )?;
        self.event(
            &json!({"name": "process_sort_index", "ph": "M", "pid": pid, "tid": 0, "args": {"sort_index": pid}}),
        )
    }

    /// Names a track.
    pub(super) fn track(&mut self, TrackId { pid, tid }: TrackId, name: &str) -> io::Result<()> {
        self.event(
            &json!({"name": "thread_name", "ph": "M", "pid": pid, "tid": tid, "args": {"name": name}}),
        )?;
        self.event(
            &json!({"name": "thread_sort_index", "ph": "M", "pid": pid, "tid": tid, "args": {"sort_index": tid}}),
        )
    }

    /// Writes a moment of the whole trace: an "instant" event.
    pub(super) fn instant(
        &mut self,
        TrackId { pid, tid }: TrackId,
        name: &str,
        category: &str,
        at: Duration,
    ) -> io::Result<()> {
        self.event(&json!({
            "name": name, "cat": category, "ph": "i", "s": "g", "ts": micros(at), "pid": pid, "tid": tid,
        }))
    }

    /// Writes a span: a "complete" event.
    pub(super) fn complete(
        &mut self,
        TrackId { pid, tid }: TrackId,
        name: &str,
        category: &str,
        span: Span,
        args: &[(&str, &str)],
    ) -> io::Result<()> {
        let args: Map<String, Value> =
            args.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
        // Both ends are rounded down, and the length is their difference: spans that touch or nest still do so.
        let start = micros(span.start);
        self.event(&json!({
            "name": text::one_line(name), "cat": category, "ph": "X", "ts": start,
            "dur": micros(span.end).saturating_sub(start), "pid": pid, "tid": tid, "args": args,
        }))
    }

    fn event(&mut self, event: &Value) -> io::Result<()> {
        if self.events > 0 {
            self.writer.write_all(b",\n")?;
        }
        self.events += 1;
        serde_json::to_writer(&mut *self.writer, event).map_err(io::Error::from)
    }
}

/// Converts to the format's unit.
fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
