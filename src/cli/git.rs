//! Questions to the machine's git about a checkout. They change nothing in it.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Git in a directory of a checkout.
#[derive(Debug, Clone, Copy)]
pub(super) struct Git<'d> {
    directory: &'d Path,
    index: Option<&'d Path>,
}

impl<'d> Git<'d> {
    pub(super) const fn at(directory: &'d Path) -> Self {
        Self { directory, index: None }
    }

    /// Returns the same with the index in a file of its own.
    pub(super) const fn with_index(self, index: &'d Path) -> Self {
        Self { index: Some(index), ..self }
    }

    /// Returns the root of the checkout.
    pub(super) fn top(self) -> Option<PathBuf> {
        let top = self.run(&["rev-parse", "--show-toplevel"])?;
        Some(PathBuf::from(OsStr::from_bytes(top.trim_ascii_end())))
    }

    /// Returns the commit that a name means, if the checkout has it.
    pub(super) fn commit(self, name: &str) -> Option<String> {
        // An option is no name.
        let wanted = Some(format!("{name}^{{commit}}")).filter(|_| !name.starts_with('-'))?;
        let found = self.run(&["rev-parse", "--quiet", "--verify", &wanted])?;
        commit(&String::from_utf8_lossy(&found))
    }

    /// Returns what git prints; `None` if it fails.
    pub(super) fn run(self, arguments: &[&str]) -> Option<Vec<u8>> {
        let output = self.output(arguments).ok()?;
        output.status.success().then_some(output.stdout)
    }

    /// Runs git to its end.
    ///
    /// # Errors
    /// It can't be started.
    pub(super) fn output(self, arguments: &[&str]) -> io::Result<Output> {
        let mut command = Command::new("git");
        // A checkout of another user, as in a container, is read all the same.
        command.arg("-c").arg(format!("safe.directory={}", self.directory.display()));
        command.args([
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "core.quotePath=false",
        ]);
        // The index is not refreshed on the disk.
        command.args(arguments).env("GIT_OPTIONAL_LOCKS", "0").env("GIT_TERMINAL_PROMPT", "0");
        if let Some(index) = self.index {
            command.env("GIT_INDEX_FILE", index);
        }
        command.current_dir(self.directory).stdin(Stdio::null()).output()
    }
}

/// Returns a commit's name if it is one. A branch that was just created has no commit before it: zeros.
pub(super) fn commit(text: &str) -> Option<String> {
    let text = text.trim();
    let is_commit = text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_commit && text.bytes().any(|byte| byte != b'0')).then(|| text.to_owned())
}
