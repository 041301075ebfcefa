//! From a matrix and the cores that were brought in to a plan.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;

use super::boards::{Cores, ResolvedBoard};
use super::libraries::Libraries;
use super::{CellJob, CoreJob, Family, Layout, Plan, Run, Sketch, Target};
use crate::event::{CellId, CoreId, SkippedCell};
use crate::library::{EnclosingLibraries, LibraryError};
use crate::matrix::{
    Board, Cell, Expansion, Matrix, MatrixError, Overrides, SketchKind, SketchRef, Warnings,
};
use crate::nearest::suggestion;
use crate::platform::{BoardConfig, BoardError, HostOs, Platform, Platforms, Properties, WarningLevel};
use crate::provide::InstalledCore;

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The matrix.
    pub matrix: &'a Matrix,
    /// The directory of each sketch of the matrix, selected or not ([`Layout::slugs`]).
    pub slugs: &'a HashMap<&'a str, PathBuf>,
    /// Its selected cells.
    pub expansion: &'a Expansion,
    /// The cores of its boards, by `vendor:arch`.
    pub cores: &'a IndexMap<String, InstalledCore>,
    /// Where things go.
    pub layout: &'a Layout,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The matrix asks for something that the cores don't have.
    #[error(transparent)]
    Matrix(#[from] MatrixError),
    /// A core is not as it should be.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// A platform's libraries can't be read.
    #[error(transparent)]
    Library(#[from] LibraryError),
}

/// Makes the plan: reads platforms and libraries, merges each board's properties, and gives cells that
/// agree in everything that enters a core the same core job.
///
/// # Errors
/// An unknown board, menu or option, a library folder that is none, or a core that can't be read.
pub fn make(sources: Sources<'_>) -> Result<Plan, PlanError> {
    let Sources { matrix, expansion, cores, .. } = sources;
    let mut planner = Planner {
        sources,
        platforms: platforms(cores)?,
        libraries: Libraries::of(matrix)?,
        targets: HashMap::new(),
        sketches: HashMap::new(),
        enclosing: EnclosingLibraries::default(),
        cores: IndexMap::new(),
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
    plan.library_places = planner.libraries.places(matrix, enclosing);
    for cell in &expansion.skipped {
        plan.skipped.push(skipped(&cell.board, &cell.sketch, &matrix.boards[&cell.board], &cell.reason));
    }
    Ok(plan)
}

/// The platforms of the cores that were brought in.
///
/// # Errors
/// Where one can't be read.
pub(crate) fn platforms(cores: &IndexMap<String, InstalledCore>) -> Result<Platforms, BoardError> {
    cores
        .values()
        .map(|core| {
            let (vendor, architecture) = core.name.split_once(':').unwrap_or((&core.name, ""));
            Platform::load(&core.platform_dir, vendor, architecture, HostOs::current())
        })
        .collect()
}

struct Planner<'a> {
    sources: Sources<'a>,
    platforms: Platforms,
    libraries: Libraries,
    targets: HashMap<TargetKey, (Arc<Target>, CoreId)>,
    sketches: HashMap<Arc<str>, Arc<Sketch>>,
    enclosing: EnclosingLibraries,
    cores: IndexMap<CoreId, CoreJob>,
}

/// What decides a target: the board, the cell's properties, the warnings.
type TargetKey = (Arc<str>, Arc<Overrides>, Warnings);

impl Planner<'_> {
    fn cell(&mut self, cell: &Cell, board: &Board) -> Result<CellJob, PlanError> {
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
            enclosing: self.enclosing.of(&cell.sketch.dir),
            sketch,
            folder: layout.cell(&cell.board, slug),
            timeout: cell.timeout,
            retries: cell.retries,
            run,
            embed: cell.embed.clone(),
        })
    }

    fn target(&mut self, cell: &Cell, board: &Board) -> Result<(Arc<Target>, CoreId), PlanError> {
        let key: TargetKey = (cell.board.clone(), cell.properties.clone(), cell.warnings);
        if let Some((target, core)) = self.targets.get(&key) {
            return Ok((target.clone(), core.clone()));
        }
        let Sources { matrix, cores, .. } = self.sources;
        let cores = Cores { platforms: &self.platforms, installed: cores, matrix: &matrix.cores };
        let resolved = cores.board(&board.fqbn.value, level(cell.warnings), &cell.properties)?;
        let ResolvedBoard { config, library_path } = resolved;
        let id = core_id(&cell.board, &config, library_path.as_ref());
        let libraries = self.libraries.index(&config)?;
        let target =
            Arc::new(Target { family: Family::of(config.architecture()), config, libraries, library_path });
        let id = self.core(id, &target, &cell.board);
        self.targets.insert(key, (target.clone(), id.clone()));
        Ok((target, id))
    }

    /// The core job with everything in common, or a new one.
    fn core(&mut self, (id, key): (CoreId, String), target: &Arc<Target>, board: &Arc<str>) -> CoreId {
        let same = self.cores.values_mut().find(|core| core.id.0.ends_with(&key));
        if let Some(core) = same {
            if !core.boards.contains(board) {
                core.boards.push(board.clone());
            }
            return core.id.clone();
        }
        let folder = self.sources.layout.core(&id.0);
        self.cores.insert(
            id.clone(),
            CoreJob { id: id.clone(), target: target.clone(), boards: vec![board.clone()], folder },
        );
        id
    }
}

/// What the keys of properties begin with that only upload and debug: they enter no core, unless one of the
/// others names them (`{tools.xtensa-esp32-elf-gcc.path}`, `{upload.maximum_size}`).
fn idle_prefixes(properties: &Properties) -> Vec<&'static str> {
    let mut idle = vec!["tools.", "upload.", "debug.", "bootloader.", "menu."];
    loop {
        let active = properties.iter().filter(|(key, _)| !idle.iter().any(|it| key.starts_with(it)));
        let values: Vec<&str> = active.map(|(_, value)| value).collect();
        let named = |prefix: &&str| values.iter().any(|value| value.contains(&format!("{{{prefix}")));
        let before = idle.len();
        idle.retain(|prefix| !named(prefix));
        if idle.len() == before {
            return idle;
        }
    }
}

/// A core's name: the board that gives it, and a key over every property that could enter it.
fn core_id(board: &str, config: &BoardConfig, library_path: Option<&PathBuf>) -> (CoreId, String) {
    let mut hasher = blake3::Hasher::new();
    let idle = idle_prefixes(&config.properties);
    for (key, value) in config.properties.iter() {
        if idle.iter().any(|prefix| key.starts_with(prefix)) {
            continue;
        }
        hasher.update(key.as_bytes()).update(b"=").update(value.as_bytes()).update(b"\n");
    }
    hasher.update(config.warning_flags().as_bytes()).update(b"\n");
    hasher.update(config.platform_dir.as_os_str().as_encoded_bytes());
    if let Some(path) = library_path {
        hasher.update(path.as_os_str().as_encoded_bytes());
    }
    let key = hasher.finalize().to_hex()[..12].to_owned();
    (CoreId(format!("{board}-{key}").into()), key)
}

const fn level(warnings: Warnings) -> WarningLevel {
    match warnings {
        Warnings::None => WarningLevel::None,
        Warnings::Default => WarningLevel::Default,
        Warnings::More => WarningLevel::More,
        Warnings::All => WarningLevel::All,
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

/// An error about a board's FQBN, shown where the matrix spells the part that is wrong.
fn located(matrix: &Matrix, board: &Board, error: BoardError) -> PlanError {
    let at = |part: &str, message: String, known: &[String]| {
        let help = suggestion(part, known.iter().map(String::as_str));
        matrix.error_at(matrix.fqbn_part(board, part), message, help).into()
    };
    let core = board.fqbn.core_name();
    match error {
        BoardError::UnknownBoard { board: id, known, .. } => {
            at(&id, format!("the core {core} has no board `{id}`"), &known)
        }
        BoardError::UnknownMenu { menu, known, .. } => {
            at(&menu, format!("the board `{}` has no menu `{menu}`", board.fqbn.board), &known)
        }
        BoardError::UnknownOption { menu, option, known, .. } => at(
            &option,
            format!("the menu `{menu}` of the board `{}` has no option `{option}`", board.fqbn.board),
            &known,
        ),
        other => PlanError::Board(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_uploads_enters_no_core_unless_something_else_names_it() {
        let idle = |more: &[(&str, &str)]| {
            let plain = [("recipe.c.o.pattern", "gcc {flags}"), ("tools.dude.cmd", "dude {upload.speed}")];
            idle_prefixes(&plain.iter().chain(more).copied().collect())
        };
        assert_eq!(idle(&[]), ["tools.", "upload.", "debug.", "bootloader.", "menu."]);
        assert_eq!(
            idle(&[("flags", "-DSIZE={upload.maximum_size}")]),
            ["tools.", "debug.", "bootloader.", "menu."]
        );
        // A tool's path is named, so what tools name counts as well.
        let named = idle(&[("flags", "-B{tools.{build.arch}-gcc.path}")]);
        assert_eq!(named, ["debug.", "bootloader.", "menu."]);
    }
}
