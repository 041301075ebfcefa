//! Options of reports, as validated from the command line.

use std::collections::HashSet;
use std::path::PathBuf;

/// Places and form of a run's reports.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    /// Directory of the files. Created if missing. One run at a time may use it.
    pub report_dir: PathBuf,
    /// Directories in which another report directory is created, in turn, if `report_dir` can't be written at the end.
    pub refuges: Vec<PathBuf>,
    /// Base of displayed paths, where that makes them shorter; usually the current directory.
    pub current_dir: PathBuf,
    /// `--color`: use of colours.
    pub color: Color,
    /// `--progress`: display of progress.
    pub progress: Progress,
    /// `-v`, `-q`: amount of output.
    pub verbosity: Verbosity,
    /// `--junit-dialect`: the schema of `junit.xml`.
    pub junit: JunitDialect,
    /// The CI system, if any.
    pub ci: CiOptions,
}

/// What a CI system reads from the log, and which files it collects.
#[derive(Debug, Clone, Default)]
pub struct CiOptions {
    /// `--annotations`: form of groups and annotations in the log.
    pub annotations: Annotations,
    /// The system whose runner reads the log, and would execute commands in it.
    pub runner: Annotations,
    /// Root of the checkout, absolute. Annotations name files relative to it.
    pub workspace: PathBuf,
    /// Directories in the checkout that are no part of it, absolute: work and cache directory.
    pub generated: Vec<PathBuf>,
    /// Absolute paths of the files that the commit or pull request under test changes; `None` where unknown.
    pub changed: Option<HashSet<PathBuf>>,
    /// `GITHUB_STEP_SUMMARY`: the summary is appended to this file.
    pub step_summary: Option<PathBuf>,
    /// `GITHUB_OUTPUT`: the step's outputs are appended to this file.
    pub output: Option<PathBuf>,
}

/// `--annotations`: a CI system with a form of its own for groups and annotations in the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Annotations {
    /// GitHub Actions: workflow commands.
    Github,
    /// GitLab: collapsible sections, and a code quality report.
    Gitlab,
    /// Azure Pipelines: logging commands.
    Azure,
    /// A plain log.
    #[default]
    None,
}

/// `--junit-dialect`: the schema of `junit.xml`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum JunitDialect {
    /// With the attributes that GitHub's and GitLab's readers use: `file` and `line` of a test case, `skipped` of the
    /// root.
    #[default]
    Default,
    /// Without them: valid against `junit-10.xsd` of Jenkins' xUnit plugin.
    JenkinsXsd,
}

/// `--color`: use of colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Color {
    /// On terminals, unless `NO_COLOR` or a similar variable forbids it.
    #[default]
    Auto,
    /// Also in files and pipes.
    Always,
    /// Never.
    Never,
}

/// `--progress`: display of progress.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Progress {
    /// Bars where standard error is a terminal, plain lines elsewhere.
    #[default]
    Auto,
    /// Bars; plain lines where standard error is not a terminal.
    Bar,
    /// One line per job.
    Plain,
    /// Failures and remarks only.
    None,
}

/// `-v`, `-q`: amount of output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Failures, warnings and the closing table.
    Quiet,
    /// Progress too.
    #[default]
    Normal,
    /// A line for every job, and every remark.
    Verbose,
}
