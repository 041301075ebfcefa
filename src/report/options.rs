//! Options of reports, as validated from the command line.

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
