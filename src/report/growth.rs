//! The part of `summary.md` about sizes against the base of the run. Without a base it is empty.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt::Write as _;

use super::markdown::escape;
use super::text;
use crate::event::{CellId, Event, EventKind, JobId, Sizes};

/// Number of cells in the table.
const ROWS: usize = 50;

/// Cells whose use of flash or RAM differs from that of the base.
#[derive(Debug, Default)]
pub(super) struct Growth {
    /// Name of the base.
    name: Option<String>,
    before: HashMap<CellId, [Option<u64>; 2]>,
    /// Number of cells that have firmware in both runs.
    compared: usize,
    changed: Vec<Changed>,
}

/// A cell with other sizes than before: flash and RAM in bytes, each before and now.
#[derive(Debug)]
struct Changed {
    cell: CellId,
    memories: [Option<(u64, u64)>; 2],
}

impl Growth {
    /// Adds an event.
    pub(super) fn fold(&mut self, event: &Event) {
        match &event.kind {
            // A merged run has the base of each shard.
            EventKind::BaseRead(base) => {
                self.name.get_or_insert_with(|| base.name.clone());
                self.before.extend(base.cells.iter().map(|cell| (cell.id.clone(), used(&cell.sizes))));
            }
            EventKind::JobFinished(result) => {
                let (JobId::Cell(cell), Some(sizes)) = (&result.job, &result.sizes) else { return };
                let Some([flash, ram]) = self.before.get(cell) else { return };
                let [flash_now, ram_now] = used(sizes);
                self.compared += 1;
                let memories = [flash.zip(flash_now), ram.zip(ram_now)];
                if memories.iter().flatten().any(|(before, now)| before != now) {
                    self.changed.push(Changed { cell: cell.clone(), memories });
                }
            }
            _ => {}
        }
    }

    /// Returns the part: the sums, and a folded table of the largest changes.
    pub(super) fn markdown(&self) -> String {
        let Some(name) = &self.name else { return String::new() };
        let mut part = format!("\n### Sizes against {}\n\n", escape(name));
        if self.changed.is_empty() {
            let cells = text::count(self.compared, "cell");
            // Writing to a String can't fail.
            let _ = writeln!(part, "No firmware takes more or less than before ({cells} compared).");
            return part;
        }
        let of_cells = text::count(self.compared, "cell");
        let [flash, ram] = [0, 1].map(|memory| {
            let changes = self.changed.iter().filter_map(|changed| changed.memories[memory]);
            let (before, now) = changes.fold((0, 0), |sum, (before, now)| (sum.0 + before, sum.1 + now));
            by(before, now)
        });
        let changed = self.changed.len();
        let _ = writeln!(part, "{changed} of {of_cells} changed: flash {flash} bytes, RAM {ram} bytes\n");
        let mut rows: Vec<&Changed> = self.changed.iter().collect();
        rows.sort_by_key(|row| (Reverse(row.memories.map(distance)), &row.cell));
        part.push_str("<details><summary>the largest changes</summary>\n\n");
        part.push_str("| cell | flash | | RAM | |\n|---|--:|--:|--:|--:|\n");
        for Changed { cell, memories } in rows.iter().take(ROWS) {
            let _ = write!(part, "| {} |", escape(&cell.to_string()));
            for memory in memories {
                let (now, by) =
                    memory.map(|(before, now)| (now.to_string(), by(before, now))).unwrap_or_default();
                let _ = write!(part, " {now} | {by} |");
            }
            part.push('\n');
        }
        if changed > ROWS {
            let _ = writeln!(part, "\n… and {} more", changed - ROWS);
        }
        part.push_str("\n</details>\n");
        part
    }
}

/// Returns the used bytes of flash and RAM.
fn used(sizes: &Sizes) -> [Option<u64>; 2] {
    [sizes.flash, sizes.ram].map(|usage| usage.map(|usage| usage.used))
}

fn distance(memory: Option<(u64, u64)>) -> u64 {
    memory.map_or(0, |(before, now)| before.abs_diff(now))
}

/// Returns `+12`, `-4`, `0`.
fn by(before: u64, now: u64) -> String {
    match now.checked_sub(before) {
        Some(0) => "0".to_owned(),
        Some(more) => format!("+{more}"),
        None => format!("-{}", before - now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Base, BaseCell, Usage};
    use crate::report::testing::{Script, cell_id};

    /// Returns the part after a run in which each cell takes 1,036 bytes of flash and 9 of RAM.
    fn part(before: &[(&str, u64, u64)]) -> String {
        let usage = |used| Some(Usage { used, max: None });
        let cell = |&(name, flash, ram): &(&str, u64, u64)| BaseCell {
            id: cell_id(name),
            sizes: Sizes { flash: usage(flash), ram: usage(ram), ..Sizes::default() },
            own_warnings: 0,
            warnings: 0,
        };
        let base = Base { name: "main".to_owned(), cells: before.iter().map(cell).collect() };
        let script = Script::new().say(EventKind::BaseRead(base)).plan(&["uno/A", "uno/B", "mega/A"], &[]);
        let script = script.built("uno/A", 130, 200).built("uno/B", 130, 200).built("mega/A", 130, 200);
        let mut growth = Growth::default();
        for event in script.events() {
            growth.fold(&event);
        }
        growth.markdown()
    }

    #[test]
    fn the_largest_changes_are_in_a_table() {
        insta::assert_snapshot!(part(&[("uno/A", 1_000, 9), ("uno/B", 1_036, 10), ("mega/A", 1_036, 9)]), @r"

        ### Sizes against main

        2 of 3 cells changed: flash +36 bytes, RAM -1 bytes

        <details><summary>the largest changes</summary>

        | cell | flash | | RAM | |
        |---|--:|--:|--:|--:|
        | uno/A | 1036 | +36 | 9 | 0 |
        | uno/B | 1036 | 0 | 9 | -1 |

        </details>
        ");
    }

    #[test]
    fn without_changes_or_without_a_base() {
        assert_eq!(
            part(&[("uno/A", 1_036, 9)]),
            "\n### Sizes against main\n\nNo firmware takes more or less than before (1 cell compared).\n"
        );
        assert_eq!(Growth::default().markdown(), "");
    }
}
