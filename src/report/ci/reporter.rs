//! Writes annotations into the log, and the outputs of the step, when the run has ended.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use super::annotations::{MOST, errors, warnings};
use super::commands::azure_data;
use super::environment_file::append;
use super::findings::Findings;
use super::outputs::outputs;
use super::workspace::Workspace;
use crate::event::Event;
use crate::report::options::{Annotations, CiOptions};
use crate::report::report_dir::ReportDir;
use crate::report::reporter::Reporter;

/// Writes annotations and outputs.
pub(in crate::report) struct CiReporter {
    ci: CiOptions,
    workspace: Workspace,
    findings: Findings,
    dir: ReportDir,
    /// The log: standard error, so that annotations come after the failures' diagnostics, in which the runner reads no
    /// commands.
    log: Box<dyn Write + Send>,
}

impl CiReporter {
    /// Paths in texts are shown relative to the directory `current`.
    pub(in crate::report) fn new(
        ci: CiOptions,
        current: &Path,
        dir: ReportDir,
        log: Box<dyn Write + Send>,
    ) -> Self {
        let (workspace, findings) = (Workspace::new(&ci, current), Findings::new(current));
        Self { ci, workspace, findings, dir, log }
    }

    /// Returns the annotations, at most [`MOST`] of each severity.
    fn annotations(&self) -> String {
        let system = self.ci.annotations;
        if matches!(system, Annotations::None | Annotations::Gitlab) {
            return String::new();
        }
        let (errors, warnings) =
            (errors(&self.findings, &self.workspace), warnings(&self.findings, &self.workspace));
        let shown = errors.iter().take(MOST).chain(warnings.iter().take(MOST));
        let mut text: String = shown.filter_map(|annotation| annotation.command(system)).collect();
        for (all, what) in [(errors.len(), "causes of failures"), (warnings.len(), "warnings")] {
            if all > MOST {
                let place = if self.ci.step_summary.is_some() { "the step summary" } else { "summary.md" };
                // Writing to a String can't fail.
                let _ = writeln!(text, "{MOST} of {all} {what} are annotations; {place} has all");
            }
        }
        if system == Annotations::Azure {
            let summary = self.dir.path().join("summary.md");
            let _ = writeln!(text, "##vso[task.uploadsummary]{}", azure_data(&summary.to_string_lossy()));
        }
        text
    }
}

impl Reporter for CiReporter {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        self.findings.fold(event);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.findings.tally.close();
        let text = self.annotations();
        // A closed log is no failure.
        let _ = self.log.write_all(text.as_bytes()).and_then(|()| self.log.flush());
        if let Some(path) = &self.ci.output {
            append(path, |_| outputs(&self.findings, &self.dir.path()));
        }
        Ok(())
    }
}
