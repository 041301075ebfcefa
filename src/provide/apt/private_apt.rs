//! A private apt: the machine's own package sources, keys, pins and proxies, but lists, cache and status in the cache
//! directory. So it needs no root and leaves the system alone. It finds and downloads archives; it knows nothing of
//! their contents.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indexmap::IndexSet;

use super::super::context::InstallContext;
use super::super::error::{InstallError, IoAction};
use super::super::install_lock::InstallLock;
use super::super::machine::{Machine, free_space};
use super::super::tool_command::{ToolCommand, ToolOutput};
use super::answer::{self, Archive};
use super::configuration::configuration;
use super::suite;
use crate::event::{EventKind, Level};

/// Interval between looks at the size of a download.
const LOOK: Duration = Duration::from_millis(100);
/// Free bytes below which a silence is taken for a full disk.
const NO_SPACE: u64 = 1 << 20;
/// Length of that silence.
const SHORT_SILENCE: Duration = Duration::from_secs(3);

/// The private apt, for the holder of the lock.
#[derive(Debug)]
pub(super) struct PrivateApt<'a> {
    program: PathBuf,
    conf: PathBuf,
    state: PathBuf,
    scratch: PathBuf,
    machine: &'a Machine,
    lock: &'a InstallLock,
    what: &'a str,
    cx: &'a InstallContext,
    lists: Lists,
}

/// Age of the package lists.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Lists {
    /// From an earlier run.
    Found,
    /// Fetched by this run.
    Fresh,
    /// Fetched by this run, but not all of them; with apt's complaints.
    Incomplete(String),
}

/// Extent of a request to apt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The named packages only.
    Named,
    /// With all their dependencies.
    WithDependencies,
}

impl<'a> PrivateApt<'a> {
    /// Creates the private directories below `base` and writes apt's configuration. `scratch` is an existing directory
    /// for temporary files.
    ///
    /// # Errors
    /// This machine has no apt, or the directories can't be written.
    pub(super) async fn prepare(
        machine: &'a Machine,
        lock: &'a InstallLock,
        base: &Path,
        scratch: &Path,
        what: &'a str,
        cx: &'a InstallContext,
    ) -> Result<PrivateApt<'a>, InstallError> {
        let program = machine.find("apt-get")?;
        let state = base.join("state");
        let conf = state.join("apt.conf");
        let scratch = scratch.to_path_buf();
        let apt = Self { program, conf, state, scratch, machine, lock, what, cx, lists: Lists::Found };
        apt.lay_out("", &[]).await?;
        Ok(apt)
    }

    /// Switches to another release of the distribution, which has lists of its own.
    ///
    /// # Errors
    /// [`InstallError::NoSource`] where no source of the machine is its distribution's.
    pub(super) async fn of_suite(mut self, name: &str) -> Result<PrivateApt<'a>, InstallError> {
        // The lists themselves name their publisher.
        if !self.has_lists().await {
            self.update().await?;
        }
        let tool = self.command("indextargets").arg("--format").arg(suite::FORMAT);
        let answer = self.run(&tool).await?.stdout;
        let mut entries = IndexSet::new();
        for target in answer.lines().filter_map(suite::target).filter(|it| it.is_main(self.machine)) {
            let read = tokio::fs::read_to_string(&target.file).await;
            let text = read.map_err(|e| InstallError::io(IoAction::Read, Path::new(&target.file), e))?;
            entries.extend(target.entry_for(&text, name).map(|entry| (target.is_stanza(), entry)));
        }
        if entries.is_empty() {
            let (suite, family) = (name.to_owned(), self.machine.family.clone());
            return Err(InstallError::NoSource { suite, family });
        }
        let of_kind = |kind: bool| -> Vec<&str> {
            entries.iter().filter(|(stanza, _)| *stanza == kind).map(|(_, entry)| entry.as_str()).collect()
        };
        let sources = [("own.list", of_kind(false).concat()), ("own.sources", of_kind(true).join("\n"))];
        self.state = self.state.join("suites").join(name);
        self.conf = self.state.join("apt.conf");
        self.lists = Lists::Found;
        // Pins and a default release apply to the machine's own releases.
        let more = format!(
            "Dir::Etc::sourcelist \"/dev/null\";\nDir::Etc::sourceparts \"{}/sources/\";\n\
             Dir::Etc::preferences \"/dev/null\";\nDir::Etc::preferencesparts \"/dev/null\";\n\
             APT::Default-Release \"\";\n",
            self.state.display()
        );
        self.lay_out(&more, &sources).await?;
        Ok(self)
    }

    /// Creates the directories and writes the configuration, with `more` at its end, and `sources`.
    async fn lay_out(&self, more: &str, sources: &[(&str, String)]) -> Result<(), InstallError> {
        for dir in ["lists/partial", "archives/partial", "log", "sources"] {
            let dir = self.state.join(dir);
            tokio::fs::create_dir_all(&dir).await.map_err(|e| InstallError::io(IoAction::Create, &dir, e))?;
        }
        let text = configuration(&self.state, &self.scratch)? + &self.machine.apt_conf + more;
        let files = [(self.conf.clone(), text.as_str()), (self.state.join("status"), "")];
        let sources =
            sources.iter().map(|(name, text)| (self.state.join("sources").join(name), text.as_str()));
        for (file, text) in files.into_iter().chain(sources) {
            tokio::fs::write(&file, text).await.map_err(|e| InstallError::io(IoAction::Write, &file, e))?;
        }
        Ok(())
    }

    /// Downloads the newest archives of `names` (as the machine's pins choose) into `dir`, without those that
    /// `unwanted` names.
    ///
    /// Missing lists are fetched first. They are fetched again where they prove to be old: a package is unknown, or no
    /// longer on the server.
    ///
    /// # Errors
    /// A package is unknown or can't be downloaded.
    pub(super) async fn fetch(
        &mut self,
        names: &[String],
        scope: Scope,
        unwanted: impl Fn(&str) -> bool,
        dir: &Path,
    ) -> Result<Vec<Archive>, InstallError> {
        loop {
            let mut archives = self.find(names, scope).await?;
            archives.retain(|archive| !unwanted(&archive.package));
            if archives.is_empty() {
                return Ok(archives);
            }
            match self.download(&archives, dir).await {
                Ok(()) => return Ok(archives),
                Err(InstallError::Download { detail, .. }) if self.lists == Lists::Found => {
                    self.log(format!("{}: {detail}: fetching the package lists again", self.what));
                    self.update().await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Finds the archives of `names`.
    async fn find(&mut self, names: &[String], scope: Scope) -> Result<Vec<Archive>, InstallError> {
        if self.lists == Lists::Found && !self.has_lists().await {
            self.update().await?;
        }
        if scope == Scope::WithDependencies {
            let closure = self.closure(names).await?;
            // `install` prints only MD5 sums, `download` the strongest: ask again, for these versions.
            let exact: Vec<String> =
                closure.iter().map(|it| format!("{}={}", it.package, it.version)).collect();
            return self.ask(self.command("download").arg("--print-uris").args(&exact), &exact).await;
        }
        self.ask(self.command("download").arg("--print-uris").args(names), names).await
    }

    async fn closure(&mut self, names: &[String]) -> Result<Vec<Archive>, InstallError> {
        let options = ["--print-uris", "--yes", "--no-install-recommends"];
        self.ask(self.command("install").args(options).args(names), names).await
    }

    /// Requests archives from apt. Where the package is unknown, fetches the lists and retries.
    async fn ask(&mut self, tool: ToolCommand, names: &[String]) -> Result<Vec<Archive>, InstallError> {
        loop {
            let finished = self.run(&tool).await?;
            if finished.status.success() {
                return finished
                    .stdout
                    .lines()
                    .filter(|line| line.starts_with('\''))
                    .map(|line| {
                        answer::archive(line).ok_or_else(|| InstallError::Answer {
                            line: line.to_owned(),
                            command: tool.shown(),
                        })
                    })
                    .collect();
            }
            let detail = answer::complaints(&finished.stderr);
            let unknown = answer::is_unknown_package(&finished.stderr);
            match &self.lists {
                Lists::Found if unknown => self.update().await?,
                // The missing list may be the one that contains it.
                Lists::Incomplete(trouble) if unknown => {
                    return Err(InstallError::Lists {
                        detail: format!("{trouble} ({detail})"),
                        command: self.command("update").shown(),
                    });
                }
                _ if unknown => {
                    return Err(InstallError::UnknownPackage { detail, advice: advice(self.machine) });
                }
                _ => {
                    return Err(InstallError::Unsolvable {
                        packages: names.join(", "),
                        detail,
                        command: tool.shown(),
                    });
                }
            }
        }
    }

    async fn download(&self, archives: &[Archive], dir: &Path) -> Result<(), InstallError> {
        let total: u64 = archives.iter().map(|archive| archive.size).sum();
        let exact = archives.iter().map(|it| format!("{}={}", it.package, it.version));
        let tool = self.command("download").args(exact).cwd(dir);
        let finished = self.run_watched(&tool, Some((dir, total))).await?;
        if finished.status.success() {
            self.progress(total, total);
            return Ok(());
        }
        Err(InstallError::Download { detail: answer::complaints(&finished.stderr), command: tool.shown() })
    }

    /// Fetches the package lists. Where some are unavailable, remembers apt's complaint for the message about an
    /// unknown package: a machine may have sources that are not needed.
    ///
    /// # Errors
    /// No list can be fetched.
    pub(super) async fn update(&mut self) -> Result<(), InstallError> {
        let tool = self.command("update");
        let finished = self.run(&tool).await?;
        let trouble = (!finished.stderr.trim().is_empty()).then(|| answer::complaints(&finished.stderr));
        if let Some(trouble) = &trouble {
            self.log(format!("apt-get update: {trouble}"));
        }
        let failed = !finished.status.success() || finished.stderr.contains("Failed to fetch");
        if failed && !self.has_lists().await {
            return Err(InstallError::Lists {
                detail: trouble.unwrap_or_else(|| "it said nothing".to_owned()),
                command: tool.shown(),
            });
        }
        self.lists = trouble.filter(|_| failed).map_or(Lists::Fresh, Lists::Incomplete);
        Ok(())
    }

    /// Returns whether any package list exists.
    pub(super) async fn has_lists(&self) -> bool {
        let Ok(mut entries) = tokio::fs::read_dir(self.state.join("lists")).await else { return false };
        while let Ok(Some(entry)) = entries.next_entry().await {
            if entry.file_name().to_string_lossy().contains("_Packages") {
                return true;
            }
        }
        false
    }

    fn command(&self, command: &str) -> ToolCommand {
        ToolCommand::new(&self.program).arg("-c").arg(&self.conf).arg("-qq").arg(command)
    }

    async fn run(&self, tool: &ToolCommand) -> Result<ToolOutput, InstallError> {
        self.run_watched(tool, None).await
    }

    /// Runs apt, and ends it where it makes no progress: with a full disk, apt 2.6 waits forever. `download` is the
    /// target directory and the number of expected bytes.
    async fn run_watched(
        &self,
        tool: &ToolCommand,
        download: Option<(&Path, u64)>,
    ) -> Result<ToolOutput, InstallError> {
        let tool = tool.clone().env("PATH", &self.machine.path).env("TMPDIR", &self.scratch);
        let tool = tool.holding(self.lock.file());
        let cancel = self.cx.cancel.child_token();
        let run = tool.run(self.what, &cancel);
        tokio::pin!(run);
        let finished = tokio::select! {
            finished = &mut run => finished?,
            stalled = self.stall(&tool, download) => {
                cancel.cancel();
                // It is killed: its output no longer matters.
                let _ = run.await;
                return Err(stalled);
            }
        };
        if !finished.status.success() && answer::is_disk_full(&finished.stderr) {
            return Err(InstallError::DiskFull { path: self.state.clone() });
        }
        Ok(finished)
    }

    /// Reports the progress of a download. Returns only when it has stalled.
    async fn stall(&self, tool: &ToolCommand, download: Option<(&Path, u64)>) -> InstallError {
        let (mut last, mut since) = (0, Instant::now());
        loop {
            tokio::time::sleep(LOOK).await;
            let mut seen = bytes_in(&self.state.join("archives/partial")).await;
            if let Some((dir, total)) = download {
                seen += bytes_in(dir).await;
                if seen != last {
                    self.progress(seen.min(total), total);
                }
            } else {
                seen += bytes_in(&self.state.join("lists")).await;
                seen += bytes_in(&self.state.join("lists/partial")).await;
            }
            if seen != last {
                (last, since) = (seen, Instant::now());
                continue;
            }
            let silence = since.elapsed();
            if silence >= self.machine.patience {
                return InstallError::Stalled { seconds: silence.as_secs(), command: tool.shown() };
            }
            if silence >= SHORT_SILENCE && free_space(&self.state).is_some_and(|free| free < NO_SPACE) {
                return InstallError::DiskFull { path: self.state.clone() };
            }
        }
    }

    fn progress(&self, done: u64, total: u64) {
        self.cx.events.say(EventKind::SetupProgress { what: self.what.to_owned(), done, total: Some(total) });
    }

    fn log(&self, message: String) {
        self.cx.events.say(EventKind::Log { level: Level::Debug, message });
    }
}

/// Returns how to fix an unknown package.
fn advice(machine: &Machine) -> String {
    if machine.is_ubuntu() {
        "on Ubuntu it is in `universe`, which seems not to be enabled here: \
         sudo add-apt-repository universe"
            .to_owned()
    } else {
        "see that /etc/apt/sources.list* names a Debian release with component `main`".to_owned()
    }
}

/// Returns the size of the files in a directory. An unreadable file counts as empty: the sum is for a progress bar.
async fn bytes_in(dir: &Path) -> u64 {
    let mut sum = 0;
    if let Ok(mut entries) = tokio::fs::read_dir(dir).await {
        while let Ok(Some(entry)) = entries.next_entry().await {
            sum += entry.metadata().await.map_or(0, |it| if it.is_file() { it.len() } else { 0 });
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ubuntu_hears_of_universe() {
        let machine = |family: &str| Machine { family: family.to_owned(), ..Machine::here() };
        assert!(advice(&machine("linuxmint ubuntu debian")).contains("universe"));
        assert!(!advice(&machine("debian")).contains("universe"));
    }
}
