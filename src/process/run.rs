//! Runs a process to its end and captures its output. Dropping the future ends the process group.

use std::io;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::sync::CancellationToken;

use super::output::{BoundedOutput, OutputLimit, Printed, Transcript};
use super::peaks::Meter;
use super::start::{Process, ProcessError, Running, start};

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessEnd {
    /// It exited with this code.
    Exited(i32),
    /// A signal of another program ended it.
    Signalled,
    /// It printed more than this limit, and was ended with its group.
    Flooded(OutputLimit),
}

impl ProcessEnd {
    /// Returns whether it exited with code 0.
    pub const fn succeeded(self) -> bool {
        matches!(self, Self::Exited(0))
    }

    fn of(status: ExitStatus) -> Self {
        status.code().map_or(Self::Signalled, Self::Exited)
    }
}

/// Result of a process.
#[derive(Debug, Clone)]
pub struct Finished {
    /// How it ended.
    pub end: ProcessEnd,
    /// Its standard output: the first and the last megabyte.
    pub stdout: Vec<u8>,
    /// Its standard error: the first and the last megabyte.
    pub stderr: Vec<u8>,
    /// Number of bytes left out of both.
    pub omitted: u64,
    /// Time of its start.
    pub started: Instant,
    /// Time of its end.
    pub ended: Instant,
    /// Peak memory of it and its children, in bytes; `None` for a process too short to be measured.
    pub peak: Option<u64>,
}

impl Finished {
    /// Returns both outputs, standard output first.
    pub fn printed(&self) -> Vec<u8> {
        [self.stdout.as_slice(), self.stderr.as_slice()].concat()
    }
}

/// Time to wait for the remaining output of a killed process, which may still be in the pipe.
pub(crate) const LAST_WORDS: Duration = Duration::from_millis(200);

/// Runs a process to its end, and measures it with `meter`.
///
/// Kills the process group when `cancel` fires, when the future is dropped, and when the process prints more than
/// `transcript` allows. In the first two cases the output read so far goes to `transcript`.
///
/// # Errors
/// A program that is missing or can't be run, or `cancel`.
pub async fn run(
    process: &Process,
    cancel: &CancellationToken,
    transcript: &Transcript,
    meter: &Meter,
) -> Result<Finished, ProcessError> {
    let Running { mut child, group, started } = start(process).await?;
    let looking = group.look_at(meter);
    let mut printed = Printed::new(transcript);
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let Printed { stdout, stderr, .. } = &mut printed;
    let allowance = Allowance { limit: transcript.limit(), printed: AtomicU64::new(0) };
    let mut ending = Box::pin(async {
        let (out, err) = (drain(out, stdout, &allowance), drain(err, stderr, &allowance));
        let wait = async { Ok(child.wait().await?) };
        tokio::try_join!(wait, out, err).map(|(status, (), ())| ProcessEnd::of(status))
    });
    let ended = tokio::select! {
        biased;
        () = cancel.cancelled() => {
            drop(group);
            // Waits only shortly for the remaining output.
            let _ = tokio::time::timeout(LAST_WORDS, &mut ending).await;
            return Err(ProcessError::Cancelled);
        }
        ended = &mut ending => ended,
    };
    drop(ending);
    drop(looking);
    let end = match ended {
        Ok(end) => {
            group.finish();
            end
        }
        Err(Stopped::Flooded(limit)) => {
            drop(group);
            // It is killed; this only reaps it.
            let _ = child.wait().await;
            ProcessEnd::Flooded(limit)
        }
        Err(Stopped::Io(error)) => return Err(process.failed(error)),
    };
    let omitted = printed.omitted();
    let (stdout, stderr) = printed.finish();
    let [stdout, stderr] = [stdout, stderr].map(|bytes| process.environment.settle_names(bytes));
    Ok(Finished { end, stdout, stderr, omitted, started, ended: Instant::now(), peak: meter.peak() })
}

/// Number of bytes that a process may print.
struct Allowance {
    limit: OutputLimit,
    printed: AtomicU64,
}

impl Allowance {
    fn take(&self, count: usize) -> Result<(), Stopped> {
        let count = count as u64;
        let printed = self.printed.fetch_add(count, Ordering::Relaxed).saturating_add(count);
        if printed > self.limit.0 { Err(Stopped::Flooded(self.limit)) } else { Ok(()) }
    }
}

/// Reason to stop reading a process's output.
enum Stopped {
    Flooded(OutputLimit),
    Io(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads an output to its end.
async fn drain(
    pipe: Option<impl AsyncRead + Unpin>,
    into: &mut BoundedOutput,
    allowance: &Allowance,
) -> Result<(), Stopped> {
    let Some(mut pipe) = pipe else { return Ok(()) };
    // Most processes print nothing, so that a page is enough for the first read.
    let mut piece = vec![0; 4 << 10];
    loop {
        let count = pipe.read(&mut piece).await?;
        if count == 0 {
            return Ok(());
        }
        into.push(&piece[..count]);
        allowance.take(count)?;
        if count == piece.len() {
            piece.resize(64 << 10, 0);
        }
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
