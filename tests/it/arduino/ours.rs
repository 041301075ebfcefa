//! What this program makes of cases: one run over a matrix of them all.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::case::{Board, Case};
use super::outcome::Outcome;
use crate::support::{Reports, Verdict, Workspace, avr_core};

/// The cache of all projects: the core is compiled once for a run of the tests.
static CACHE: LazyLock<Workspace> = LazyLock::new(|| Workspace::named("arduino-cache"));

/// Sketches and libraries in a directory of a workspace's project.
pub(crate) struct Project<'a> {
    pub(crate) workspace: &'a Workspace,
    /// Relative to the project.
    pub(crate) dir: &'a str,
    pub(crate) boards: &'a [Board],
    /// Patterns of sketches, in YAML, relative to `dir`.
    pub(crate) sketches: &'a [&'a str],
}

impl Project<'_> {
    /// Builds `cases`, which are all in the project, have these boards and the same libraries.
    #[track_caller]
    pub(crate) fn build(&self, cases: &[Case]) -> Vec<Outcome> {
        let dir = self.workspace.path(self.dir);
        let mut matrix = String::from("version: 1\ncores:\n  arduino:avr: {provider: apt}\n");
        let platforms: BTreeMap<String, PathBuf> = cases.iter().flat_map(Case::platforms).collect();
        let compiler = avr_core().tools["avr-gcc"].display().to_string();
        for (name, path) in &platforms {
            let (path, tools) = (path.display(), format!("{{avr-gcc: \"{compiler}\"}}"));
            writeln!(matrix, "  {name}: {{provider: path, path: \"{path}\", tools: {tools}}}").unwrap();
        }
        matrix.push_str("boards:\n");
        for Board { name, fqbn } in self.boards {
            writeln!(matrix, "  {name}: \"{fqbn}\"").unwrap();
        }
        let libraries: Vec<String> = cases
            .first()
            .map(|case| &case.libraries)
            .into_iter()
            .flatten()
            .map(|path| format!("\"{}\"", path.strip_prefix(&dir).unwrap_or(path).display()))
            .collect();
        if !libraries.is_empty() {
            writeln!(matrix, "libraries: [{}]", libraries.join(", ")).unwrap();
        }
        matrix.push_str("sketches:\n");
        for sketch in self.sketches {
            writeln!(matrix, "  - {sketch}").unwrap();
        }
        fs::write(dir.join("m.yml"), matrix).unwrap();
        let work = format!("work/{}", self.dir);
        let file = format!("{}/m.yml", self.dir);
        let cache = CACHE.cache().display().to_string();
        let run = self.workspace.run([
            "run",
            "--cache-dir",
            &cache,
            &file,
            "--work-dir",
            &work,
            "--report-dir",
            &format!("{work}/reports"),
        ]);
        let ended = match run.code {
            Some(0 | 1) => None,
            code => Some(format!("exit {code:?}: {}", last_error(&run.stderr))),
        };
        let work = self.workspace.path(&work);
        cases.iter().map(|case| outcome(&dir, &work, case, ended.as_deref())).collect()
    }
}

fn outcome(dir: &Path, work: &Path, case: &Case, ended: Option<&str>) -> Outcome {
    if let Some(why) = ended {
        return Outcome::Broken { why: why.to_owned() };
    }
    let junit = Reports::new(work.join("reports")).junit();
    let of_board = || junit.cases().filter(|it| it.classname == case.board.name);
    // arduino-cli follows links to a sketch; here they are one cell.
    let real = fs::canonicalize(&case.sketch).ok();
    let same = |name: &str| fs::canonicalize(dir.join(name)).ok() == real;
    let cell = of_board().find(|it| it.name == case.name).or_else(|| of_board().find(|it| same(&it.name)));
    let cell_name = cell.map_or(case.name.as_str(), |cell| &cell.name);
    match cell.map(|cell| cell.verdict.clone()) {
        None => Outcome::Fails { why: "it is no sketch".to_owned() },
        Some(Verdict::Passed) => {
            let dir = work.join("cells").join(case.board.name).join(cell_name.replace(':', "_"));
            if case.platforms().is_empty() {
                return Outcome::built(&dir)
                    .unwrap_or_else(|| Outcome::Broken { why: "passed without firmware".to_owned() });
            }
            let built = Outcome::built(&dir).unwrap_or_else(Outcome::without_firmware);
            built.with_files(&firmware(work, cell_name))
        }
        Some(Verdict::Failure { message, .. }) => {
            Outcome::Fails { why: message.lines().next().unwrap_or_default().to_owned() }
        }
        Some(Verdict::Error { message, .. } | Verdict::Skipped { message }) => {
            Outcome::Broken { why: message }
        }
    }
}

/// The files that a run calls the firmware of a cell.
fn firmware(work: &Path, sketch: &str) -> Vec<PathBuf> {
    let events = Reports::new(work.join("reports")).events();
    let of_cell = |event: &&serde_json::Value| {
        event["event"] == "job_finished" && event["job"]["cell"]["sketch"] == sketch
    };
    let event = events.iter().find(of_cell).expect("the cell ended");
    let artifacts = event["artifacts"].as_array().expect("a list of files").iter();
    artifacts.map(|path| PathBuf::from(path.as_str().unwrap())).collect()
}

fn last_error(stderr: &str) -> String {
    let line = stderr.lines().rfind(|line| line.contains("error"));
    line.unwrap_or_default().chars().take(200).collect()
}
