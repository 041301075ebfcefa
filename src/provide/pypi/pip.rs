//! How pip is started: by a Python of the machine, with the machine's package sources, and with nothing else of its
//! configuration. What it writes is below the provider's directory.

use std::path::{Path, PathBuf};

use super::super::apt;
use super::super::context::InstallContext;
use super::super::error::{InstallError, IoAction};
use super::super::install_lock::InstallLock;
use super::super::machine::Machine;
use super::super::tool_command::ToolCommand;
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

/// What a user can do where packages can't be downloaded.
pub(super) const NETWORK_ADVICE: &str =
    "check the network, the proxy (https_proxy) and pip's configuration (pip.conf, PIP_INDEX_URL)";

/// pip, for one tool.
pub(super) struct Pip<'a> {
    pub(super) machine: &'a Machine,
    pub(super) cx: &'a InstallContext,
    /// The tool in the user's words.
    pub(super) what: &'a str,
    pub(super) lock: &'a InstallLock,
    /// The provider's directory in the cache directory.
    pub(super) base: &'a Path,
}

impl Pip<'_> {
    /// Returns the directory for what is needed only meanwhile.
    pub(super) fn temporary(&self) -> PathBuf {
        self.base.join("tmp")
    }

    /// Extracts pip below `temporary`, and returns the directory that Python starts: packed, pip can't build anything.
    pub(super) async fn pip(&self, python: &Python, temporary: &Path) -> Result<PathBuf, InstallError> {
        let wheel = python.pip_wheel(self.machine, self.what, self.cx).await?;
        let dir = temporary.join("pip");
        let extract =
            self.tool(python, &python.program).args(["-I", "-m", "zipfile", "-e"]).arg(wheel).arg(&dir);
        self.start(extract, "see that this Python works").await?;
        Ok(dir.join("pip"))
    }

    /// Returns a command of pip, which `program` runs.
    pub(super) fn subcommand(&self, name: &str, python: &Python, program: &Path, pip: &Path) -> ToolCommand {
        // pip asks any `rustc` in PATH for its version, and rustup's then writes into the home directory.
        self.tool(python, program)
            .env("PATH", "/usr/bin:/bin")
            .arg(pip)
            .args([name, "--quiet", "--no-input", "--no-cache-dir"])
            .args(["--disable-pip-version-check", "--no-warn-script-location"])
    }

    /// Returns a command that writes only below the base directory.
    pub(super) fn tool(&self, python: &Python, program: &Path) -> ToolCommand {
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

    /// Runs a command to its end. Returns its standard output. `advice` is what a user can do about a failure.
    ///
    /// # Errors
    /// [`InstallError::Python`] where it fails.
    pub(super) async fn start(
        &self,
        tool: ToolCommand,
        advice: &'static str,
    ) -> Result<String, InstallError> {
        let finished = tool.run(self.what, &self.cx.cancel).await?;
        if finished.status.success() {
            return Ok(finished.stdout);
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

/// Removes a directory, if it is there.
///
/// # Errors
/// It can't be removed.
pub(super) fn remove(path: &Path) -> Result<(), InstallError> {
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
