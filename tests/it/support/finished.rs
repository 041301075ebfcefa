//! The program's end, and what it left.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use super::{Reports, Workspace};

/// A run of the program that is over.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Where it ran.
    pub(crate) workspace: Workspace,
    /// The exit code; `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// What `output` says of a run in `workspace`.
    pub(crate) fn new(workspace: Workspace, output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("the program prints UTF-8");
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        Self { workspace, code: output.status.code(), stdout, stderr }
    }

    /// Fails, with all that was printed, if the exit code is another.
    #[track_caller]
    pub(crate) fn assert_exit(self, code: i32) -> Self {
        assert!(
            self.code == Some(code),
            "exit {:?}, not {code}\n--- stdout\n{}\n--- stderr\n{}",
            self.code,
            self.stdout,
            self.stderr
        );
        self
    }

    /// Fails if standard error does not hold `text`.
    #[track_caller]
    pub(crate) fn assert_stderr(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "`{text}` is not in\n{}", self.stderr);
        self
    }

    /// Fails if standard output does not hold `text`.
    #[track_caller]
    pub(crate) fn assert_stdout(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "`{text}` is not in\n{}", self.stdout);
        self
    }

    /// The reports in the default directory.
    pub(crate) fn reports(&self) -> Reports {
        Reports::new(self.workspace.path(".fbuild-matrix/reports"))
    }

    /// What the run gave to a slot, as `JOB: STEP LABEL`; nothing where nothing has changed.
    pub(crate) fn steps(&self) -> Vec<String> {
        self.steps_if(|_| true)
    }

    /// Those of its steps that started a process.
    pub(crate) fn processes(&self) -> Vec<String> {
        self.steps_if(|step| !step["process"].is_null())
    }

    fn steps_if(&self, is_wanted: impl Fn(&serde_json::Value) -> bool) -> Vec<String> {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let mut events = self.reports().events();
        events.retain(|event| event["event"] == "step_finished" && is_wanted(event));
        let line = |step: &serde_json::Value| {
            format!("{}: {} {}", step["job"], text(&step["step"]), text(&step["label"]))
        };
        events.iter().map(line).collect()
    }

    /// The firmware of every cell in the default work directory: the bytes of each `.hex` by its path
    /// below `cells/`, `uno/examples/Blink/Blink.ino.hex`. Those merged with a bootloader are left out.
    pub(crate) fn firmware(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        self.firmware_in(".fbuild-matrix")
    }

    /// The same of another work directory.
    pub(crate) fn firmware_in(&self, work: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut firmware = files_below(&self.workspace.path(work).join("cells"), "hex");
        firmware.retain(|path, _| !path.to_string_lossy().ends_with(".with_bootloader.hex"));
        firmware
    }
}

/// Contents of all files with this extension below `directory`, by their paths relative to it.
pub(crate) fn files_below(directory: &Path, extension: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    walkdir::WalkDir::new(directory)
        .into_iter()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().is_file() && entry.path().extension() == Some(extension.as_ref()))
        .map(|entry| {
            (entry.path().strip_prefix(directory).unwrap().to_owned(), fs::read(entry.path()).unwrap())
        })
        .collect()
}
