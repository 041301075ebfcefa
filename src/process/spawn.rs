//! Runs one process: its own process group, a clean environment, no shell, both outputs captured.
//! Whoever drops the future ends the whole group.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::sync::CancellationToken;

use super::orphans::RunMarker;
use super::output::{BoundedOutput, OutputLimit, Printed, Transcript};
use super::peaks::{Looking, Meter, Tree};

/// The environment of every child: nothing is inherited, so nothing that is set on a machine can
/// change a result without being in a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Environment(Arc<[(String, String)]>);

impl Environment {
    /// A path to the system's own tools, the C locale, a private folder for temporary files, and
    /// where the loader finds libraries that came with a tool chain, if it needs to be told.
    pub fn new(temporary: &Path, library_path: Option<&Path>) -> Self {
        let mut variables = vec![
            ("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned()),
            ("LC_ALL".to_owned(), "C".to_owned()),
            (TEMPORARY.to_owned(), temporary.display().to_string()),
        ];
        if let Some(path) = library_path {
            variables.push(("LD_LIBRARY_PATH".to_owned(), path.display().to_string()));
        }
        Self(variables.into())
    }

    /// The same with one variable more.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let more = (name.to_owned(), value.to_owned());
        Self(self.0.iter().cloned().chain([more]).collect())
    }

    /// The file of `program`: a bare name is looked for in the system's own folders, as when it is started.
    pub fn find(&self, program: &Path, is_file: impl Fn(&Path) -> bool) -> Option<PathBuf> {
        if program.components().count() != 1 || program.is_absolute() {
            return Some(program.to_owned()).filter(|path| is_file(path));
        }
        let (_, path) = self.0.iter().find(|(name, _)| name == "PATH")?;
        std::env::split_paths(path).map(|folder| folder.join(program)).find(|path| is_file(path))
    }

    /// Name and value of each variable.
    pub fn variables(&self) -> &[(String, String)] {
        &self.0
    }

    /// What of it can change a result: all but the folder for temporary files and the run's marker.
    pub fn keyed(&self) -> impl Iterator<Item = &(String, String)> {
        self.0.iter().filter(|(name, _)| name != TEMPORARY && name != RunMarker::NAME)
    }

    /// The same with the variable that says which run started a process.
    #[must_use]
    pub fn marked(&self, marker: &RunMarker) -> Self {
        self.with(RunMarker::NAME, marker.value())
    }

    /// Replaces the random part of the names of temporary files (`TMPDIR/ccXXXXXX…`, as GCC makes them), so that a
    /// failure is told in the same words each time.
    pub(crate) fn settle_names(&self, printed: Vec<u8>) -> Vec<u8> {
        const RANDOM: usize = 6;
        let Some((_, temporary)) = self.0.iter().find(|(name, _)| name == TEMPORARY) else { return printed };
        let start = format!("{}/cc", temporary.trim_end_matches('/'));
        let ends: Vec<usize> =
            memchr::memmem::find_iter(&printed, &start).map(|at| at + start.len()).collect();
        let mut printed = printed;
        for end in ends {
            if let Some(random) = printed.get_mut(end..end + RANDOM)
                && random.iter().all(u8::is_ascii_alphanumeric)
            {
                random.fill(b'X');
            }
        }
        printed
    }
}

/// The variable with the directory for temporary files.
const TEMPORARY: &str = "TMPDIR";

/// A process to be started.
#[derive(Debug, Clone)]
pub struct Process {
    /// The program's path.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// The folder that it runs in.
    pub cwd: PathBuf,
    /// Its environment.
    pub environment: Environment,
}

impl Process {
    /// Program and arguments as one argv, for messages.
    pub fn argv(&self) -> Vec<String> {
        std::iter::once(self.program.display().to_string()).chain(self.args.iter().cloned()).collect()
    }

    /// What an error of the system that it met means.
    pub(crate) fn failed(&self, source: io::Error) -> ProcessError {
        match source.kind() {
            io::ErrorKind::NotFound if !self.program.exists() => {
                ProcessError::Missing { program: self.program.clone() }
            }
            io::ErrorKind::NotFound if !self.cwd.is_dir() => {
                ProcessError::NoFolder { folder: self.cwd.clone() }
            }
            _ => ProcessError::Io { program: self.program.clone(), source },
        }
    }
}

/// Why a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessEnd {
    /// By itself, with this exit code.
    Exited(i32),
    /// By a signal that was not ours.
    Signalled,
    /// It printed more than this, and was ended with all that it had started.
    Flooded(OutputLimit),
}

impl ProcessEnd {
    /// Whether it ended by itself and without an error.
    pub const fn succeeded(self) -> bool {
        matches!(self, Self::Exited(0))
    }

    fn of(status: ExitStatus) -> Self {
        status.code().map_or(Self::Signalled, Self::Exited)
    }
}

/// What is known of a process that has ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Why it ended.
    pub end: ProcessEnd,
    /// What it wrote: the first and the last megabyte.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error: the first and the last megabyte.
    pub stderr: Vec<u8>,
    /// How many bytes are left out of both.
    pub omitted: u64,
    /// When it was started.
    pub started: Instant,
    /// When it had ended.
    pub ended: Instant,
    /// The most memory that it and its children took, in bytes, if it ran for long enough to be looked at.
    pub peak: Option<u64>,
}

impl Finished {
    /// Both outputs, standard output first.
    pub fn printed(&self) -> Vec<u8> {
        [self.stdout.as_slice(), self.stderr.as_slice()].concat()
    }
}

/// Why a process could not be run.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// There is no such program.
    #[error("{} is not there: the core's recipe names it, but no such program exists", program.display())]
    Missing {
        /// The program.
        program: PathBuf,
    },
    /// The folder that it was to run in is gone.
    #[error("{} is gone: no program can run there", folder.display())]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// It could not be started or waited for.
    #[error("{} could not be run: {source}", program.display())]
    Io {
        /// The program.
        program: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The run was interrupted; the process and its children are gone.
    #[error("interrupted")]
    Cancelled,
}

/// For how long what an ended process had printed is waited for: it may lie in the pipe still.
pub(crate) const LAST_WORDS: Duration = Duration::from_millis(200);

/// Runs a process to its end.
///
/// Where `cancel` fires, the process group is killed, and all that it had printed goes to `transcript`; where
/// the future is dropped, what was read of it until then. A process that prints more than `transcript` allows is
/// ended too. `meter` is told which processes to look at.
///
/// # Errors
/// Where the program is missing or can't be run, or `cancel` fires first.
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
            // Late words are no reason to be late.
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
            // It is killed; this only takes it off the table of processes.
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

/// How much a process may still print.
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

/// Why a process is not waited for any longer.
enum Stopped {
    Flooded(OutputLimit),
    Io(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A process that was started, with both outputs to be read.
pub(crate) struct Running {
    pub(crate) child: tokio::process::Child,
    pub(crate) group: Group,
    pub(crate) started: Instant,
}

/// Starts a process as the leader of a group, which is killed if it is dropped.
pub(crate) async fn start(process: &Process) -> Result<Running, ProcessError> {
    let mut command = tokio::process::Command::new(&process.program);
    command
        .args(process.args.iter().map(OsStr::new))
        .current_dir(&process.cwd)
        .env_clear()
        .envs(process.environment.variables().iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    // Whoever starts a program stands still until it is loaded (vfork): on a busy machine for tens of
    // milliseconds, in which a thread of the runtime would serve nobody else.
    let starting = tokio::task::spawn_blocking(move || {
        let started = Instant::now();
        let child = command.spawn()?;
        let leader = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        // Nobody may be left to take it: then it is dropped, group and all.
        Ok(Running { child, group: Group { leader }, started })
    });
    starting.await.map_err(io::Error::from).flatten().map_err(|error| process.failed(error))
}

/// Reads an output to its end.
async fn drain(
    pipe: Option<impl AsyncRead + Unpin>,
    into: &mut BoundedOutput,
    allowance: &Allowance,
) -> Result<(), Stopped> {
    let Some(mut pipe) = pipe else { return Ok(()) };
    // Most processes print nothing: the first read needs no more than a page.
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

/// A running process group; dropped before it is finished, it is killed.
pub(crate) struct Group {
    leader: Option<Pid>,
}

impl Group {
    /// Measures it until what is returned is dropped.
    pub(crate) fn look_at(&self, meter: &Meter) -> Option<Looking> {
        self.leader.map(|leader| meter.look_at(Tree::Root(leader)))
    }

    /// Its leader has ended.
    pub(crate) fn finish(mut self) {
        self.leader = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            // The group may be gone already; there is nothing to do about an error then.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::format_collect)] // a test may
#[path = "spawn_tests.rs"]
mod tests;
