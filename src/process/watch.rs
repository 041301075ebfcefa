//! Runs a process until it has printed enough: an emulator, whose firmware never ends by itself. Dropping the future
//! ends the process group.

use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::sync::CancellationToken;

use super::output::OutputLimit;
use super::peaks::Meter;
use super::start::{Process, ProcessError, Running, start};

/// An output of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// How a watched process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Cause of the end.
    pub end: WatchEnd,
    /// Time from its start to its end.
    pub ran: Duration,
    /// Peak memory, in bytes; `None` for a process too short to be measured.
    pub peak: Option<u64>,
}

/// Cause of the end of a watched process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchEnd {
    /// It printed enough, and was ended.
    Enough,
    /// It ended by itself, with this exit code; `None` where a signal ended it.
    ByItself(Option<i32>),
    /// It timed out, and was ended.
    TimedOut,
    /// It printed more than this limit, and was ended.
    Flooded(OutputLimit),
}

/// Runs a process until `enough` returns true for a piece of its output, it ends by itself, `limit` is over, or it has
/// printed more than `most`.
///
/// # Errors
/// A program that is missing or can't be run, or `cancel`.
pub async fn watch(
    process: &Process,
    limit: Duration,
    most: OutputLimit,
    mut enough: impl FnMut(Stream, &[u8]) -> bool,
    cancel: &CancellationToken,
    meter: &Meter,
) -> Result<Watched, ProcessError> {
    let Running { mut child, group, started } = start(process).await?;
    let looking = group.look_at(meter);
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let (mut out_piece, mut err_piece) = (vec![0; PIECE], vec![0; PIECE]);
    let mut printed: u64 = 0;
    let over = tokio::time::sleep(limit);
    tokio::pin!(over);
    let end = loop {
        if out.is_none() && err.is_none() {
            // Both outputs are closed; the process may go on.
            break tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(ProcessError::Cancelled),
                status = child.wait() => WatchEnd::ByItself(status.map_err(|error| process.failed(error))?.code()),
                () = &mut over => WatchEnd::TimedOut,
            };
        }
        let (stream, count) = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(ProcessError::Cancelled),
            count = piece(&mut out, &mut out_piece) => (Stream::Out, count),
            count = piece(&mut err, &mut err_piece) => (Stream::Err, count),
            () = &mut over => break WatchEnd::TimedOut,
        };
        let count = count.map_err(|error| process.failed(error))?;
        let said = match stream {
            Stream::Out => &out_piece[..count],
            Stream::Err => &err_piece[..count],
        };
        if count > 0 && enough(stream, said) {
            break WatchEnd::Enough;
        }
        printed += count as u64;
        if printed > most.0 {
            break WatchEnd::Flooded(most);
        }
        // With endless output the timer above may never be polled.
        if started.elapsed() >= limit {
            break WatchEnd::TimedOut;
        }
        match stream {
            Stream::Out if count == 0 => out = None,
            Stream::Err if count == 0 => err = None,
            Stream::Out | Stream::Err => {}
        }
    };
    let ran = Instant::now().duration_since(started);
    drop(looking);
    match end {
        WatchEnd::ByItself(_) => group.finish(),
        WatchEnd::Enough | WatchEnd::TimedOut | WatchEnd::Flooded(_) => {
            drop(group);
            // It is killed; this only reaps it.
            let _ = child.wait().await;
        }
    }
    Ok(Watched { end, ran, peak: meter.peak() })
}

/// Bytes per read.
const PIECE: usize = 16 << 10;

/// Reads from an output; 0 bytes are its end. Waits forever on an output that has ended.
async fn piece(from: &mut Option<impl AsyncRead + Unpin>, into: &mut [u8]) -> std::io::Result<usize> {
    match from {
        Some(from) => from.read(into).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::environment::Environment;
    use super::*;

    fn shell(script: &str, directory: &Path) -> Process {
        Process {
            program: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
            cwd: directory.to_owned(),
            environment: Environment::new(directory),
        }
    }

    /// Runs a script until it prints `enough`. Returns its output too.
    async fn watched(script: &str, enough: &str, limit: Duration) -> (WatchEnd, String) {
        watched_at_most(script, enough, limit, OutputLimit(u64::MAX)).await
    }

    async fn watched_at_most(
        script: &str,
        enough: &str,
        limit: Duration,
        most: OutputLimit,
    ) -> (WatchEnd, String) {
        let directory = tempfile::tempdir().unwrap();
        let mut said = String::new();
        let hear = |_, piece: &[u8]| {
            said.push_str(std::str::from_utf8(piece).unwrap());
            said.contains(enough)
        };
        let process = shell(script, directory.path());
        let watched =
            watch(&process, limit, most, hear, &CancellationToken::new(), &Meter::default()).await.unwrap();
        (watched.end, said)
    }

    const LONG: Duration = Duration::from_mins(5);

    #[tokio::test]
    async fn what_has_said_enough_is_ended() {
        for output in ["echo one; echo two", "{ echo one; echo two; } >&2"] {
            let (end, said) = watched(&format!("{output}; sleep 600"), "two", LONG).await;
            assert_eq!((end, said.as_str()), (WatchEnd::Enough, "one\ntwo\n"));
        }
    }

    #[tokio::test]
    async fn what_ends_by_itself_has_all_its_words_heard() {
        let ended = watched("echo one; echo two >&2; exit 3", "three", LONG).await;
        assert_eq!(ended.0, WatchEnd::ByItself(Some(3)));
        assert_eq!(ended.1.len(), "one\ntwo\n".len(), "{}", ended.1);
        let closed = watched("exec >&- 2>&-; sleep 0.1; exit 4", "three", LONG).await;
        assert_eq!(closed.0, WatchEnd::ByItself(Some(4)));
    }

    #[tokio::test]
    async fn what_prints_without_end_or_nothing_at_all_has_its_time() {
        for script in ["while :; do echo again; done", "sleep 600", "exec >&- 2>&-; sleep 600"] {
            let (end, _) = watched(script, "enough", Duration::from_millis(200)).await;
            assert_eq!(end, WatchEnd::TimedOut, "{script}");
        }
    }

    #[tokio::test]
    async fn what_prints_too_much_is_ended_before_its_time() {
        let most = OutputLimit(100_000);
        for output in ["echo again", "echo again >&2"] {
            let script = format!("while :; do {output}; done");
            let (end, said) = watched_at_most(&script, "enough", LONG, most).await;
            assert_eq!(end, WatchEnd::Flooded(most));
            assert!(said.len() < 200_000, "{}", said.len());
        }
    }
}
