//! Folds a run's events into the data of `sizes.json`: the sizes of every selected cell, and their differences to those
//! of the base.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use indexmap::IndexMap;

use super::model::{
    BoardMemory, BoardSizes, Hundredths, Known, MemoryRange, Range, SizePair, SizesFile, SketchMemory,
    SketchSizes, SketchWarnings, WarningCount, WarningsDelta, WarningsRange,
};
use crate::event::{BaseCell, CellId, CellInfo, Commit, Event, EventKind, JobId, JobResult, Sizes, Usage};
use crate::report::text;

/// Returns the use of a memory.
type ReadUsage = fn(&Sizes) -> Option<Usage>;

/// The names of the memories, in the order of the file.
const MEMORIES: [(&str, ReadUsage); 2] =
    [("flash", |sizes| sizes.flash), ("RAM for global variables", |sizes| sizes.ram)];

/// Data of a run.
#[derive(Debug, Default)]
pub(super) struct SizesFold {
    commit: Option<Commit>,
    cells: IndexMap<CellId, MeasuredCell>,
    /// The cells of the base; `None` without a base.
    base: Option<HashMap<CellId, BaseCell>>,
}

/// A selected cell.
#[derive(Debug)]
struct MeasuredCell {
    info: CellInfo,
    /// Whether it was built, also if it exceeds a budget or fails in an emulator.
    is_compiled: bool,
    sizes: Sizes,
    warnings: Option<u64>,
}

impl SizesFold {
    /// Adds an event.
    pub(super) fn fold(&mut self, event: &Event) {
        match &event.kind {
            EventKind::RunStarted(info) => self.commit.clone_from(&info.commit),
            EventKind::BaseRead(base) => {
                // A merged run has the base of each shard.
                let cells = base.cells.iter().map(|cell| (cell.id.clone(), cell.clone()));
                self.base.get_or_insert_default().extend(cells);
            }
            EventKind::Planned { cells, .. } => {
                self.cells.extend(cells.iter().map(|info| (info.id.clone(), MeasuredCell::new(info))));
            }
            EventKind::JobFinished(result) => self.finished(result),
            _ => {}
        }
    }

    fn finished(&mut self, result: &JobResult) {
        let JobId::Cell(id) = &result.job else { return };
        let Some(cell) = self.cells.get_mut(id) else { return };
        cell.is_compiled = result.outcome.is_success() || result.sizes.is_some();
        cell.sizes = result.sizes.clone().unwrap_or_default();
        cell.warnings = result.warning_list.as_ref().map(|list| list.len() as u64);
    }

    /// Returns the file; `None` without a cell, as its reader needs a board.
    pub(super) fn file(&self, current: &Path) -> Option<SizesFile<'_>> {
        let mut boards: IndexMap<&str, Vec<&MeasuredCell>> = IndexMap::new();
        for (id, cell) in &self.cells {
            boards.entry(&id.board).or_default().push(cell);
        }
        if boards.is_empty() {
            return None;
        }
        let mut fqbns: BTreeMap<&str, usize> = BTreeMap::new();
        for cell in boards.values().filter_map(|cells| cells.first()) {
            *fqbns.entry(&cell.info.fqbn).or_default() += 1;
        }
        let boards = boards.iter().filter_map(|(name, cells)| {
            let fqbn = &cells.first()?.info.fqbn;
            // The reader joins boards of one name.
            let is_ambiguous = fqbns.get(&**fqbn).is_some_and(|number| *number > 1);
            let board = if is_ambiguous { format!("{fqbn} ({name})") } else { fqbn.to_string() };
            Some(self.board(board, cells, current))
        });
        let (commit_hash, commit_url) =
            self.commit.as_ref().map_or(("", ""), |commit| (commit.hash.as_str(), commit.url.as_str()));
        Some(SizesFile { commit_hash, commit_url, boards: boards.collect() })
    }

    fn board(&self, board: String, cells: &[&MeasuredCell], current: &Path) -> BoardSizes {
        let sketches: Vec<SketchSizes> = cells.iter().map(|cell| self.sketch(cell, current)).collect();
        let sizes = MEMORIES.iter().enumerate().map(|(place, (name, _))| {
            let each = || sketches.iter().map(|sketch| &sketch.sizes[place]);
            let maximum = Known(each().find_map(|memory| memory.maximum.0));
            let deltas = each().filter_map(|memory| {
                let delta = memory.delta?;
                Some((delta.absolute.0?, delta.relative))
            });
            let delta = self.base.as_ref().map(|_| {
                let (low, high) = extremes(deltas);
                MemoryRange {
                    absolute: Range {
                        minimum: Known(low.map(|it| it.0)),
                        maximum: Known(high.map(|it| it.0)),
                    },
                    relative: Range {
                        minimum: Known(low.and_then(|it| it.1.0)),
                        maximum: Known(high.and_then(|it| it.1.0)),
                    },
                }
            });
            BoardMemory { name, maximum, delta }
        });
        let sizes = sizes.collect();
        let warnings = self.base.as_ref().map(|_| {
            let deltas = sketches.iter().filter_map(|sketch| sketch.warnings.delta?.absolute.0);
            let (low, high) = extremes(deltas.map(|delta| (delta, ())));
            let absolute = Range { minimum: Known(low.map(|it| it.0)), maximum: Known(high.map(|it| it.0)) };
            WarningsRange { delta: WarningsDelta { absolute } }
        });
        BoardSizes { board, sketches, sizes, warnings }
    }

    fn sketch(&self, cell: &MeasuredCell, current: &Path) -> SketchSizes {
        let base = self.base.as_ref().map(|cells| cells.get(&cell.info.id));
        let sizes = MEMORIES.iter().map(|(name, usage)| {
            let now = usage(&cell.sizes);
            let before = base.flatten().and_then(|base| usage(&base.sizes));
            memory(name, now, before, base.is_some())
        });
        let count = cell.warnings;
        let before = base.map(|base| base.map(|base| base.warnings));
        let delta = before.map(|before| Some(difference(before?, count?)));
        SketchSizes {
            name: cell.name(current),
            compilation_success: cell.is_compiled,
            sizes: sizes.collect(),
            warnings: SketchWarnings {
                current: WarningCount { absolute: Known(count) },
                previous: before.map(|before| WarningCount { absolute: Known(before) }),
                delta: delta.map(|delta| WarningCount { absolute: Known(delta) }),
            },
            sections: cell.sizes.sections.clone(),
        }
    }
}

impl MeasuredCell {
    fn new(info: &CellInfo) -> Self {
        Self { info: info.clone(), is_compiled: false, sizes: Sizes::default(), warnings: None }
    }

    /// Returns the sketch's directory relative to `current`, or its file if the directory has another name.
    fn name(&self, current: &Path) -> String {
        let file = &self.info.file;
        let directory = file.parent().filter(|directory| directory.file_name() == file.file_stem());
        text::shown_path(directory.unwrap_or(file), current)
    }
}

/// Returns a memory; without a base, it has no differences.
fn memory(name: &'static str, now: Option<Usage>, before: Option<Usage>, has_base: bool) -> SketchMemory {
    let maximum = now.or(before).and_then(|usage| usage.max);
    let relative =
        |part: Option<i64>| Known(part.zip(maximum).and_then(|(part, whole)| Hundredths::of(part, whole)));
    let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    let pair = |usage: Option<Usage>| SizePair {
        absolute: Known(usage.map(|usage| usage.used)),
        relative: relative(usage.map(|usage| signed(usage.used))),
    };
    let bytes = before.zip(now).map(|(before, now)| difference(before.used, now.used));
    let delta = SizePair { absolute: Known(bytes), relative: relative(bytes) };
    SketchMemory {
        name,
        maximum: Known(maximum),
        current: pair(now),
        previous: has_base.then(|| pair(before)),
        delta: has_base.then_some(delta),
    }
}

fn difference(before: u64, now: u64) -> i64 {
    let bytes = i128::from(now) - i128::from(before);
    i64::try_from(bytes).unwrap_or(if bytes < 0 { i64::MIN } else { i64::MAX })
}

/// The elements with the smallest and the largest number.
type Extremes<T> = (Option<(i64, T)>, Option<(i64, T)>);

/// Returns the elements with the smallest and the largest number, each the first of its kind.
fn extremes<T: Copy>(values: impl Iterator<Item = (i64, T)>) -> Extremes<T> {
    let mut extremes: Extremes<T> = (None, None);
    for value in values {
        if extremes.0.is_none_or(|low| value.0 < low.0) {
            extremes.0 = Some(value);
        }
        if extremes.1.is_none_or(|high| value.0 > high.0) {
            extremes.1 = Some(value);
        }
    }
    extremes
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
