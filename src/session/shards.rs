//! The part of the selected cells that a run builds: all of them, those of a shard, or those of a plan.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::error::SessionError;
use super::options::Part;
use crate::event::{CellId, EventKind, ShardCells, ShardInfo};
use crate::matrix::{Cell, Expansion, Matrix, Overrides, PinnedPlatform, SkippedCell, Warnings};
use crate::plan::Plan;
use crate::shard::{PlanFile, ShardId, Workload, pack};

/// The cells of a run.
#[derive(Debug)]
pub struct Share {
    /// The cells to build, and the skipped ones that this run reports.
    pub cells: Expansion,
    /// The places of these cells, if the run is a shard.
    pub(super) places: Option<ShardPlaces>,
}

/// The places of all cells of all shards, and their groups: see [`ShardCells`].
#[derive(Debug)]
pub(super) struct ShardPlaces {
    shard: ShardId,
    selection: String,
    total: usize,
    places: HashMap<CellId, (u32, u32)>,
}

impl Part {
    /// Returns the shard, if the run builds one of several.
    pub(super) fn shard(&self) -> Option<ShardId> {
        match self {
            Self::Whole => None,
            Self::Shard(id) => Some(*id),
            Self::Plan { shard, .. } => *shard,
        }
    }

    /// Returns the shard as reports have it.
    pub(super) fn info(&self, matrix: &Matrix) -> Option<ShardInfo> {
        let ShardId { index, count } = self.shard()?;
        Some(ShardInfo { index, count, matrix: matrix.digest() })
    }

    /// Returns the cells of the run out of all selected cells.
    ///
    /// Without a plan, a shard depends only on these cells, and on no recorded time: all machines compute the same shards.
    ///
    /// # Errors
    /// The plan was made from another matrix, or has a cell that is not selected.
    pub fn share(&self, matrix: &Matrix, selected: Expansion) -> Result<Share, SessionError> {
        match self {
            Self::Whole => Ok(Share { cells: selected, places: None }),
            Self::Shard(id) => Ok(shard(*id, matrix, &selected)),
            Self::Plan { path, plan, shard } => {
                check_digest(plan, path, matrix)?;
                planned(plan, &path.display().to_string(), *shard, matrix, &selected)
            }
        }
    }

    /// Returns the cells of a plan that this run builds, and the skipped ones that it reports; `None` without a plan.
    ///
    /// # Errors
    /// The plan was made from another matrix.
    pub(super) fn planned_cells(&self, matrix: &Matrix) -> Result<Option<[Vec<CellId>; 2]>, SessionError> {
        let Self::Plan { path, plan, shard } = self else { return Ok(None) };
        check_digest(plan, path, matrix)?;
        let is_own = |of: Option<ShardId>| shard.is_none() || of == *shard;
        let cells = plan.cells.iter().filter(|cell| is_own(cell.shard));
        let skipped = plan.skipped.iter().filter(|cell| is_own(cell.shard));
        Ok(Some([
            cells.map(|cell| id_of(&cell.board, &cell.sketch)).collect(),
            skipped.map(|cell| id_of(&cell.board, &cell.sketch)).collect(),
        ]))
    }
}

fn check_digest(plan: &PlanFile, path: &Path, matrix: &Matrix) -> Result<(), SessionError> {
    if plan.matrix.digest == matrix.digest() {
        return Ok(());
    }
    Err(SessionError::Usage(format!(
        "{} was made from another {}: the text of the matrix has changed since; make the plan again",
        path.display(),
        matrix.path().display()
    )))
}

impl ShardPlaces {
    /// Returns the event about the places of the plan's cells.
    pub(super) fn event(&self, plan: &Plan) -> EventKind {
        let cells = plan.cells.iter().map(|cell| &cell.id);
        let place = |id: &CellId| self.places.get(id).copied().unwrap_or_default();
        EventKind::ShardPlanned(ShardCells {
            selection: self.selection.clone(),
            total: number(self.total),
            groups: cells.clone().map(|id| place(id).1).collect(),
            places: cells.chain(plan.skipped.iter().map(|cell| &cell.id)).map(|id| place(id).0).collect(),
        })
    }

    /// Returns a remark about a shard without cells.
    pub(super) fn remark(&self, plan: &Plan) -> Option<String> {
        let is_empty = plan.cells.is_empty() && plan.skipped.is_empty();
        is_empty.then(|| format!("shard {} has no cells: there are fewer cells than shards", self.shard))
    }
}

/// Returns a shard of the selected cells. All cells have the same expected cost.
fn shard(id: ShardId, matrix: &Matrix, selected: &Expansion) -> Share {
    let groups = groups(matrix, &selected.cells);
    let cores = groups.iter().max().map_or(0, |last| last + 1);
    let cells: Vec<(usize, Option<u64>)> = groups.iter().map(|group| (*group, None)).collect();
    let packing = pack(&Workload::new(&cells, &vec![None; cores]), id.count as usize);
    let is_own = |shard: usize| shard == id.place();
    // Each skipped cell is reported by one shard: that of its board's first cell.
    let mut of_board: HashMap<&str, usize> = HashMap::new();
    for (cell, shard) in selected.cells.iter().zip(&packing.shard_of) {
        of_board.entry(&cell.board).or_insert(*shard);
    }
    let own = selected.cells.iter().zip(&packing.shard_of).filter(|(_, shard)| is_own(**shard));
    let skipped = selected.skipped.iter();
    let skipped = skipped.filter(|cell| is_own(of_board.get(&*cell.board).copied().unwrap_or(0)));
    let all = selected.cells.iter().map(|cell| id_of(&cell.board, &cell.sketch.name));
    let others = selected.skipped.iter().map(|cell| id_of(&cell.board, &cell.sketch.name));
    let all = all.zip(groups.iter().copied()).chain(others.map(|id| (id, 0)));
    Share {
        cells: Expansion {
            cells: own.map(|(cell, _)| cell.clone()).collect(),
            skipped: skipped.cloned().collect(),
            not_selected: selected.not_selected.clone(),
            remarks: selected.remarks.clone(),
            not_sketches: selected.not_sketches.clone(),
            unknown: selected.unknown.clone(),
        },
        places: Some(places(id, all)),
    }
}

/// Returns the cells of a plan, or of a shard of it.
fn planned(
    plan: &PlanFile,
    file: &str,
    shard: Option<ShardId>,
    matrix: &Matrix,
    selected: &Expansion,
) -> Result<Share, SessionError> {
    let key = |board: &Arc<str>, sketch: &Arc<str>| id_of(board, sketch);
    let cells: HashMap<CellId, &Cell> =
        selected.cells.iter().map(|cell| (key(&cell.board, &cell.sketch.name), cell)).collect();
    let skipped: HashMap<CellId, &SkippedCell> =
        selected.skipped.iter().map(|cell| (key(&cell.board, &cell.sketch.name), cell)).collect();
    let missing = |id: &CellId| {
        SessionError::Usage(format!(
            "{file} has the cell {id}, which {} does not have here: the sketches differ from those of the plan; \
             make the plan again",
            matrix.path().display()
        ))
    };
    let is_own = |of: Option<ShardId>| shard.is_none() || of == shard;
    let mut own = Expansion {
        not_selected: selected.not_selected.clone(),
        remarks: selected.remarks.clone(),
        not_sketches: selected.not_sketches.clone(),
        unknown: selected.unknown.clone(),
        ..Expansion::default()
    };
    let (mut all_ids, mut all_cells) = (Vec::new(), Vec::new());
    for planned in &plan.cells {
        let id = id_of(&planned.board, &planned.sketch);
        match cells.get(&id) {
            Some(cell) => {
                if is_own(planned.shard) {
                    own.cells.push((*cell).clone());
                }
                all_cells.push((*cell).clone());
            }
            // This run does not need the directory with the sketches of another shard.
            None if selected.unknown.has_roots && !is_own(planned.shard) => {}
            None => return Err(missing(&id)),
        }
        all_ids.push(id);
    }
    let mut skipped_ids = Vec::new();
    for planned in &plan.skipped {
        let id = id_of(&planned.board, &planned.sketch);
        let found = match (cells.get(&id), skipped.get(&id)) {
            (Some(cell), _) => Some((&cell.sketch, cell.span, &cell.board, &cell.tags)),
            (None, Some(cell)) => Some((&cell.sketch, cell.span, &cell.board, &cell.tags)),
            (None, None) if selected.unknown.has_roots && !is_own(planned.shard) => None,
            (None, None) => return Err(missing(&id)),
        };
        if let Some((sketch, span, board, tags)) = found.filter(|_| is_own(planned.shard)) {
            let (board, sketch, reason) = (board.clone(), sketch.clone(), planned.reason.as_str().into());
            own.skipped.push(SkippedCell { board, sketch, tags: tags.clone(), reason, span });
        }
        skipped_ids.push(id);
    }
    let groups = planned_groups(plan).unwrap_or_else(|| groups(matrix, &all_cells));
    let all = all_ids.into_iter().zip(groups).chain(skipped_ids.into_iter().map(|id| (id, 0)));
    Ok(Share { cells: own, places: shard.map(|shard| places(shard, all)) })
}

/// Returns a number for each cell of a plan: cells with one core have the same; `None` where the plan does not name the cores.
fn planned_groups(plan: &PlanFile) -> Option<Vec<usize>> {
    let mut known: HashMap<&str, usize> = HashMap::new();
    let mut number = |core| {
        let next = known.len();
        *known.entry(core).or_insert(next)
    };
    plan.cells.iter().map(|cell| Some(number(cell.core.as_deref()?))).collect()
}

/// Returns the places of cells, in this order.
fn places(shard: ShardId, all: impl Iterator<Item = (CellId, usize)>) -> ShardPlaces {
    let mut selection = blake3::Hasher::new();
    let mut places = HashMap::new();
    for (place, (id, group)) in all.enumerate() {
        for part in [&id.board, &id.sketch] {
            selection.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
        }
        places.insert(id, (number(place), number(group)));
    }
    let selection = selection.finalize().to_hex()[..16].to_owned();
    ShardPlaces { shard, selection, total: places.len(), places }
}

/// Returns a number for each cell, from 0. Cells with the same number have the same FQBN, platform versions, properties
/// and warning level, and therefore one core. Knows no installed core, so that all machines agree.
fn groups(matrix: &Matrix, cells: &[Cell]) -> Vec<usize> {
    let mut known: HashMap<GroupKey<'_>, usize> = HashMap::new();
    let boards: HashMap<&str, (String, &[PinnedPlatform])> = matrix
        .boards
        .iter()
        .map(|(name, board)| (&**name, (board.fqbn.to_string(), board.pinned_platforms())))
        .collect();
    cells
        .iter()
        .map(|cell| {
            let board = boards.get(&*cell.board).cloned().unwrap_or_default();
            let next = known.len();
            *known.entry((board, &cell.properties, cell.warnings)).or_insert(next)
        })
        .collect()
}

/// What the cells of a core have in common.
type GroupKey<'a> = ((String, &'a [PinnedPlatform]), &'a Arc<Overrides>, Warnings);

fn id_of(board: impl AsRef<str>, sketch: impl AsRef<str>) -> CellId {
    CellId { board: board.as_ref().into(), sketch: sketch.as_ref().into() }
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
