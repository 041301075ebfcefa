//! Arguments as they are typed. What they mean is [`super::options`]'s.

mod shared;

use std::path::PathBuf;

use clap::{Args as Arguments, Parser, Subcommand, ValueEnum};

use self::shared::at_least_one;
pub(super) use self::shared::{
    Annotations, CacheDirectory, Color, Common, Console, DirectoryArguments, JunitDialect, Limits, Names,
    Part, Progress, ReportArguments, Selected,
};

/// Builds every sketch of a matrix for every board of it.
#[derive(Debug, Parser)]
#[command(name = "fbuild-matrix", version, about, after_help = exit_codes(), max_term_width = 100)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Build every selected cell, write the reports
    Run(Run),
    /// What run would do: every cell, and every skipped cell with its reason
    Plan(Plan),
    /// Build again what failed, was blocked or did not finish in the last run
    Rerun(Rerun),
    /// What the firmware of the last run is made of: its largest functions and data, and whose they are
    Symbols(Symbols),
    /// One report out of the reports of several shards; says which shard is missing
    Merge(Merge),
    /// Write the reports again from an events.jsonl
    Report(Report),
    /// Results, warnings, sizes, times and symbols of two report directories
    Compare(Compare),
    /// Write the present sizes into the matrix as its budgets
    Budgets(Budgets),
    /// Boards that the installed cores offer, with their options
    Boards(Boards),
    /// Cores, tools and libraries: list, install, remove, lock
    Core(Core),
    /// What the cache directory takes, and how it gets smaller
    Cache(Cache),
    /// Write a matrix for the library or the sketches of a directory, from what their CI files say
    Init(Init),
    /// What is missing on this machine, and how to fix it
    Doctor(Doctor),
    /// Print the JSON Schema of the matrix
    Schema,
    /// Print a completion script
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Clone, Arguments)]
pub(super) struct Run {
    /// The matrix; not needed with --plan
    #[arg(value_name = "MATRIX.yml", required_unless_present = "plan")]
    pub(super) matrix: Option<PathBuf>,
    #[command(flatten)]
    pub(super) options: RunOptions,
}

#[derive(Debug, Clone, Arguments)]
pub(super) struct Rerun {
    /// The report directory of the run [default: --report-dir], and the matrix [default: that of the run]
    #[arg(value_name = "DIR | MATRIX.yml", num_args = 0..=2)]
    pub(super) of: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) options: RunOptions,
}

/// Options of `run`, `plan` and `rerun`.
#[derive(Debug, Clone, Arguments)]
#[allow(clippy::struct_excessive_bools, clippy::struct_field_names)] // flags, as they are typed
pub(super) struct RunOptions {
    #[command(flatten)]
    pub(super) limits: Limits,
    #[command(flatten)]
    pub(super) selected: Selected,
    #[command(flatten)]
    pub(super) part: Part,
    /// Retry cells that failed for an infrastructure reason [default: the matrix's, or 0]
    #[arg(long, value_name = "N")]
    pub(super) retries: Option<u32>,
    /// The earlier run that this one is compared with, for growth budgets and sizes: a report directory, or a Git
    /// revision, which is built first
    #[arg(long, value_name = "DIR | REV")]
    pub(super) base: Option<PathBuf>,
    /// Per cell: 90s, 10m, 1h30m [default: the matrix's, or 10m]
    #[arg(long, value_name = "DUR")]
    pub(super) timeout: Option<String>,
    /// Build again what failed in an earlier run, although nothing has changed
    #[arg(long)]
    pub(super) retry_failures: bool,
    /// No compiler cache
    #[arg(long)]
    pub(super) no_cache: bool,
    /// Print the plan, start nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) reports: ReportArguments,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, Clone, Arguments)]
pub(super) struct Plan {
    #[command(flatten)]
    pub(super) run: Run,
    /// How the plan is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(super) format: Format,
    /// Distribute the cells over N machines by the times of earlier runs; auto: as many as take 5 minutes each
    #[arg(long, value_name = "N|auto", value_parser = shards, conflicts_with_all = ["shard", "plan"])]
    pub(super) shards: Option<Shards>,
    /// Write the plan as JSON, for run --plan
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

/// A number of shards.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shards {
    /// Chosen by the times of earlier runs.
    Auto,
    Number(usize),
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum Format {
    #[default]
    Table,
    Json,
    /// strategy.matrix of a GitHub workflow, a job for each shard
    Github,
}

#[derive(Debug, Clone, Arguments)]
#[allow(clippy::struct_field_names)] // the names of the options
pub(super) struct Boards {
    /// Take the cores from this matrix, and with --properties what it says of them; an FQBN is that board alone
    #[arg(value_name = "MATRIX.yml | FQBN", num_args = 0..=2)]
    pub(super) of: Vec<String>,
    /// Only boards whose FQBN or name matches; repeatable
    #[arg(short, long = "board", value_name = "GLOB")]
    pub(super) boards: Vec<String>,
    /// The properties of the board FQBN, expanded, as `arduino-cli compile --show-properties=expanded` prints them
    #[arg(long)]
    pub(super) properties: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, Clone, Arguments)]
pub(super) struct Symbols {
    #[command(flatten)]
    pub(super) names: Names,
    /// How many symbols of a cell are shown
    #[arg(long, value_name = "N", default_value_t = 15)]
    pub(super) top: usize,
    #[command(flatten)]
    pub(super) directories: DirectoryArguments,
    #[command(flatten)]
    pub(super) console: Console,
}

#[derive(Debug, Clone, Arguments)]
pub(super) struct Merge {
    /// Report directories of all shards, or directories that contain them
    #[arg(value_name = "DIR", required = true)]
    pub(super) sources: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) reports: ReportArguments,
    #[command(flatten)]
    pub(super) directories: DirectoryArguments,
    #[command(flatten)]
    pub(super) console: Console,
}

#[derive(Debug, Clone, Arguments)]
#[allow(clippy::struct_field_names)] // the names of the options
pub(super) struct Report {
    /// The report directory of a run
    #[arg(value_name = "DIR")]
    pub(super) source: PathBuf,
    /// Where the reports are written [default: DIR]
    #[arg(long, value_name = "DIR")]
    pub(super) report_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(super) reports: ReportArguments,
    #[command(flatten)]
    pub(super) cache: CacheDirectory,
    #[command(flatten)]
    pub(super) console: Console,
}

#[derive(Debug, Clone, Arguments)]
pub(super) struct Compare {
    /// The report directory of the run before; with --base, that of the run now [default: WORK/reports]
    #[arg(value_name = "BASE")]
    pub(super) base: Option<PathBuf>,
    /// The report directory of the run now
    #[arg(value_name = "HEAD")]
    pub(super) head: Option<PathBuf>,
    /// The run before: a Git revision, which is built with the matrix of the run now
    #[arg(long = "base", value_name = "REV")]
    pub(super) revision: Option<PathBuf>,
    /// With --base, the matrix [default: that of the run now]
    #[arg(long, value_name = "MATRIX.yml", requires = "revision")]
    pub(super) matrix: Option<PathBuf>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(super) format: CompareFormat,
    /// How many symbols are shown
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(super) top: usize,
    /// Exit with 1 where a threshold is exceeded: results (a cell fails that did not fail before), warnings, warnings+2,
    /// flash+64, ram+1%, time+20%; repeatable, or separated by commas
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub(super) fail_on: Vec<String>,
    #[command(flatten)]
    pub(super) directories: DirectoryArguments,
    #[command(flatten)]
    pub(super) console: Console,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum CompareFormat {
    #[default]
    Table,
    Markdown,
    Json,
}

#[derive(Debug, Clone, Arguments)]
pub(super) struct Budgets {
    #[command(subcommand)]
    pub(super) command: BudgetsCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum BudgetsCommand {
    /// Lower the budgets of a matrix to the sizes of the last run, and add budgets to boards that have none
    Update(BudgetsUpdate),
}

#[derive(Debug, Clone, Arguments)]
pub(super) struct BudgetsUpdate {
    /// The matrix, which is changed in place
    #[arg(value_name = "MATRIX.yml")]
    pub(super) matrix: PathBuf,
    /// Raise budgets that the present sizes exceed, too
    #[arg(long)]
    pub(super) raise: bool,
    /// Print what would change, and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, Clone, Arguments)]
pub(super) struct Core {
    #[command(subcommand)]
    pub(super) command: CoreCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum CoreCommand {
    /// What is installed, its size and its last use
    List {
        #[command(flatten)]
        common: Common,
    },
    /// Install what a matrix needs, or cores by name
    Install(CoreInstall),
    /// Remove cores with the tools that no other core needs, tools, or libraries
    Remove {
        /// As `core list` shows it; without a version, all versions
        #[arg(value_name = "NAME[@VERSION]", required = true)]
        names: Vec<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Write MATRIX.lock: the exact versions and checksums of everything that the matrix installs
    Lock {
        /// The matrix
        #[arg(value_name = "MATRIX.yml")]
        matrix: PathBuf,
        /// Resolve only this name anew, and what the lock file lacks; repeatable
        #[arg(long, value_name = "NAME")]
        update: Vec<String>,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Clone, Arguments)]
#[allow(clippy::struct_excessive_bools)] // flags, as they are typed
pub(super) struct CoreInstall {
    /// A matrix, or cores
    #[arg(value_name = "MATRIX.yml | VENDOR:ARCH[@VERSION]", required = true)]
    pub(super) what: Vec<String>,
    /// A package index beside Arduino's, for cores by name; repeatable
    #[arg(long, value_name = "URL")]
    pub(super) url: Vec<String>,
    /// Install nothing: print what is missing, and one hash over everything that is locked
    #[arg(long)]
    pub(super) check: bool,
    /// Print as JSON
    #[arg(long, requires = "check")]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, Clone, Arguments)]
pub(super) struct Cache {
    #[command(subcommand)]
    pub(super) command: CacheCommand,
    #[command(flatten)]
    pub(super) directory: CacheDirectory,
    #[command(flatten)]
    pub(super) console: Console,
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum CacheCommand {
    /// What is in the cache directory, and what it takes
    Stats,
    /// Remove what was used least recently
    Gc(Gc),
    /// Remove all that builds left, but not cores and tools
    Clear {
        /// Cores and tools, too
        #[arg(long)]
        all: bool,
    },
}

#[derive(Debug, Clone, Arguments)]
pub(super) struct Gc {
    /// What objects and artifacts may take together: 500M, 2GiB [default: 5GiB]
    #[arg(long, value_name = "SIZE")]
    pub(super) max_size: Option<String>,
    /// What was not used for longer goes: 12h, 240h [default: 720h]
    #[arg(long, value_name = "DUR")]
    pub(super) max_age: Option<String>,
    /// Cores, tools and libraries of indexes, too, by --max-age
    #[arg(long)]
    pub(super) cores: bool,
}

#[derive(Debug, Clone, Arguments)]
pub(super) struct Init {
    /// The directory of a library, or of sketches
    #[arg(value_name = "DIRECTORY", default_value = ".")]
    pub(super) directory: PathBuf,
    /// The matrix [default: DIRECTORY/fbuild-matrix.yml]
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Overwrite the file
    #[arg(short, long)]
    pub(super) force: bool,
    /// Build for this board, instead of those that CI files or library.properties name; repeatable
    #[arg(short, long = "board", value_name = "FQBN")]
    pub(super) boards: Vec<String>,
    #[command(flatten)]
    pub(super) console: Console,
}

#[derive(Debug, Clone, Arguments)]
pub(super) struct Doctor {
    /// Look at the boards of this matrix, too
    #[arg(value_name = "MATRIX.yml")]
    pub(super) matrix: Option<PathBuf>,
    #[command(flatten)]
    pub(super) common: Common,
}

impl Args {
    /// What the command says of the terminal.
    pub(super) fn console(&self) -> Option<&Console> {
        match &self.command {
            Command::Run(run) => Some(&run.options.common.console),
            Command::Plan(plan) => Some(&plan.run.options.common.console),
            Command::Rerun(rerun) => Some(&rerun.options.common.console),
            Command::Symbols(symbols) => Some(&symbols.console),
            Command::Compare(compare) => Some(&compare.console),
            Command::Merge(merge) => Some(&merge.console),
            Command::Report(report) => Some(&report.console),
            Command::Budgets(Budgets { command: BudgetsCommand::Update(update) }) => {
                Some(&update.common.console)
            }
            Command::Boards(boards) => Some(&boards.common.console),
            Command::Core(core) => Some(match &core.command {
                CoreCommand::List { common }
                | CoreCommand::Remove { common, .. }
                | CoreCommand::Lock { common, .. } => &common.console,
                CoreCommand::Install(install) => &install.common.console,
            }),
            Command::Cache(cache) => Some(&cache.console),
            Command::Init(init) => Some(&init.console),
            Command::Doctor(doctor) => Some(&doctor.common.console),
            Command::Schema | Command::Completions { .. } => None,
        }
    }
}

fn shards(text: &str) -> Result<Shards, String> {
    match text {
        "auto" => Ok(Shards::Auto),
        _ => match at_least_one(text) {
            Ok(number) if number <= 10_000 => Ok(Shards::Number(number)),
            Ok(_) => Err("at most 10000".to_owned()),
            Err(problem) => Err(format!("{problem}, or auto")),
        },
    }
}

fn exit_codes() -> String {
    let lines = crate::exit::Exit::ALL.map(|exit| format!("  {:>3}  {}", exit.code(), exit.meaning()));
    format!("Exit codes:\n{}", lines.join("\n"))
}
