//! A private apt: the machine's own package sources, keys, pins and proxies, but lists, cache and
//! status in our cache folder, so that it needs no root and leaves the system alone. It finds and
//! fetches archives; what is in them it does not know.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indexmap::IndexSet;

use super::super::lock::Lock;
use super::super::machine::{Machine, free_space};
use super::super::process::{Finished, Tool};
use super::super::{InstallContext, InstallError, IoAction};
use super::answer::{self, Archive};
use super::suite;
use crate::event::{EventKind, Level};

/// How often the size of what has arrived is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// With less free space than this (bytes), a silence is taken for a full disk.
const NO_SPACE: u64 = 1 << 20;
/// How long that silence is.
const SHORT_SILENCE: Duration = Duration::from_secs(3);

/// The private apt, for the holder of the lock.
#[derive(Debug)]
pub(super) struct Apt<'a> {
    program: PathBuf,
    conf: PathBuf,
    state: PathBuf,
    scratch: PathBuf,
    machine: &'a Machine,
    lock: &'a Lock,
    what: &'a str,
    cx: &'a InstallContext,
    lists: Lists,
}

/// How old the package lists are.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Lists {
    /// As they were found, from an earlier run.
    Found,
    /// Fetched now.
    Fresh,
    /// Fetched now, but not all of them; apt's complaints.
    Incomplete(String),
}

/// What is asked of apt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The named packages only.
    Named,
    /// All that they depend on, too.
    WithDependencies,
}

impl<'a> Apt<'a> {
    /// Lays out the private folders below `base` and writes apt's configuration. `scratch` is an
    /// existing folder for temporary files.
    pub(super) async fn prepare(
        machine: &'a Machine,
        lock: &'a Lock,
        base: &Path,
        scratch: &Path,
        what: &'a str,
        cx: &'a InstallContext,
    ) -> Result<Apt<'a>, InstallError> {
        let program = machine.find("apt-get")?;
        let state = base.join("state");
        let conf = state.join("apt.conf");
        let scratch = scratch.to_path_buf();
        let apt = Self { program, conf, state, scratch, machine, lock, what, cx, lists: Lists::Found };
        apt.lay_out("", &[]).await?;
        Ok(apt)
    }

    /// The same for another release of the distribution, which has lists of its own.
    pub(super) async fn of_suite(mut self, name: &str) -> Result<Apt<'a>, InstallError> {
        // Whose lists they are is in the lists.
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
        // Pins and a default release are about the releases that the machine has.
        let more = format!(
            "Dir::Etc::sourcelist \"/dev/null\";\nDir::Etc::sourceparts \"{}/sources/\";\n\
             Dir::Etc::preferences \"/dev/null\";\nDir::Etc::preferencesparts \"/dev/null\";\n\
             APT::Default-Release \"\";\n",
            self.state.display()
        );
        self.lay_out(&more, &sources).await?;
        Ok(self)
    }

    /// Makes the folders and writes the configuration, with `more` at its end, and `sources`.
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

    /// Downloads the newest archives of `names` (as the machine's pins choose) into `dir`, with all
    /// that they depend on where `scope` says so, but without those that `unwanted` names.
    ///
    /// The lists are fetched first where there are none, and again where they turn out to be old: a
    /// package is unknown, or no longer on the server.
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
            // `install` prints MD5 sums only, `download` the strongest: ask again, for these versions.
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

    /// Asks apt for archives; fetches the lists and asks again where it knows no such package.
    async fn ask(&mut self, tool: Tool, names: &[String]) -> Result<Vec<Archive>, InstallError> {
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
                // That list may be the one that has it.
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

    /// Fetches the package lists. That a part of them can't be had is no error yet (a machine may have
    /// sources that we don't need): it is remembered for the message if a package turns out to be unknown.
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

    /// Whether any package list is there.
    pub(super) async fn has_lists(&self) -> bool {
        let Ok(mut entries) = tokio::fs::read_dir(self.state.join("lists")).await else { return false };
        while let Ok(Some(entry)) = entries.next_entry().await {
            if entry.file_name().to_string_lossy().contains("_Packages") {
                return true;
            }
        }
        false
    }

    fn command(&self, command: &str) -> Tool {
        Tool::new(&self.program).arg("-c").arg(&self.conf).arg("-qq").arg(command)
    }

    async fn run(&self, tool: &Tool) -> Result<Finished, InstallError> {
        self.run_watched(tool, None).await
    }

    /// Runs apt, and ends it where nothing moves any more: with a full disk, apt 2.6 waits for ever.
    /// `download` is where to, and how many bytes are expected.
    async fn run_watched(
        &self,
        tool: &Tool,
        download: Option<(&Path, u64)>,
    ) -> Result<Finished, InstallError> {
        let tool = tool.clone().env("PATH", &self.machine.path).env("TMPDIR", &self.scratch);
        let tool = tool.holding(self.lock.file());
        let cancel = self.cx.cancel.child_token();
        let run = tool.run(self.what, &cancel);
        tokio::pin!(run);
        let finished = tokio::select! {
            finished = &mut run => finished?,
            stalled = self.stall(&tool, download) => {
                cancel.cancel();
                // It is killed; what it says no longer matters.
                let _ = run.await;
                return Err(stalled);
            }
        };
        if !finished.status.success() && answer::is_disk_full(&finished.stderr) {
            return Err(InstallError::DiskFull { path: self.state.clone() });
        }
        Ok(finished)
    }

    /// Says how much of a download has arrived. Ends only where nothing arrives any more.
    async fn stall(&self, tool: &Tool, download: Option<(&Path, u64)>) -> InstallError {
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

/// apt's configuration. It is read after that of the machine, which stays in force for the rest.
fn configuration(state: &Path, scratch: &Path) -> Result<String, InstallError> {
    // Its syntax has no way to write these.
    let writable = |path: &&str| !path.contains(['"', '\n', '\r', '\\']);
    let text = |path: &'_ Path| match path.to_str().filter(writable) {
        Some(text) => Ok(text.to_owned()),
        None => Err(InstallError::UnusablePath { path: path.to_path_buf() }),
    };
    let (dir, scratch) = (text(state)?, text(scratch)?);
    // The hooks (cleaning /var/cache/apt, telling packagekit, esm notices) are about the system's own
    // state. Its list of things to fetch may hold icons, contents and sources, which we don't need. As
    // root, apt would fetch as user _apt, who may not enter a cache folder below /root. The pkgcache
    // halves the time of each call, and takes more room than all lists: it goes when we are done.
    Ok(format!(
        r#"#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Update::Post-Invoke-Stats;
#clear AptCli::Hooks;
Dir::State "{dir}/";
Dir::State::lists "{dir}/lists/";
Dir::State::status "{dir}/status";
Dir::State::extended_states "{dir}/extended_states";
Dir::State::cdroms "{dir}/cdroms.list";
Dir::Cache "{dir}/";
Dir::Cache::archives "{dir}/archives/";
Dir::Cache::pkgcache "{scratch}/pkgcache.bin";
Dir::Cache::srcpkgcache "";
Dir::Log "{dir}/log/";
Debug::NoLocking "true";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::GzipIndexes "true";
Acquire::IndexTargets::deb-src::Sources::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons-small::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons-large::DefaultEnabled "false";
Acquire::IndexTargets::deb::CNF::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
"#
    ))
}

/// What to do where a package is unknown.
fn advice(machine: &Machine) -> String {
    if machine.is_ubuntu() {
        "on Ubuntu it is in `universe`, which seems not to be enabled here: \
         sudo add-apt-repository universe"
            .to_owned()
    } else {
        "see that /etc/apt/sources.list* names a Debian release with component `main`".to_owned()
    }
}

/// Bytes of the files in a folder. What can't be read counts as nothing: it is for a progress bar.
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
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_apt_conf_cannot_name_is_refused() {
        assert!(configuration(Path::new("/a b/ü"), Path::new("/tmp")).unwrap().contains("\"/a b/ü/lists/\""));
        for bad in ["/a\"b", "/a\nb", "/a\\b"] {
            assert!(
                matches!(
                    configuration(Path::new(bad), Path::new("/tmp")),
                    Err(InstallError::UnusablePath { .. })
                ),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn nothing_in_the_configuration_points_outside() {
        let text = configuration(Path::new("/cache/apt/state"), Path::new("/cache/apt/tmp/x")).unwrap();
        let dirs: Vec<&str> = text.lines().filter(|line| line.starts_with("Dir::")).collect();
        assert_eq!(dirs.len(), 10);
        for line in dirs {
            assert!(line.contains(" \"/cache/apt/") || line.ends_with(" \"\";"), "{line}");
        }
    }

    #[test]
    fn ubuntu_hears_of_universe() {
        let machine = |family: &str| Machine { family: family.to_owned(), ..Machine::here() };
        assert!(advice(&machine("linuxmint ubuntu debian")).contains("universe"));
        assert!(!advice(&machine("debian")).contains("universe"));
    }
}
