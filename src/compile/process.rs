//! Runs one process: its own process group, a clean environment, no shell, both outputs captured.
//! Whoever drops the future ends the whole group.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::sync::CancellationToken;

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
            ("TMPDIR".to_owned(), temporary.display().to_string()),
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

    /// What of it can change a result: all but the folder for temporary files.
    pub fn keyed(&self) -> impl Iterator<Item = &(String, String)> {
        self.0.iter().filter(|(name, _)| name != "TMPDIR")
    }
}

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
    pub(super) fn failed(&self, source: io::Error) -> ProcessError {
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

/// How a process ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// What it wrote.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
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

/// What processes of a job had printed when they were cut short.
#[derive(Debug, Clone, Default)]
pub struct Transcript(Arc<Mutex<Vec<u8>>>);

impl Transcript {
    /// Takes what is in it.
    pub fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn append(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
    }
}

/// For how long what an ended process had printed is waited for: it may lie in the pipe still.
pub(super) const LAST_WORDS: Duration = Duration::from_millis(200);

/// Runs a process to its end.
///
/// Where `cancel` fires, the process group is killed, and all that it had printed goes to `transcript`; where
/// the future is dropped, what was read of it until then. `meter` is told which processes to look at.
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
    let ending = async {
        let (status, out, err) = tokio::join!(child.wait(), drain(out, stdout), drain(err, stderr));
        out.and(err).and(status)
    };
    let mut ending = Box::pin(ending);
    let status = tokio::select! {
        biased;
        () = cancel.cancelled() => {
            drop(group);
            // Late words are no reason to be late.
            let _ = tokio::time::timeout(LAST_WORDS, &mut ending).await;
            return Err(ProcessError::Cancelled);
        }
        status = &mut ending => status.map_err(|error| process.failed(error))?,
    };
    drop(ending);
    drop(looking);
    group.finish();
    let (stdout, stderr) = printed.finish();
    Ok(Finished { code: status.code(), stdout, stderr, started, ended: Instant::now(), peak: meter.peak() })
}

/// A process that was started, with both outputs to be read.
pub(super) struct Running {
    pub(super) child: tokio::process::Child,
    pub(super) group: Group,
    pub(super) started: Instant,
}

/// Starts a process as the leader of a group, which is killed if it is dropped.
pub(super) async fn start(process: &Process) -> Result<Running, ProcessError> {
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

async fn drain(pipe: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) -> io::Result<()> {
    if let Some(mut pipe) = pipe {
        pipe.read_to_end(into).await?;
    }
    Ok(())
}

/// What a compile has printed so far. Dropped before it is finished, it goes to the transcript.
pub(super) struct Printed<'a> {
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    transcript: &'a Transcript,
}

impl<'a> Printed<'a> {
    pub(super) fn new(transcript: &'a Transcript) -> Self {
        Self { stdout: Vec::new(), stderr: Vec::new(), transcript }
    }

    /// It ended by itself: both outputs are its result, and nobody else's.
    pub(super) fn finish(&mut self) -> (Vec<u8>, Vec<u8>) {
        (std::mem::take(&mut self.stdout), std::mem::take(&mut self.stderr))
    }
}

impl Drop for Printed<'_> {
    fn drop(&mut self) {
        self.transcript.append(&self.stdout);
        self.transcript.append(&self.stderr);
    }
}

/// A running process group; dropped before it is finished, it is killed.
pub(super) struct Group {
    leader: Option<Pid>,
}

impl Group {
    /// Measures it until what is returned is dropped.
    pub(super) fn look_at(&self, meter: &Meter) -> Option<Looking> {
        self.leader.map(|leader| meter.look_at(Tree::Root(leader)))
    }

    /// Its leader has ended.
    pub(super) fn finish(mut self) {
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
mod tests {
    use super::*;

    fn process(script: &str, folder: &Path) -> Process {
        Process {
            program: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
            cwd: folder.to_owned(),
            environment: Environment::new(folder, None),
        }
    }

    #[test]
    fn a_bare_name_is_looked_for_where_the_system_has_its_tools() {
        let environment = Environment::new(Path::new("/tmp"), None);
        let find = |program: &str| environment.find(Path::new(program), Path::is_file);
        let shell = find("sh").unwrap();
        assert!(shell.is_absolute() && shell.ends_with("sh"), "{shell:?}");
        assert_eq!(find("/bin/sh").unwrap(), Path::new("/bin/sh"));
        assert_eq!(find("no-such-program"), None);
        assert_eq!(find("/bin/no-such-program"), None);
    }

    #[tokio::test]
    async fn captures_output_code_and_a_clean_environment() {
        let folder = tempfile::tempdir().unwrap();
        let finished = run(
            &process("env; echo oops >&2; exit 3", folder.path()),
            &CancellationToken::new(),
            &Transcript::default(),
            &Meter::default(),
        )
        .await
        .unwrap();
        let stdout = String::from_utf8(finished.stdout).unwrap();
        let mut names: Vec<_> = stdout.lines().filter_map(|line| line.split('=').next()).collect();
        names.retain(|name| !["PWD", "SHLVL", "_", "OLDPWD"].contains(name));
        names.sort_unstable();
        assert_eq!(names, ["LC_ALL", "PATH", "TMPDIR"]);
        assert_eq!(finished.stderr, b"oops\n");
        assert_eq!(finished.code, Some(3));
    }

    #[tokio::test]
    async fn a_missing_program_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = process("", folder.path());
        process.program = "/nowhere/avr-gcc".into();
        let error = run(&process, &CancellationToken::new(), &Transcript::default(), &Meter::default())
            .await
            .unwrap_err();
        assert!(matches!(error, ProcessError::Missing { .. }), "{error}");
    }

    #[tokio::test]
    async fn what_lies_in_the_pipe_at_an_interrupt_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (transcript, cancel) = (Transcript::default(), CancellationToken::new());
        let said = folder.path().join("said");
        let process = process(&format!("echo begun; touch {}; sleep 60", said.display()), folder.path());
        let meter = Meter::default();
        let running = run(&process, &cancel, &transcript, &meter);
        let interrupting = async {
            while !said.exists() {
                tokio::task::yield_now().await;
            }
            // The one thread of this runtime has read nothing since.
            cancel.cancel();
        };
        let (ended, ()) = tokio::join!(running, interrupting);
        assert!(matches!(ended, Err(ProcessError::Cancelled)));
        assert_eq!(transcript.take(), "begun\n");
    }

    #[tokio::test]
    async fn a_timeout_ends_grandchildren_and_keeps_what_was_printed() {
        let folder = tempfile::tempdir().unwrap();
        let transcript = Transcript::default();
        let marker = folder.path().join("grandchild");
        let script = format!("echo begun; sh -c 'echo $$ > {}; sleep 60' & wait", marker.display());
        let process = process(&script, folder.path());
        let cancel = CancellationToken::new();
        let meter = Meter::default();
        let running = run(&process, &cancel, &transcript, &meter);
        assert!(tokio::time::timeout(Duration::from_millis(500), running).await.is_err());
        assert_eq!(transcript.take(), "begun\n");
        let pid = std::fs::read_to_string(&marker).unwrap();
        let status = Path::new("/proc").join(pid.trim()).join("stat");
        for _ in 0..100 {
            // A killed orphan may stay a zombie for as long as nobody reaps it.
            if std::fs::read_to_string(&status).map_or(true, |stat| stat.contains(") Z")) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the grandchild is still alive");
    }
}
