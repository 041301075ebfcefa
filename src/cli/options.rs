//! Arguments as resolved: checked, with defaults and absolute paths.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{self, CacheDirectory, Color, Console, DirectoryArguments, Progress};
use super::ci;
use crate::event::CellId;
use crate::matrix::{Filter, NameGlob, parse_duration};
use crate::report;
use crate::session::{BaseReports, ChangedSince, Directories, Limits, Locking, Options, Part, Selected};
use crate::shard::{PlanFile, PlanFileError, ShardArgument, ShardId};

/// Error of invalid arguments.
#[derive(Debug, thiserror::Error)]
pub(super) enum OptionsError {
    #[error("--{option}: {message}")]
    Value { option: &'static str, message: String },
    #[error(
        "there is no home directory to keep the cache in; name a directory with --cache-dir or FBUILD_MATRIX_CACHE_DIR"
    )]
    NoCacheDirectory,
    #[error("the current directory can't be read: {0}")]
    NoCurrentDirectory(std::io::Error),
    #[error(transparent)]
    Plan(#[from] PlanFileError),
}

/// Returns the options of `run` and `plan`, and those of the terminal.
///
/// # Errors
/// An argument is invalid, or no cache directory can be determined.
pub(super) fn options(typed: args::Run) -> Result<(Options, Console), OptionsError> {
    let args::Run { matrix, options: typed } = typed;
    let args::Limits { jobs, framework_jobs, sketch_jobs, max_failures, fail_fast } = typed.limits;
    let jobs = jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let timeout = typed.timeout.as_deref().map(parse_duration).transpose();
    let timeout =
        timeout.map_err(|error| OptionsError::Value { option: "timeout", message: error.to_string() })?;
    let directories = directories(typed.common.directories)?;
    let only = typed.part.cells.as_deref().map(|path| cells(path, &directories.current)).transpose()?;
    let part = part(typed.part, &directories.current)?;
    let matrix = match (matrix, &part) {
        (Some(matrix), _) => matrix,
        (None, Part::Plan { path, plan, .. }) => plan.matrix_path(path, &directories.current),
        // The parser of the arguments requires one of the two.
        (None, Part::Whole | Part::Shard(_)) => PathBuf::new(),
    };
    let current = &directories.current;
    let base = typed.base.map(|path| (path.display().to_string(), path));
    let options = Options {
        matrix,
        limits: Limits {
            jobs,
            framework_jobs: framework_jobs.unwrap_or(jobs).min(jobs),
            sketch_jobs: sketch_jobs.unwrap_or(jobs),
            max_failures: if fail_fast { Some(1) } else { max_failures },
        },
        selected: Selected {
            boards: globs("board", &typed.selected.names.boards)?,
            sketches: globs("sketch", &typed.selected.names.sketches)?,
            filters: filters(&typed.selected.filters)?,
            part,
            changed: (typed.selected.changed_since)
                .map(|revision| ChangedSince { revision, all: typed.selected.all }),
            only,
        },
        retries: typed.retries,
        timeout,
        offline: typed.common.offline,
        locking: locking(typed.common.locked),
        cache: !typed.no_cache,
        retry_failures: typed.retry_failures,
        base: base.map(|(name, path)| BaseReports { name, reports: current.join(path) }),
        directories,
    };
    Ok((options, typed.common.console))
}

/// Reads the plan, if there is one, and returns the part of the cells that is built.
///
/// # Errors
/// The plan can't be read, or has other shards than the one that is asked for.
fn part(typed: args::Part, current: &Path) -> Result<Part, OptionsError> {
    let invalid = |message: String| OptionsError::Value { option: "shard", message };
    let Some(path) = typed.plan else {
        return match typed.shard {
            None => Ok(Part::Whole),
            Some(ShardArgument::Of(id)) => Ok(Part::Shard(id)),
            Some(ShardArgument::Index(index)) => {
                Err(invalid(format!("`{index}` does not say of how many; write {index}/N, or name a --plan")))
            }
        };
    };
    let plan = PlanFile::read(&current.join(&path))?;
    let count = u32::try_from(plan.shards.len()).unwrap_or(u32::MAX);
    let file = path.display();
    let shard = match typed.shard {
        None => None,
        Some(_) if count == 0 => {
            return Err(invalid(format!("{file} has no shards; `plan --shards N --out FILE` makes some")));
        }
        Some(ShardArgument::Of(id)) if id.count == count => Some(id),
        Some(ShardArgument::Of(id)) => {
            return Err(invalid(format!("{file} has {count} shards, not {}", id.count)));
        }
        Some(ShardArgument::Index(index)) if index <= count => Some(ShardId { index, count }),
        Some(ShardArgument::Index(_)) => return Err(invalid(format!("{file} has only {count} shards"))),
    };
    Ok(Part::Plan { path, plan: Arc::new(plan), shard })
}

/// Reads a list of cells.
///
/// # Errors
/// The file can't be read, or is no such list.
fn cells(path: &Path, current: &Path) -> Result<HashSet<CellId>, OptionsError> {
    let invalid = |message: String| OptionsError::Value {
        option: "cells",
        message: format!("{}: {message}", path.display()),
    };
    let bytes = std::fs::read(current.join(path)).map_err(|error| invalid(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| invalid(error.to_string()))
}

/// Returns the named directories as absolute paths.
///
/// # Errors
/// No cache directory can be determined.
pub(super) fn directories(typed: DirectoryArguments) -> Result<Directories, OptionsError> {
    let current = std::env::current_dir().map_err(OptionsError::NoCurrentDirectory)?;
    let absolute = |path: PathBuf| current.join(path);
    let work = absolute(typed.work_dir);
    Ok(Directories {
        cache: typed.cache.resolve(&current)?,
        reports: typed.report_dir.map_or_else(|| work.join("reports"), absolute),
        work,
        current,
    })
}

impl CacheDirectory {
    /// Returns the cache directory as an absolute path.
    pub(super) fn resolve(self, current: &Path) -> Result<PathBuf, OptionsError> {
        match self.cache_dir.filter(|path| !path.as_os_str().is_empty()) {
            Some(path) => Ok(current.join(path)),
            None => default_cache().ok_or(OptionsError::NoCacheDirectory),
        }
    }
}

/// Returns the platform's cache directory: `XDG_CACHE_HOME` or `~/.cache`, on macOS `~/Library/Caches`.
fn default_cache() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Caches"))
    } else {
        variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache")))
    };
    base.map(|base| base.join("fbuild-matrix"))
}

/// Returns how `--locked` uses the lock file.
pub(super) const fn locking(locked: bool) -> Locking {
    if locked { Locking::Required } else { Locking::Preferred }
}

pub(super) fn globs(option: &'static str, typed: &[String]) -> Result<Vec<NameGlob>, OptionsError> {
    let glob = |text: &String| {
        NameGlob::new(text).map_err(|error| OptionsError::Value { option, message: error.to_string() })
    };
    typed.iter().map(glob).collect()
}

fn filters(typed: &[String]) -> Result<Vec<Filter>, OptionsError> {
    let filter = |text: &String| {
        let option = "filter";
        text.parse().map_err(|error: crate::matrix::FilterError| OptionsError::Value {
            option,
            message: error.to_string(),
        })
    };
    typed.iter().map(filter).collect()
}

/// Returns the options of the reports.
pub(super) fn reports(
    directories: &Directories,
    console: &Console,
    typed: &args::ReportArguments,
) -> report::ReportOptions {
    report::ReportOptions {
        report_dir: directories.reports.clone(),
        refuges: vec![directories.cache.join("reports"), std::env::temp_dir()],
        current_dir: directories.current.clone(),
        color: color(console.color),
        progress: match console.progress {
            Progress::Auto => report::Progress::Auto,
            Progress::Bar => report::Progress::Bar,
            Progress::Plain => report::Progress::Plain,
            Progress::None => report::Progress::None,
        },
        verbosity: if console.quiet {
            report::Verbosity::Quiet
        } else if console.verbose {
            report::Verbosity::Verbose
        } else {
            report::Verbosity::Normal
        },
        junit: match typed.junit_dialect {
            args::JunitDialect::Default => report::JunitDialect::Default,
            args::JunitDialect::JenkinsXsd => report::JunitDialect::JenkinsXsd,
        },
        ci: ci::options(typed.annotations, directories),
    }
}

fn color(color: Color) -> report::Color {
    match color {
        Color::Auto => report::Color::Auto,
        Color::Always => report::Color::Always,
        Color::Never => report::Color::Never,
    }
}

/// Returns whether text on standard error may have colours.
pub(super) fn colours_on_stderr(console: &Console) -> bool {
    match console.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never,
    }
}

/// Returns a path relative to `current` where it is below it.
pub(super) fn shown<'a>(path: &'a Path, current: &Path) -> std::path::Display<'a> {
    path.strip_prefix(current).unwrap_or(path).display()
}
