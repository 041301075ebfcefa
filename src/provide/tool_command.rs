//! Runs a tool of the machine to its end: in its own process group, with a clean environment and without a shell;
//! both outputs are captured. Knows nothing of packages.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use super::error::InstallError;

/// Variables of this process's environment that every tool gets, beside those of the caller.
const KEPT: [&str; 13] = [
    "PATH",
    "HOME",
    "APT_CONFIG",
    "http_proxy",
    "https_proxy",
    "ftp_proxy",
    "all_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "FTP_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
];

/// A command line, with its environment and working directory.
#[derive(Debug, Clone)]
pub(crate) struct ToolCommand {
    argv: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    cwd: Option<PathBuf>,
    holds: Option<Arc<File>>,
}

/// Status and output of a tool that ended.
#[derive(Debug)]
pub(crate) struct ToolOutput {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl ToolCommand {
    /// Returns a command line with only the program.
    pub(crate) fn new(program: impl Into<OsString>) -> Self {
        Self { argv: vec![program.into()], env: Vec::new(), cwd: None, holds: None }
    }

    pub(super) fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.argv.push(arg.into());
        self
    }

    pub(crate) fn args<S: Into<OsString>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.argv.extend(args.into_iter().map(Into::into));
        self
    }

    pub(crate) fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    pub(crate) fn cwd(mut self, dir: &Path) -> Self {
        self.cwd = Some(dir.to_path_buf());
        self
    }

    /// Lets the tool hold `file`, and with it the file's lock, as long as it runs: if this process is killed, no other
    /// one takes the lock while the tool still writes. The file becomes the tool's standard input, which is otherwise
    /// empty; so it must not be readable.
    pub(super) fn holding(mut self, file: &Arc<File>) -> Self {
        self.holds = Some(Arc::clone(file));
        self
    }

    /// Returns the command line for messages. Words with blanks are quoted, so that most can be pasted into a shell.
    pub(super) fn shown(&self) -> String {
        let words: Vec<String> = self.argv.iter().map(|word| quoted(word)).collect();
        words.join(" ")
    }

    /// Runs the command to its end.
    ///
    /// # Errors
    /// The program can't be started. Cancelling kills its whole process group, waits for the group, and returns
    /// [`InstallError::Cancelled`] for `what`.
    pub(crate) async fn run(
        &self,
        what: &str,
        cancel: &CancellationToken,
    ) -> Result<ToolOutput, InstallError> {
        let (program, args) = match self.argv.split_first() {
            Some((program, args)) => (program.as_os_str(), args),
            // `new` puts the program there; an empty word only fails to start.
            None => (OsStr::new(""), &[][..]),
        };
        let mut command = Command::new(program);
        command.args(args).env_clear();
        for name in KEPT {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs([("LANG", "C"), ("LC_ALL", "C")]);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        if let Some(dir) = &self.cwd {
            command.current_dir(dir);
        }
        let stdin = match &self.holds {
            Some(file) => file.try_clone().map_err(|source| self.not_started(source))?.into(),
            None => Stdio::null(),
        };
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0).kill_on_drop(true);

        let child = command.spawn().map_err(|source| self.not_started(source))?;
        let mut group = ToolGroup::of(&child);
        let ended = child.wait_with_output();
        tokio::pin!(ended);
        let output = tokio::select! {
            output = &mut ended => {
                group.forget();
                output.map_err(|source| self.not_started(source))?
            }
            () = cancel.cancelled() => {
                group.kill();
                // Its pipes close with the last process of the group: then nothing of it is left.
                let _ = ended.await;
                return Err(InstallError::Cancelled { what: what.to_owned() });
            }
        };
        Ok(ToolOutput {
            status: output.status,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    fn not_started(&self, source: std::io::Error) -> InstallError {
        InstallError::Start { command: self.shown(), source }
    }
}

/// A process group that was started and not yet waited for. Dropped before its end (the task was aborted), it is
/// killed.
struct ToolGroup(Option<rustix::process::Pid>);

impl ToolGroup {
    fn of(leader: &tokio::process::Child) -> Self {
        Self(leader.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw))
    }

    /// Disarms the guard: the group was waited for, and its number may name another group now.
    fn forget(&mut self) {
        self.0 = None;
    }

    fn kill(&mut self) {
        if let Some(leader) = self.0.take() {
            // It fails only if the group is gone already.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

impl Drop for ToolGroup {
    fn drop(&mut self) {
        self.kill();
    }
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:+,@%~".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[tokio::test]
    async fn both_outputs_and_the_status_come_back() {
        let tool = ToolCommand::new("sh").args(["-c", "echo out; echo err >&2; exit 3"]);
        let finished = tool.run("x", &CancellationToken::new()).await.unwrap();
        assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("out\n", "err\n"));
        assert_eq!(finished.status.code(), Some(3));
    }

    #[tokio::test]
    async fn a_tool_holds_the_lock_of_its_starter() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap().join("lock");
        let open = || File::options().create(true).truncate(false).write(true).open(&path);
        let owner = Arc::new(open().unwrap());
        owner.lock().unwrap();
        // The same open file, not another one of the same path: the lock belongs to the open file.
        let tool = ToolCommand::new("sh").args(["-c", "readlink /proc/self/fd/0; flock -n 0; echo $?"]);
        let finished = tool.clone().holding(&owner).run("x", &CancellationToken::new()).await.unwrap();
        assert_eq!(finished.stdout, format!("{}\n0\n", path.display()));
        let other = Arc::new(open().unwrap());
        let finished = tool.holding(&other).run("x", &CancellationToken::new()).await.unwrap();
        assert_eq!(finished.stdout, format!("{}\n1\n", path.display()));
    }

    #[tokio::test]
    async fn the_environment_is_clean() {
        let tool = ToolCommand::new("env").env("MINE", "1");
        let finished = tool.run("x", &CancellationToken::new()).await.unwrap();
        let mut names: Vec<&str> =
            finished.stdout.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
        names.retain(|name| !KEPT.contains(name));
        names.sort_unstable();
        assert_eq!(names, ["LANG", "LC_ALL", "MINE"]);
    }

    #[tokio::test]
    async fn cancelling_ends_grandchildren_too() {
        let cancel = CancellationToken::new();
        let token = cancel.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            token.cancel();
        });
        let started = Instant::now();
        // `wait_with_output` returns only when the grandchild, which holds the pipe, has ended.
        let tool = ToolCommand::new("sh").args(["-c", "sleep 60 & sleep 60"]);
        let error = tool.run("the thing", &cancel).await.unwrap_err();
        assert!(matches!(&error, InstallError::Cancelled { what } if what == "the thing"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(20));
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_named() {
        let error = ToolCommand::new("/no/such/tool")
            .arg("a b")
            .run("x", &CancellationToken::new())
            .await
            .unwrap_err();
        assert!(error.to_string().starts_with("could not start `/no/such/tool 'a b'`"), "{error}");
    }
}
