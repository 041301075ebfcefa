//! Makes a plan from a matrix and the installed cores.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;

use super::boards::{Cores, ResolvedBoard, Scope};
use super::core_id::core_id;
use super::error::{PlanError, located};
use super::family::Family;
use super::layout::Layout;
use super::libraries::Libraries;
use super::library_root::LibraryRoot;
use super::model::{CellJob, CellTerms, Checks, CoreJob, Plan, Sketch, Target};
use super::run::Run;
use crate::event::{CellId, CoreId, SkippedCell};
use crate::library::EnclosingLibraries;
use crate::matrix::{
    Board, Cell, Expansion, Matrix, Overrides, PinnedPlatform, SketchKind, SketchRef, Span, Warnings,
};
use crate::platform::{BoardError, WarningLevel};
use crate::provide::InstalledCore;

/// Inputs of a plan.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The matrix.
    pub matrix: &'a Matrix,
    /// The directory of each sketch of the matrix, selected or not ([`Layout::slugs`]).
    pub slugs: &'a HashMap<&'a str, PathBuf>,
    /// Its selected cells.
    pub expansion: &'a Expansion,
    /// The cores of its boards, by `vendor:arch` or [`PinnedPlatform::key`].
    pub cores: &'a IndexMap<String, InstalledCore>,
    /// The directories that are searched for libraries.
    pub libraries: &'a [LibraryRoot],
    /// The work directory.
    pub layout: &'a Layout,
}

/// Makes the plan: reads platforms and libraries, merges each board's properties, and assigns one core job to all cells
/// that agree in the inputs of a core.
///
/// # Errors
/// An unknown board, menu or option, a missing library directory, or a core that can't be read.
pub fn make(sources: Sources<'_>) -> Result<Plan, PlanError> {
    let Sources { matrix, expansion, .. } = sources;
    let mut planner = Planner {
        sources,
        scopes: HashMap::new(),
        libraries: Libraries::of(matrix, sources.libraries)?,
        targets: HashMap::new(),
        sketches: HashMap::new(),
        enclosing: EnclosingLibraries::default(),
        cores: IndexMap::new(),
        reasons: HashMap::new(),
    };
    let mut plan = Plan { not_sketches: expansion.not_sketches.clone(), ..Plan::default() };
    for cell in &expansion.cells {
        let board = &matrix.boards[&cell.board];
        match planner.cell(cell, board) {
            Ok(job) => plan.cells.push(job),
            Err(PlanError::Board(error)) => {
                if board.optional
                    && matches!(error, BoardError::UnknownBoard { .. } | BoardError::UnknownPlatform { .. })
                {
                    plan.skipped.push(skipped(&cell.board, &cell.sketch, board, &error.to_string()));
                } else {
                    return Err(located(matrix, board, error));
                }
            }
            Err(other) => return Err(other),
        }
    }
    plan.cores = planner.cores.into_values().collect();
    plan.warnings = std::mem::take(&mut planner.libraries.warnings);
    let enclosing = plan.cells.iter().filter_map(|cell| cell.enclosing.as_deref());
    plan.library_places = Arc::new(planner.libraries.places(matrix, enclosing));
    for cell in &expansion.skipped {
        plan.skipped.push(skipped(&cell.board, &cell.sketch, &matrix.boards[&cell.board], &cell.reason));
    }
    for cell in &expansion.not_selected {
        let board = &matrix.boards[&cell.board];
        plan.not_selected.push(skipped(&cell.board, &cell.sketch, board, &cell.reason));
    }
    Ok(plan)
}

/// State of the planning.
struct Planner<'a> {
    sources: Sources<'a>,
    /// The cores of boards, by the platforms of their profiles.
    scopes: HashMap<&'a [PinnedPlatform], Scope>,
    libraries: Libraries,
    targets: HashMap<TargetKey, (Arc<Target>, CoreId)>,
    sketches: HashMap<Arc<str>, Arc<Sketch>>,
    enclosing: EnclosingLibraries,
    cores: IndexMap<CoreId, CoreJob>,
    reasons: HashMap<Span, Arc<str>>,
}

/// Key of a target: the board, the cell's properties, the warnings.
type TargetKey = (Arc<str>, Arc<Overrides>, Warnings);

impl<'a> Planner<'a> {
    fn cell(&mut self, cell: &Cell, board: &'a Board) -> Result<CellJob, PlanError> {
        let (target, core) = self.target(cell, board)?;
        let run = match &cell.run {
            Some(wanted) => Some(Run::of(wanted, &target.config).map(Arc::new).map_err(|message| {
                let help = format!("the board is {}, of {}", cell.board, board.fqbn.value);
                self.sources.matrix.error_at(wanted.span, message, Some(help))
            })?),
            None => None,
        };
        let slug = &self.sources.slugs[&*cell.sketch.name];
        let layout = self.sources.layout;
        let sketch = self
            .sketches
            .entry(cell.sketch.name.clone())
            .or_insert_with(|| {
                Arc::new(Sketch {
                    name: cell.sketch.name.clone(),
                    dir: cell.sketch.dir.clone(),
                    main_file: cell.sketch.main_file.clone(),
                    single_file: cell.sketch.kind == SketchKind::SingleFile,
                    problem: cell.sketch.problem.clone(),
                })
            })
            .clone();
        Ok(CellJob {
            id: CellId { board: cell.board.clone(), sketch: cell.sketch.name.clone() },
            target,
            core,
            // A profile sees only its own libraries.
            enclosing: if board.profile.is_some() { None } else { self.enclosing.of(&cell.sketch.dir) },
            sketch,
            directory: layout.cell(&cell.board, slug),
            timeout: cell.timeout,
            retries: cell.retries,
            run,
            embed: cell.embed.clone(),
            checks: Checks { budgets: cell.budgets, warnings_are_errors: cell.warnings == Warnings::Error },
            terms: CellTerms {
                reason: self.reason(cell.span),
                expect: cell.expect.clone(),
                tags: cell.tags.clone(),
            },
        })
    }

    /// Returns the text of an entry and its line. Cells of an entry share it.
    fn reason(&mut self, span: Span) -> Arc<str> {
        let matrix = self.sources.matrix;
        let reason = || format!("{} (line {})", matrix.written(span), matrix.position(span).line).into();
        Arc::clone(self.reasons.entry(span).or_insert_with(reason))
    }

    fn target(&mut self, cell: &Cell, board: &'a Board) -> Result<(Arc<Target>, CoreId), PlanError> {
        let key: TargetKey = (cell.board.clone(), cell.properties.clone(), cell.warnings);
        if let Some((target, core)) = self.targets.get(&key) {
            return Ok((target.clone(), core.clone()));
        }
        let Sources { matrix, cores, .. } = self.sources;
        let scope = match self.scopes.entry(board.pinned_platforms()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Scope::of(board, cores)?),
        };
        let cores = Cores { platforms: &scope.platforms, installed: &scope.installed, matrix: &matrix.cores };
        let resolved = cores.board(&board.fqbn.value, level(cell.warnings), &cell.properties)?;
        let ResolvedBoard { config, library_path, hook_inputs } = resolved;
        let id = core_id(&cell.board, &config, library_path.as_deref());
        let index = matrix.boards.get_index_of(&cell.board).unwrap_or_default();
        let libraries = self.libraries.index(index, &config)?;
        let target = Arc::new(Target {
            family: Family::of(config.architecture()),
            config,
            libraries,
            library_path,
            hook_inputs,
        });
        let id = self.core(id, &target, &cell.board);
        self.targets.insert(key, (target.clone(), id.clone()));
        Ok((target, id))
    }

    /// Returns the id of the core job with the same key, adding the job if it is new.
    fn core(&mut self, (id, key): (CoreId, String), target: &Arc<Target>, board: &Arc<str>) -> CoreId {
        let same = self.cores.values_mut().find(|core| core.id.0.ends_with(&key));
        if let Some(core) = same {
            if !core.boards.contains(board) {
                core.boards.push(board.clone());
            }
            return core.id.clone();
        }
        let directory = self.sources.layout.core(&id.0);
        self.cores.insert(
            id.clone(),
            CoreJob { id: id.clone(), target: target.clone(), boards: vec![board.clone()], directory },
        );
        id
    }
}

const fn level(warnings: Warnings) -> WarningLevel {
    match warnings {
        Warnings::None => WarningLevel::None,
        Warnings::Default => WarningLevel::Default,
        Warnings::More => WarningLevel::More,
        Warnings::All | Warnings::Error => WarningLevel::All,
    }
}

fn skipped(name: &Arc<str>, sketch: &SketchRef, board: &Board, reason: &str) -> SkippedCell {
    SkippedCell {
        id: CellId { board: name.clone(), sketch: sketch.name.clone() },
        fqbn: board.fqbn.to_string().into(),
        file: sketch.main_file.as_path().into(),
        reason: reason.into(),
    }
}
