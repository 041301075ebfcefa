//! `gl-code-quality.json`: each cause of failures and each warning as an issue of GitLab's code quality report. GitLab
//! compares it with that of the target branch, and shows what is new.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use serde::Serialize;

use super::annotations;
use super::commands::{Annotation, Severity};
use super::findings::Findings;
use super::workspace::Workspace;
use crate::event::Event;
use crate::report::file::ReportFile;
use crate::report::options::CiOptions;
use crate::report::reporter::Reporter;

/// Writes `gl-code-quality.json`.
pub(in crate::report) struct CodeQuality {
    file: ReportFile,
    findings: Findings,
    workspace: Workspace,
}

/// An issue, in the form that GitLab reads.
#[derive(Debug, Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    /// Identity across runs; unique in a report.
    fingerprint: String,
    severity: &'static str,
    location: IssueLocation,
}

#[derive(Debug, Serialize)]
struct IssueLocation {
    /// Relative to the checkout.
    path: String,
    lines: IssueLines,
}

#[derive(Debug, Serialize)]
struct IssueLines {
    begin: u32,
}

impl CodeQuality {
    pub(in crate::report) const FILE: &'static str = "gl-code-quality.json";

    /// Paths in texts are shown relative to the directory `current`.
    pub(in crate::report) fn new(file: ReportFile, ci: &CiOptions, current: &Path) -> Self {
        // GitLab compares two reports: all warnings of the checkout belong into both.
        let all = CiOptions { changed: None, ..ci.clone() };
        Self { file, findings: Findings::new(current), workspace: Workspace::new(&all, current) }
    }
}

impl Reporter for CodeQuality {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        self.findings.fold(event);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        let issues = issues(&self.findings, &self.workspace);
        self.file.write(|writer| {
            serde_json::to_writer_pretty(&mut *writer, &issues)?;
            writer.write_all(b"\n")
        })
    }
}

/// Returns the issues of a run. A cause without a place in the checkout, such as a core that fails, has none: GitLab
/// requires a path.
fn issues(findings: &Findings, workspace: &Workspace) -> Vec<Issue> {
    let errors = annotations::errors(findings, workspace);
    let warnings = annotations::warnings(findings, workspace);
    let mut seen: HashMap<String, u32> = HashMap::new();
    errors.into_iter().chain(warnings).filter_map(|annotation| issue(annotation, &mut seen)).collect()
}

fn issue(annotation: Annotation, seen: &mut HashMap<String, u32>) -> Option<Issue> {
    let Annotation { severity, file, line, message, .. } = annotation;
    let path = file?;
    let (check_name, severity) = match severity {
        Severity::Error => ("build", "blocker"),
        Severity::Warning => ("warning", "minor"),
    };
    // Without the line, and without the cells: an issue stays the same where lines are added above it.
    let cause = message.lines().next().unwrap_or_default();
    let identity = format!("{check_name}\n{path}\n{cause}");
    let number = seen.entry(identity.clone()).or_default();
    *number += 1;
    let fingerprint = blake3::hash(format!("{identity}\n{number}").as_bytes()).to_hex().to_string();
    let location = IssueLocation { path, lines: IssueLines { begin: line.unwrap_or(1) } };
    Some(Issue { description: message.replace('\n', " — "), check_name, fingerprint, severity, location })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::event::WarningOwner;
    use crate::report::ci::testing::{findings, many_causes, missing_header, workspace};
    use crate::report::testing::{Script, warning};

    #[test]
    fn a_cause_is_one_issue() {
        let issues = issues(&findings(missing_header()), &workspace());
        assert_eq!(issues.len(), 1);
        let json = serde_json::to_value(&issues[0]).expect("JSON");
        assert_eq!((&json["severity"], &json["check_name"]), (&"blocker".into(), &"build".into()));
        assert_eq!(json["location"], serde_json::json!({"path": "src/Lib.h", "lines": {"begin": 3}}));
        let text = json["description"].as_str().expect("a text");
        assert!(
            text.starts_with("Gone.h: No such file or directory — Sketch0 on due, mega, uno; "),
            "{text}"
        );
        assert_eq!(json["fingerprint"].as_str().map(str::len), Some(64));
    }

    #[test]
    fn fingerprints_are_unique_and_do_not_depend_on_lines() {
        let all = issues(&findings(many_causes(200)), &workspace());
        let prints: HashSet<&str> = all.iter().map(|issue| issue.fingerprint.as_str()).collect();
        assert_eq!((all.len(), prints.len()), (200, 200));
        let warned = |lines: &[u32]| {
            let own = |line: &u32| warning(WarningOwner::Own, Some(("/here/src/Lib.h", *line)), "unused");
            let warnings: Vec<_> = lines.iter().map(own).collect();
            issues(&findings(Script::new().warned("uno/A", &warnings)), &workspace())
        };
        let (before, after) = (warned(&[3, 9]), warned(&[4, 10]));
        let prints =
            |issues: &[Issue]| -> Vec<String> { issues.iter().map(|it| it.fingerprint.clone()).collect() };
        assert_eq!(prints(&before), prints(&after));
        assert_ne!(before[0].fingerprint, before[1].fingerprint);
        assert_eq!((before[0].severity, before[0].location.lines.begin), ("minor", 3));
    }
}
