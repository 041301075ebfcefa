//! Arguments that several commands have: which cells, where, how much at once, what is shown.

use std::path::PathBuf;

use clap::{Args as Arguments, ValueEnum};

use crate::shard::ShardArgument;

/// The form of the reports.
#[derive(Debug, Clone, Arguments)]
pub(in crate::cli) struct ReportArguments {
    /// The schema of junit.xml: for GitHub and GitLab, or Jenkins' junit-10.xsd
    #[arg(long, value_enum, default_value_t, value_name = "DIALECT")]
    pub(in crate::cli) junit_dialect: JunitDialect,
    /// Groups and annotations in the log, for a CI system [default: the one whose job this is]
    #[arg(long, value_enum, value_name = "SYSTEM")]
    pub(in crate::cli) annotations: Option<Annotations>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(in crate::cli) enum JunitDialect {
    #[default]
    Default,
    JenkinsXsd,
}

/// How much may run at once, and when to stop.
#[derive(Debug, Clone, Arguments)]
pub(in crate::cli) struct Limits {
    /// Compiler processes at once, over everything [default: logical CPUs]
    #[arg(short, long, value_name = "N", value_parser = at_least_one)]
    pub(in crate::cli) jobs: Option<usize>,
    /// Of these, at most N in stage 1 [default: --jobs]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(in crate::cli) framework_jobs: Option<usize>,
    /// Cells in flight at once in stage 2 [default: --jobs]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(in crate::cli) sketch_jobs: Option<usize>,
    /// Stop starting cells after N failures
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(in crate::cli) max_failures: Option<usize>,
    /// Stop starting cells after the first failure
    #[arg(long, conflicts_with = "max_failures")]
    pub(in crate::cli) fail_fast: bool,
}

/// Which cells.
#[derive(Debug, Clone, Arguments)]
pub(in crate::cli) struct Selected {
    #[command(flatten)]
    pub(in crate::cli) names: Names,
    /// Only cells for which an expression holds: "flash >= 64K and tag = 'NAME'"; repeatable
    #[arg(short = 'E', long = "filter", value_name = "EXPR")]
    pub(in crate::cli) filters: Vec<String>,
    /// Only cells that a changed file of the Git checkout can affect, and those with the tag `smoke`
    #[arg(long, value_name = "REV")]
    pub(in crate::cli) changed_since: Option<String>,
    /// With --changed-since: every cell, too
    #[arg(long, requires = "changed_since")]
    pub(in crate::cli) all: bool,
}

/// Which part of the selected cells.
#[derive(Debug, Clone, Arguments)]
pub(in crate::cli) struct Part {
    /// Only the I-th of N parts of the cells; with --plan, I alone is enough
    #[arg(long, value_name = "I/N")]
    pub(in crate::cli) shard: Option<ShardArgument>,
    /// Only the cells of this plan, which plan --out wrote
    #[arg(long, value_name = "FILE", conflicts_with_all = ["boards", "sketches", "filters", "changed_since"])]
    pub(in crate::cli) plan: Option<PathBuf>,
    /// Only the cells of this JSON list, as far as the matrix has them. For the base of a shard, which this program builds.
    #[arg(long, value_name = "FILE", hide = true)]
    pub(in crate::cli) cells: Option<PathBuf>,
}

/// Which cells, by the names of their boards and sketches.
#[derive(Debug, Clone, Arguments)]
pub(in crate::cli) struct Names {
    /// Only boards that match; repeatable
    #[arg(short, long = "board", value_name = "GLOB")]
    pub(in crate::cli) boards: Vec<String>,
    /// Only sketches that match (their name, or its last part); repeatable
    #[arg(short, long = "sketch", value_name = "GLOB")]
    pub(in crate::cli) sketches: Vec<String>,
}

/// What every command knows that looks at cores.
#[derive(Debug, Clone, Arguments)]
pub(in crate::cli) struct Common {
    /// No network: what is not installed yet is an error
    #[arg(long)]
    pub(in crate::cli) offline: bool,
    /// Only what the lock file beside the matrix names: anything else is an error
    #[arg(long)]
    pub(in crate::cli) locked: bool,
    #[command(flatten)]
    pub(in crate::cli) directories: DirectoryArguments,
    #[command(flatten)]
    pub(in crate::cli) console: Console,
}

#[derive(Debug, Clone, Arguments)]
#[allow(clippy::struct_field_names)] // the names of the options
pub(in crate::cli) struct DirectoryArguments {
    #[command(flatten)]
    pub(in crate::cli) cache: CacheDirectory,
    /// Build directories
    #[arg(long, value_name = "DIR", default_value = ".fbuild-matrix")]
    pub(in crate::cli) work_dir: PathBuf,
    /// Reports [default: WORK/reports]
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) report_dir: Option<PathBuf>,
}

#[derive(Debug, Clone, Arguments)]
pub(in crate::cli) struct CacheDirectory {
    /// Cores, tools and caches [default: the platform's cache directory + fbuild-matrix]
    #[arg(long, value_name = "DIR", env = "FBUILD_MATRIX_CACHE_DIR", global = true)]
    pub(in crate::cli) cache_dir: Option<PathBuf>,
}

#[derive(Debug, Clone, Arguments)]
pub(in crate::cli) struct Console {
    /// When to use colours
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", global = true)]
    pub(in crate::cli) color: Color,
    /// How progress is shown
    #[arg(long, value_enum, default_value_t, value_name = "HOW", global = true)]
    pub(in crate::cli) progress: Progress,
    /// Say more
    #[arg(short, long, global = true)]
    pub(in crate::cli) verbose: bool,
    /// Say only what failed, and the result
    #[arg(short, long, conflicts_with = "verbose", global = true)]
    pub(in crate::cli) quiet: bool,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(in crate::cli) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(in crate::cli) enum Progress {
    #[default]
    Auto,
    Bar,
    Plain,
    None,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Annotations {
    Github,
    Gitlab,
    Azure,
    None,
}

/// Parses a number of things of which there is at least one.
pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("a whole number, at least 1".to_owned()),
    }
}
