//! Starts a process: in a process group of its own, with a clean environment, without a shell, with both outputs piped.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process_group};

use super::environment::Environment;
use super::peaks::{Looking, Meter, Tree};

/// A process to start.
#[derive(Debug, Clone)]
pub struct Process {
    /// The program's path.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its working directory.
    pub cwd: PathBuf,
    /// Its environment.
    pub environment: Environment,
}

impl Process {
    /// Returns program and arguments as one argv, for messages.
    pub fn argv(&self) -> Vec<String> {
        std::iter::once(self.program.display().to_string()).chain(self.args.iter().cloned()).collect()
    }

    /// Returns the cause of an error of the system that the process met.
    pub(crate) fn failed(&self, source: io::Error) -> ProcessError {
        match source.kind() {
            io::ErrorKind::NotFound if !self.program.exists() => {
                ProcessError::Missing { program: self.program.clone() }
            }
            io::ErrorKind::NotFound if !self.cwd.is_dir() => {
                ProcessError::NoDirectory { directory: self.cwd.clone() }
            }
            _ => ProcessError::Io { program: self.program.clone(), source },
        }
    }
}

/// Error of a process that could not be run.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The program is missing.
    #[error("{} is missing: the core's recipe names it, but no such program exists", program.display())]
    Missing {
        /// The program.
        program: PathBuf,
    },
    /// The working directory is missing.
    #[error("{} is gone: no program can run there", directory.display())]
    NoDirectory {
        /// The directory.
        directory: PathBuf,
    },
    /// It could not be started or waited for.
    #[error("{} could not be run: {source}", program.display())]
    Io {
        /// The program.
        program: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The run was interrupted; the process and its children were ended.
    #[error("interrupted")]
    Cancelled,
}

/// A started process, with both outputs unread.
pub(crate) struct Running {
    pub(crate) child: tokio::process::Child,
    pub(crate) group: Group,
    pub(crate) started: Instant,
}

/// Starts a process as the leader of a group, which is killed when it is dropped.
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
    // The calling thread is suspended until the program is loaded (vfork), on a busy machine for tens of milliseconds.
    // A thread of the runtime would block its other tasks meanwhile.
    let starting = tokio::task::spawn_blocking(move || {
        let started = Instant::now();
        let child = command.spawn()?;
        let leader = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        // If the caller is gone, the group is dropped and killed here.
        Ok(Running { child, group: Group { leader }, started })
    });
    starting.await.map_err(io::Error::from).flatten().map_err(|error| process.failed(error))
}

/// A running process group. Dropping it kills the group, unless it is finished.
pub(crate) struct Group {
    leader: Option<Pid>,
}

impl Group {
    /// Measures the group until the returned value is dropped.
    pub(crate) fn look_at(&self, meter: &Meter) -> Option<Looking> {
        self.leader.map(|leader| meter.look_at(Tree::Root(leader)))
    }

    /// Releases the group, whose leader has ended.
    pub(crate) fn finish(mut self) {
        self.leader = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            // An error means that the group has ended already.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}
