//! Tools out of Python packages, such as esptool: each in a private environment below the cache folder, made by
//! the machine's Python and pip, or by those of Debian's packages where it has none.
//!
//! ```text
//! CACHE/pypi/lock             one installation at a time
//! CACHE/pypi/tmp/             of the installation that is going on
//! CACHE/pypi/NAME-KEY/        an environment; KEY stands for what was asked for and the machine
//! CACHE/pypi/NAME-KEY/NAME    links to the programs of the packages that were asked for, without `.py` as well
//! ```
//!
//! An environment can't be moved: its programs name their interpreter. So it is made in its place, and what says
//! that it is whole is written last.

mod environment;
mod lock_file;
mod python;

use std::path::{Path, PathBuf};

use super::lock;
use super::machine::Machine;
use super::process::Tool;
use super::{InstallContext, InstallError, IoAction, apt, blocking};
use crate::event::EventKind;
use environment::{Environment, Wanted};
use lock_file::LockFile;
use python::{Pip, Python};

/// Packages that are installed in an environment of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledEnvironment {
    /// The environment: Python is `bin/python3`, and the packages' programs are beside it and here.
    pub dir: PathBuf,
    /// Package names and versions: first those that were asked for.
    pub versions: Vec<(String, String)>,
    /// For `LD_LIBRARY_PATH`, where Python came in a package with libraries.
    pub library_path: Option<PathBuf>,
}

/// Variables that say where pip finds packages; all else of its configuration is that of its files.
const INDEX: [&str; 8] = [
    "PIP_CONFIG_FILE",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_NO_INDEX",
    "PIP_CERT",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
];

/// Has Python packages, each `NAME==VERSION`, with all that they depend on. Where a lock file says so, exactly what
/// it pins, and nothing whose hash is not in it.
///
/// Where they are there already, that takes about a millisecond and starts no process.
///
/// # Errors
/// Whatever keeps them from being there; see [`InstallError`].
pub async fn install_tool(
    packages: &[String],
    lock_file: Option<&Path>,
    cx: &InstallContext,
) -> Result<InstalledEnvironment, InstallError> {
    install_tool_on(&Machine::here(), packages, lock_file, cx).await
}

async fn install_tool_on(
    machine: &Machine,
    packages: &[String],
    lock_file: Option<&Path>,
    cx: &InstallContext,
) -> Result<InstalledEnvironment, InstallError> {
    let what = format!("tool {} from PyPI", packages.join(", "));
    cx.events.say(EventKind::SetupStarted { what: what.clone() });
    let lock_file = match lock_file.map(Path::to_owned) {
        Some(path) => Some(blocking(move || LockFile::read(&path)).await?),
        None => None,
    };
    if let Some(lock_file) = &lock_file {
        lock_file.check(packages, &what)?;
    }
    let offline = || InstallError::Offline { what: what.clone(), cache: cx.cache_dir.clone() };
    let base = cx.cache_dir.join("pypi");
    if cx.offline && !base.is_dir() {
        return Err(offline());
    }
    // As it is really called, for an environment works only there.
    let base = blocking(move || {
        std::fs::create_dir_all(&base)
            .and_then(|()| base.canonicalize())
            .map_err(|error| InstallError::io(IoAction::Create, &base, error))
    })
    .await?;
    let wanted = Wanted::new(packages, lock_file.as_ref(), &machine.tag);
    let dir = base.join(wanted.folder());
    let (found, was_there) = match find(&dir, &wanted).await? {
        Some(found) => (found, true),
        None if cx.offline => return Err(offline()),
        None => {
            let lock = lock::take(&base, &what, cx).await?;
            // Another run may have done it while this one waited.
            if let Some(found) = find(&dir, &wanted).await? {
                (found, true)
            } else {
                let making = Making { machine, cx, what: &what, lock: &lock, base: &base };
                (making.make(packages, lock_file.as_ref(), &dir, wanted).await?, false)
            }
        }
    };
    let versions: Vec<String> = found.versions().map(|(name, version)| format!("{name} {version}")).collect();
    let how = if was_there { "already installed: " } else { "" };
    let detail = format!("{how}{}", versions.join(", "));
    let brief = versions.into_iter().next().unwrap_or_default();
    cx.events.say(EventKind::SetupFinished { what, brief, detail });
    Ok(InstalledEnvironment {
        versions: found.versions().map(|(name, version)| (name.to_owned(), version.to_owned())).collect(),
        library_path: found.library_path().map(Path::to_owned),
        dir,
    })
}

/// An installation that is going on, and what every step of it needs to know.
struct Making<'a> {
    machine: &'a Machine,
    cx: &'a InstallContext,
    what: &'a str,
    lock: &'a lock::Lock,
    base: &'a Path,
}

impl Making<'_> {
    async fn make(
        &self,
        packages: &[String],
        lock_file: Option<&LockFile>,
        dir: &Path,
        wanted: Wanted,
    ) -> Result<Environment, InstallError> {
        // What an interrupted installation has left; and an environment whose Python is gone.
        let temporary = self.base.join("tmp");
        let (left, made) = ([temporary.clone(), dir.to_owned()], temporary.clone());
        blocking(move || {
            left.iter().try_for_each(|path| remove(path))?;
            std::fs::create_dir_all(&made).map_err(|error| InstallError::io(IoAction::Create, &made, error))
        })
        .await?;
        let python = Python::find(self).await?;
        let pip = Pip::find(&python, self, &temporary).await?;
        let venv = self.tool(&python, &python.program).args(["-I", "-m", "venv", "--without-pip"]).arg(dir);
        self.run(venv, "see that this Python works").await?;

        // pip asks whatever `rustc` is in PATH for its version, and rustup's writes into the home folder then.
        let install = || {
            self.tool(&python, &dir.join("bin/python3"))
                .env("PATH", "/usr/bin:/bin")
                .arg(&pip.dir)
                .args(["install", "--quiet", "--no-input", "--no-cache-dir"])
                .args(["--disable-pip-version-check", "--no-warn-script-location"])
        };
        let advice =
            "check the network, the proxy (https_proxy) and pip's configuration (pip.conf, PIP_INDEX_URL)";
        match lock_file {
            None => self.run(install().args(packages), advice).await?,
            Some(lock_file) => {
                let advice = "see that the lock file pins all that the packages need, with the hashes of what the \
                              index has";
                let builders = lock_file.builders();
                if !builders.is_empty() {
                    let path = temporary.join("builders.txt");
                    tokio::fs::write(&path, builders)
                        .await
                        .map_err(|error| InstallError::io(IoAction::Write, &path, error))?;
                    let first = install().arg("--require-hashes").arg("-r").arg(path);
                    self.run(first, advice).await?;
                }
                let all =
                    install().args(["--require-hashes", "--no-build-isolation", "-r"]).arg(&lock_file.path);
                self.run(all, advice).await?;
            }
        }
        let library_path = python.library_path.clone();
        let dir = dir.to_owned();
        blocking(move || {
            let environment = Environment::record(&dir, wanted, library_path)?;
            remove(&temporary)?;
            Ok(environment)
        })
        .await
    }

    /// A command that writes nowhere but below the base folder.
    fn tool(&self, python: &Python, program: &Path) -> Tool {
        let mut tool = Tool::new(program)
            .env("PATH", &self.machine.path)
            .env("TMPDIR", self.base.join("tmp"))
            .env("PYTHONNOUSERSITE", "1")
            .cwd(self.base)
            .holding(self.lock.file());
        for name in INDEX {
            if let Some(value) = std::env::var_os(name) {
                tool = tool.env(name, value);
            }
        }
        if let Some(libraries) = &python.library_path {
            tool = tool.env("LD_LIBRARY_PATH", libraries);
        }
        tool
    }

    async fn run(&self, tool: Tool, advice: &'static str) -> Result<(), InstallError> {
        let finished = tool.run(self.what, &self.cx.cancel).await?;
        if finished.status.success() {
            return Ok(());
        }
        if apt::is_disk_full(&finished.stderr) {
            return Err(InstallError::DiskFull { path: self.base.to_owned() });
        }
        Err(InstallError::Python {
            what: self.what.to_owned(),
            detail: last_lines(&finished.stderr),
            advice,
            command: tool.shown(),
        })
    }
}

async fn find(dir: &Path, wanted: &Wanted) -> Result<Option<Environment>, InstallError> {
    let (dir, wanted) = (dir.to_owned(), wanted.clone());
    blocking(move || Ok(Environment::find(&dir, &wanted))).await
}

fn remove(path: &Path) -> Result<(), InstallError> {
    match std::fs::remove_dir_all(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(InstallError::io(IoAction::Remove, path, source))
        }
        _ => Ok(()),
    }
}

/// What a Python program says of its failure is at the end; pip says it in a few lines.
fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let last = lines[lines.len().saturating_sub(6)..].join("\n");
    if last.is_empty() { "it failed and said nothing".to_owned() } else { last }
}
