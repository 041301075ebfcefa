//! The base of a run or a comparison: the reports of an earlier run, or a Git revision that is built first. The revision's
//! files are exported without a change of the repository; its build shares the cache directory.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::args;
use super::git::Git;
use crate::event::CellId;
use crate::exit::Exit;
use crate::session::{BaseReports, Directories, Options, Part, Request, SessionError};

/// A build of a Git revision.
pub(super) struct BaseBuild<'a> {
    /// The matrix of this checkout.
    pub(super) matrix: &'a Path,
    pub(super) directories: &'a Directories,
    /// Further arguments of `run`.
    pub(super) arguments: Vec<OsString>,
    /// The cells that are built, as far as the revision has them; `None` for those that the arguments select.
    pub(super) cells: Option<Vec<CellId>>,
}

/// The arguments of a run that hold for its base too.
pub(super) struct BaseArguments {
    /// What is selected.
    selection: Vec<OsString>,
    /// How it is built.
    build: Vec<OsString>,
}

impl BaseArguments {
    /// Takes them from the arguments of the run.
    pub(super) fn of(typed: &args::RunOptions) -> Self {
        let option = |name: &str, value: &str| OsString::from(format!("--{name}={value}"));
        let (names, filters) = (&typed.selected.names, &typed.selected.filters);
        let boards = names.boards.iter().map(|glob| option("board", glob));
        let sketches = names.sketches.iter().map(|glob| option("sketch", glob));
        let filters = filters.iter().map(|filter| option("filter", filter));
        let jobs = typed.limits.jobs.iter().map(|jobs| option("jobs", &jobs.to_string()));
        let timeout = typed.timeout.iter().map(|timeout| option("timeout", timeout));
        let flags = [("--offline", typed.common.offline), ("--no-cache", typed.no_cache)];
        let flags = flags.into_iter().filter(|(_, is_set)| *is_set).map(|(flag, _)| flag.into());
        Self {
            selection: boards.chain(sketches).chain(filters).collect(),
            build: jobs.chain(timeout).chain(flags).collect(),
        }
    }

    /// Builds the base of a run, if it is a Git revision. Of a shard, a plan or a rerun, the base has the same cells. There is
    /// no base if the revision has none of these.
    ///
    /// # Errors
    /// It is neither a path nor a revision, or it can't be built.
    pub(super) fn build(self, options: &mut Options) -> Result<(), SessionError> {
        let Some(named) = options.base.take() else { return Ok(()) };
        let cells = match (&options.selected.part, &options.selected.only) {
            (Part::Whole, None) => None,
            _ => Request::read(options)?.part(options)?,
        };
        let Self { selection, build: mut arguments } = self;
        if cells.is_none() {
            arguments.extend(selection);
        }
        let (matrix, directories) = (&options.matrix, &options.directories);
        let build = BaseBuild { matrix, directories, arguments, cells };
        options.base = build.resolve(Path::new(&named.name)).map_err(SessionError::Usage)?;
        Ok(())
    }
}

impl BaseBuild<'_> {
    /// Returns the reports of `named`: a path, or else a revision, which is built; `None` if it has none of the cells.
    ///
    /// # Errors
    /// A message: `named` is neither a path nor a revision, or the revision can't be built.
    pub(super) fn resolve(&self, named: &Path) -> Result<Option<BaseReports>, String> {
        let reports = self.directories.current.join(named);
        let name = named.display().to_string();
        if reports.exists() {
            return Ok(Some(BaseReports { name, reports }));
        }
        let reports = self.build(&name).map_err(|error| format!("--base {name}: {error}"))?;
        Ok(reports.map(|reports| BaseReports { name, reports }))
    }

    /// Builds a revision in `WORK/base`, and returns its report directory; `None` if it has none of the cells.
    fn build(&self, revision: &str) -> Result<Option<PathBuf>, String> {
        let matrix = self.directories.current.join(self.matrix);
        let matrix = matrix.canonicalize().map_err(|error| format!("{}: {error}", matrix.display()))?;
        let repository = Repository::around(matrix.parent().unwrap_or(Path::new("/")))?;
        let commit = repository.commit(revision)?;
        let relative = matrix.strip_prefix(&repository.top).map_err(|error| error.to_string())?;
        // In the cache directory, so that no library of this checkout encloses the revision's sketches.
        let parent = self.directories.cache.join("base");
        let made = fs::create_dir_all(&parent)
            .and_then(|()| tempfile::Builder::new().prefix("tree-").tempdir_in(&parent));
        let tree = made.map_err(|error| format!("{} can't be written: {error}", parent.display()))?;
        repository.export(&commit, tree.path())?;
        let matrix = tree.path().join("tree").join(relative);
        if !matrix.is_file() {
            return Err(format!("that revision has no {}", relative.display()));
        }
        let work = self.directories.work.join("base");
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command.arg("run").arg(&matrix).args([
            "--quiet",
            "--color=never",
            "--progress=none",
            "--annotations=none",
        ]);
        command.arg("--work-dir").arg(&work).arg("--cache-dir").arg(&self.directories.cache);
        if let Some(cells) = &self.cells {
            let list = tree.path().join("cells.json");
            let text = serde_json::to_vec(cells).map_err(|error| error.to_string())?;
            fs::write(&list, text)
                .map_err(|error| format!("{} can't be written: {error}", list.display()))?;
            command.arg("--cells").arg(&list);
        }
        command.args(&self.arguments).current_dir(tree.path().join("tree"));
        // The run reports for itself; this one only supplies numbers.
        for variable in
            ["GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_EVENT_PATH", "GITLAB_CI"]
        {
            command.env_remove(variable);
        }
        let output = output(&mut command)?;
        // Cells that fail in the base too are no obstacle.
        match output.status.code() {
            Some(0 | 1) => Ok(Some(work.join("reports"))),
            Some(code) if self.cells.is_some() && code == i32::from(Exit::NothingSelected.code()) => Ok(None),
            _ => Err(format!("it can't be built: {}", last_lines(&output))),
        }
    }
}

/// A Git work tree.
struct Repository {
    top: PathBuf,
}

impl Repository {
    fn around(directory: &Path) -> Result<Self, String> {
        let top = Git::at(directory).top().ok_or_else(|| {
            format!(
                "there is no such path, and {} is in no Git checkout that has revisions",
                directory.display()
            )
        })?;
        let top = top.canonicalize().map_err(|error| format!("{}: {error}", top.display()))?;
        Ok(Self { top })
    }

    fn commit(&self, revision: &str) -> Result<String, String> {
        Git::at(&self.top).commit(revision).ok_or_else(|| {
            format!(
                "there is no such path, and {} has no such revision; if it is a shallow clone, fetch it first: `git fetch \
                 --depth=1 origin {revision}`",
                self.top.display()
            )
        })
    }

    /// Writes the files of a commit into `directory/tree`. Uses an index of its own, so that the repository stays as it
    /// is. Submodules are left out.
    fn export(&self, commit: &str, directory: &Path) -> Result<(), String> {
        let index = directory.join("index");
        let prefix = format!("--prefix={}/", directory.join("tree").display());
        for arguments in [&["read-tree", commit][..], &["checkout-index", "--all", "--force", &prefix]] {
            let output = Git::at(&self.top).with_index(&index).output(arguments);
            let output = output.map_err(|error| format!("git can't be started: {error}"))?;
            if !output.status.success() {
                return Err(format!("git {}: {}", arguments[0], last_lines(&output)));
            }
        }
        Ok(())
    }
}

fn output(command: &mut Command) -> Result<Output, String> {
    command.stdin(Stdio::null()).output().map_err(|error| error.to_string())
}

/// Returns the end of a program's messages in one line.
fn last_lines(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(5)..];
    if last.is_empty() { output.status.to_string() } else { last.join("; ") }
}
