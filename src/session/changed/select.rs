//! Selects the cells of a plan that a change can affect.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::definition::Definitions;
use super::git::{Changes, Git};
use super::judge::{Evidence, Judge};
use super::places::{Places, Roots};
use super::touched::Reason;
use crate::cache::inputs::{Digest, InputRecords, digest_of};
use crate::event::{CellId, EventKind, EventSink, Level, SkippedCell};
use crate::matrix::{Cell, Expansion, Matrix};
use crate::pipeline::Checkout;
use crate::plan::{CacheLayout, CellReason, Layout, Plan};
use crate::provide::locked::lock_path;
use crate::session::error::SessionError;
use crate::session::options::Options;

/// Tag of boards and sketches whose cells are always selected.
const SMOKE: &str = "smoke";

/// A checkout with its recorded inputs.
#[derive(Debug, Clone)]
pub struct Inputs {
    pub(super) roots: Roots,
    /// The matrix file and its lock file.
    pub(super) matrix: [PathBuf; 2],
    /// The file of records.
    pub(super) file: PathBuf,
    pub(super) work: PathBuf,
    pub(super) cache: PathBuf,
}

/// What `--changed-since` selects by.
#[derive(Debug)]
pub struct Wanted {
    changes: Changes,
    /// Whether every cell is selected.
    all: bool,
    /// Cells that are always selected.
    smoke: HashSet<CellId>,
}

impl Wanted {
    /// Returns the selection of a command line. `cells` are those of the plan.
    pub fn new(options: &Options, matrix: &Matrix, cells: &Expansion, changes: Changes) -> Self {
        let is_smoke = |cell: &&Cell| {
            let board = matrix.boards.get(&cell.board).map_or(&[][..], |board| &board.tags);
            board.iter().chain(cell.tags.iter()).any(|tag| tag == SMOKE)
        };
        let id = |cell: &Cell| CellId { board: cell.board.clone(), sketch: cell.sketch.name.clone() };
        let smoke = cells.cells.iter().filter(is_smoke).map(id).collect();
        let all = options.selected.changed.as_ref().is_some_and(|changed| changed.all);
        Self { changes, all, smoke }
    }
}

impl Inputs {
    /// Returns the checkout of a matrix and the place of its records.
    pub fn of(options: &Options, matrix: &Matrix) -> Self {
        let directories = &options.directories;
        let root = Checkout::root_of(&matrix.dir, &matrix.reach);
        let (work, cache) = (directories.work.clone(), directories.cache.clone());
        let file = if options.cache {
            CacheLayout::new(cache.clone()).inputs()
        } else {
            Layout::new(work.clone()).inputs()
        };
        let name = options.matrix.file_name().unwrap_or_default();
        let path = matrix.dir.join(name);
        let matrix = [path.clone(), lock_path(&path)];
        Self { roots: Roots::new(&root, vec![work.clone(), cache.clone()]), matrix, file, work, cache }
    }

    /// Returns the root of the checkout.
    pub(super) fn root(&self) -> &Path {
        self.roots.root()
    }

    /// Returns the matrix file, relative to the checkout.
    pub(super) fn matrix_name(&self) -> String {
        let [matrix, _] = &self.matrix;
        self.roots.real(matrix).unwrap_or_else(|| matrix.display().to_string())
    }

    /// Returns whether the checkout is one of Git and has no record yet.
    pub fn is_unrecorded(&self) -> bool {
        self.root().join(".git").exists() && !self.file.exists()
    }

    /// Returns what has changed in the checkout since a revision.
    ///
    /// # Errors
    /// It is no checkout of Git, there is no git, or the revision is missing.
    pub async fn changes(&self, revision: &str, cancel: &CancellationToken) -> Result<Changes, SessionError> {
        Git { root: self.root(), cancel }.changes(revision).await
    }
}

/// Skips the cells of a plan that no change can affect, unless they are selected in any case. The plan has a reason for
/// each remaining cell. Returns also the cells without a valid record: they are to be planned anew, so that the next
/// record is complete.
///
/// # Errors
/// git can't be run.
pub async fn select(
    plan: Plan,
    inputs: &Inputs,
    wanted: Wanted,
    events: &EventSink,
    cancel: &CancellationToken,
) -> Result<(Plan, HashSet<CellId>), SessionError> {
    let git = Git { root: inputs.root(), cancel };
    let files = git.files().await?;
    let places = Places::of(&plan, &inputs.matrix, &inputs.roots);
    let mut before = HashMap::new();
    for path in wanted.changes.files.keys().filter(|path| places.plan_files.contains(*path)) {
        let content = git.content(&wanted.changes.commit, path).await?;
        let digest = content.map(|content| digest_of(&blake3::hash(content.as_bytes())));
        before.insert(path.clone(), digest);
    }
    let (inputs, since, of) = (inputs.clone(), wanted.changes.since.clone(), plan.cells.len());
    let judged =
        tokio::task::spawn_blocking(move || Gathered { inputs, wanted, files, before, places }.judge(plan));
    let (plan, unrecorded, remarks) = judged.await.map_err(|error| SessionError::Usage(error.to_string()))?;
    for message in remarks {
        events.say(EventKind::Log { level: Level::Warn, message });
    }
    let message = format!(
        "--changed-since {since}: {} of {of} cells are selected, because a change can affect them or for another reason that \
         `plan` says",
        plan.cells.len()
    );
    events.say(EventKind::Log { level: Level::Info, message });
    Ok((plan, unrecorded))
}

/// What git and the plan say.
struct Gathered {
    inputs: Inputs,
    wanted: Wanted,
    files: BTreeSet<String>,
    before: HashMap<String, Option<Digest>>,
    places: Places,
}

impl Gathered {
    /// Returns the plan with the selected cells, the cells without a valid record, and remarks.
    fn judge(self, mut plan: Plan) -> (Plan, HashSet<CellId>, Vec<String>) {
        let Self { inputs, wanted: Wanted { changes, all, smoke }, files, before, places } = self;
        let records = InputRecords::load(&inputs.file);
        let evidence = Evidence {
            roots: &inputs.roots,
            changes: &changes,
            files: &files,
            before: &before,
            places: &places,
            records: &records,
            matrix: inputs.matrix_name().into(),
        };
        let mut judge = Judge::new(&evidence, &plan.cells);
        let mut definitions = Definitions::new(&inputs.roots, &inputs.work, &inputs.cache);
        let mut unrecorded = HashSet::new();
        let remarks = judge.unknown(&plan.cells);
        let skipped: Arc<str> = format!("no change since {} can affect it", changes.since).into();
        for cell in std::mem::take(&mut plan.cells) {
            let affected = judge.affected(&cell, definitions.of(&cell));
            if affected.is_some() {
                unrecorded.insert(cell.id.clone());
            }
            let always = if smoke.contains(&cell.id) {
                Some(Reason::of(format!("tag {SMOKE}")))
            } else {
                all.then(|| Reason::of("--all"))
            };
            if let Some(Reason { text, file }) = affected.or(always) {
                plan.reasons.insert(cell.id.clone(), CellReason { text, file });
                plan.cells.push(cell);
            } else {
                plan.skipped.push(SkippedCell {
                    fqbn: cell.target.config.fqbn.to_string().into(),
                    file: cell.sketch.main_file.as_path().into(),
                    reason: skipped.clone(),
                    id: cell.id,
                });
            }
        }
        let needed: HashSet<_> = plan.cells.iter().map(|cell| cell.core.clone()).collect();
        plan.cores.retain(|core| needed.contains(&core.id));
        (plan, unrecorded, remarks)
    }
}
