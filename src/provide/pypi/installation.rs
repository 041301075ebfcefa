//! One installation of Python packages: creates the environment and fills it with pip. Knows nothing of earlier
//! installations.

use std::path::{Path, PathBuf};

use super::super::apt;
use super::super::blocking::blocking;
use super::super::context::InstallContext;
use super::super::error::{InstallError, IoAction};
use super::super::install_lock::InstallLock;
use super::super::machine::Machine;
use super::super::tool_command::ToolCommand;
use super::environment::{EnvironmentIdentity, PythonEnvironment};
use super::lock_file::LockFile;
use super::python::Python;

/// Variables that name pip's package sources; the rest of its configuration comes from its files.
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

/// An installation in progress.
pub(super) struct EnvironmentInstallation<'a> {
    pub(super) machine: &'a Machine,
    pub(super) cx: &'a InstallContext,
    /// The tool in the user's words.
    pub(super) what: &'a str,
    pub(super) lock: &'a InstallLock,
    /// The provider's directory in the cache directory.
    pub(super) base: &'a Path,
}

impl EnvironmentInstallation<'_> {
    /// Creates the environment in `dir`, installs the packages, and records that it is complete.
    ///
    /// # Errors
    /// Any [`InstallError`] that prevents the installation.
    pub(super) async fn run(
        &self,
        packages: &[String],
        lock_file: Option<&LockFile>,
        dir: &Path,
        identity: EnvironmentIdentity,
    ) -> Result<PythonEnvironment, InstallError> {
        // The rest of an interrupted installation, and an environment whose Python is missing.
        let temporary = self.base.join("tmp");
        let (left, made) = ([temporary.clone(), dir.to_owned()], temporary.clone());
        blocking(move || {
            left.iter().try_for_each(|path| remove(path))?;
            std::fs::create_dir_all(&made).map_err(|error| InstallError::io(IoAction::Create, &made, error))
        })
        .await?;
        let python = Python::find(self.machine, self.what, self.cx).await?;
        let pip = self.pip(&python, &temporary).await?;
        let venv = self.tool(&python, &python.program).args(["-I", "-m", "venv", "--without-pip"]).arg(dir);
        self.start(venv, "see that this Python works").await?;

        // pip asks any `rustc` in PATH for its version, and rustup's then writes into the home directory.
        let install = || {
            self.tool(&python, &dir.join("bin/python3"))
                .env("PATH", "/usr/bin:/bin")
                .arg(&pip)
                .args(["install", "--quiet", "--no-input", "--no-cache-dir"])
                .args(["--disable-pip-version-check", "--no-warn-script-location"])
        };
        let advice =
            "check the network, the proxy (https_proxy) and pip's configuration (pip.conf, PIP_INDEX_URL)";
        match lock_file {
            None => self.start(install().args(packages), advice).await?,
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
                    self.start(first, advice).await?;
                }
                let all =
                    install().args(["--require-hashes", "--no-build-isolation", "-r"]).arg(&lock_file.path);
                self.start(all, advice).await?;
            }
        }
        let library_path = python.library_path.clone();
        let dir = dir.to_owned();
        blocking(move || {
            let environment = PythonEnvironment::record(&dir, identity, library_path)?;
            remove(&temporary)?;
            Ok(environment)
        })
        .await
    }

    /// Extracts pip below `temporary`, and returns the directory that Python starts: packed, pip can't build anything.
    async fn pip(&self, python: &Python, temporary: &Path) -> Result<PathBuf, InstallError> {
        let wheel = python.pip_wheel(self.machine, self.what, self.cx).await?;
        let dir = temporary.join("pip");
        let extract =
            self.tool(python, &python.program).args(["-I", "-m", "zipfile", "-e"]).arg(wheel).arg(&dir);
        self.start(extract, "see that this Python works").await?;
        Ok(dir.join("pip"))
    }

    /// Returns a command that writes only below the base directory.
    fn tool(&self, python: &Python, program: &Path) -> ToolCommand {
        let mut tool = ToolCommand::new(program)
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

    async fn start(&self, tool: ToolCommand, advice: &'static str) -> Result<(), InstallError> {
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

fn remove(path: &Path) -> Result<(), InstallError> {
    match std::fs::remove_dir_all(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(InstallError::io(IoAction::Remove, path, source))
        }
        _ => Ok(()),
    }
}

/// Returns the last lines of an output: a Python program reports its failure there, pip in a few lines.
fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let last = lines[lines.len().saturating_sub(6)..].join("\n");
    if last.is_empty() { "it failed and said nothing".to_owned() } else { last }
}
