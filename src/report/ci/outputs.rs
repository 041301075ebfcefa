//! The outputs of a step of GitHub: counts and paths, one a line.

use std::fmt::Write as _;
use std::path::Path;

use super::findings::Findings;
use super::marks::random_word;
use crate::report::tally::Verdict;
use crate::report::text;

/// The longest list of failures, in bytes. GitHub takes 1 MiB for all outputs of a job.
const FAILURES_MAX: usize = 64 * 1024;
/// The files of the report directory with an output, by its name.
const FILES: [(&str, &str); 5] = [
    ("summary", "summary.md"),
    ("junit", "junit.xml"),
    ("timing", "timing.json"),
    ("trace", "trace.json"),
    ("events", "events.jsonl"),
];

/// Returns the lines for `GITHUB_OUTPUT`. `reports` is the directory of the reports.
pub(super) fn outputs(findings: &Findings, reports: &Path) -> String {
    let (tally, causes) = (&findings.tally, findings.causes());
    let total = tally.total();
    let mut lines = String::new();
    if let Some(exit) = tally.exit {
        lines.push_str(&output("exit-code", &exit.to_string()));
    }
    lines.push_str(&output("cells", &tally.cells_planned().to_string()));
    for verdict in Verdict::ALL {
        lines.push_str(&output(verdict.word(), &total.get(verdict).to_string()));
    }
    lines.push_str(&output("warnings", &tally.warnings.iter().count().to_string()));
    lines.push_str(&output("causes", &causes.len().to_string()));
    let mut failures = String::new();
    for cause in causes {
        let place = cause.first.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        let line = text::one_line(&format!("{}: {place}{}", cause.who(3), cause.message()));
        if failures.len() + line.len() < FAILURES_MAX {
            // Writing to a String can't fail.
            let _ = writeln!(failures, "{line}");
        }
    }
    lines.push_str(&output("failures", failures.trim_end()));
    lines.push_str(&output("report-dir", &reports.to_string_lossy()));
    for (name, file) in FILES {
        lines.push_str(&output(name, &reports.join(file).to_string_lossy()));
    }
    lines
}

/// Returns the line of an output; a value with several lines between random marks, so that it sets no other output.
pub(super) fn output(name: &str, value: &str) -> String {
    if value.contains(['\n', '\r']) {
        let mark = format!("END_{}", random_word());
        format!("{name}<<{mark}\n{value}\n{mark}\n")
    } else {
        format!("{name}={value}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ci::testing::{findings, many_causes};
    use crate::report::testing::Script;

    #[test]
    fn counts_and_paths() {
        let text = outputs(&findings(Script::mixed()), Path::new("/w/reports"));
        let mark =
            text.lines().find_map(|line| line.strip_prefix("failures<<")).expect("two lines").to_owned();
        insta::assert_snapshot!(text.replace(&mark, "MARK"), @r"
        exit-code=1
        cells=5
        built=2
        up-to-date=0
        expected-failure=0
        failed=2
        timed-out=0
        crashed=0
        blocked=1
        cancelled=0
        skipped=2
        warnings=0
        causes=2
        failures<<MARK
        core due-1f2e3d4c: no variant 'due'
        Broken on mega, uno: examples/Broken/Broken.ino:5:3: 'foo' was not declared in this scope
        MARK
        report-dir=/w/reports
        summary=/w/reports/summary.md
        junit=/w/reports/junit.xml
        timing=/w/reports/timing.json
        trace=/w/reports/trace.json
        events=/w/reports/events.jsonl
        ");
    }

    #[test]
    fn lists_are_bounded_and_paths_may_have_any_name() {
        assert!(outputs(&findings(many_causes(2_000)), Path::new("/")).len() < FAILURES_MAX + 1_000);
        let odd = output("report-dir", "/a\nfailed=0");
        let lines: Vec<&str> = odd.lines().collect();
        assert_eq!((lines.len(), lines[1], lines[2]), (4, "/a", "failed=0"));
        assert_eq!(lines[0].strip_prefix("report-dir<<"), Some(lines[3]));
    }
}
