//! Compares two finished runs: cells whose outcome differs, firmware whose size differs, and the symbols that cause it.
//! A pure function.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::past::{Past, PastCell, PastOutcome};
use super::symbols::{LONGEST_NAME, SymbolReport, by_owner, numbers};
use super::text;
use crate::event::{Outcome, Usage};
use crate::symbols::{Area, Kind, Owner, Symbol};

/// Differences between two runs.
#[derive(Debug, Default, Serialize)]
pub struct Comparison {
    /// Cells whose outcome changed, or that only one run has.
    results: Vec<ResultChange>,
    /// Whether a cell fails that did not fail before, or is new.
    #[serde(skip)]
    new_failures: bool,
    /// Durations of the runs in milliseconds.
    wall_ms: Change<u64>,
    /// Cells whose number of warnings changed.
    warnings: Vec<WarningChange>,
    /// Cells whose use of flash or RAM changed.
    sizes: Vec<SizeChange>,
    /// Sizes of symbols by owner, over all cells that have symbols in both runs; `None` where a run has none.
    owners: Option<Vec<OwnerChange>>,
    /// Symbols whose size changed, the largest change first. The same change in several cells is listed once.
    symbols: Option<Vec<SymbolChange>>,
}

/// Before and now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
struct Change<T> {
    base: T,
    head: T,
}

#[derive(Debug, Serialize)]
struct ResultChange {
    cell: String,
    #[serde(flatten)]
    outcome: Change<Option<&'static str>>,
    /// The reason in the head run.
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
}

#[derive(Debug, Serialize)]
struct WarningChange {
    cell: String,
    #[serde(flatten)]
    count: Change<u64>,
}

#[derive(Debug, Serialize)]
struct SizeChange {
    cell: String,
    flash: Option<Change<u64>>,
    ram: Option<Change<u64>>,
}

#[derive(Debug, Serialize)]
struct OwnerChange {
    owner: Owner,
    flash: Change<u64>,
    ram: Change<u64>,
}

#[derive(Debug, Serialize)]
struct SymbolChange {
    #[serde(flatten)]
    what: What,
    #[serde(flatten)]
    size: Change<u64>,
    cells: Vec<String>,
}

/// Identity of a symbol across runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
struct What {
    name: String,
    owner: Owner,
    area: Area,
    kind: Kind,
}

impl Change<u64> {
    fn is_none(self) -> bool {
        self.base == self.head
    }

    /// Returns `+12`, `-4`, `0`.
    fn by(self) -> String {
        match self.head.checked_sub(self.base) {
            Some(0) => "0".to_owned(),
            Some(more) => format!("+{more}"),
            None => format!("-{}", self.base - self.head),
        }
    }
}

impl Comparison {
    /// Compares two runs, with their symbols where both have them.
    pub fn new(runs: [&Past; 2], symbols: [Option<&SymbolReport>; 2]) -> Self {
        let [base, head] = runs;
        let wall_ms = Change { base: base.wall_ms, head: head.wall_ms };
        let mut comparison = Self { wall_ms, ..Self::default() };
        let ids: Vec<_> =
            base.cells.keys().chain(head.cells.keys().filter(|id| !base.cells.contains_key(*id))).collect();
        for id in ids {
            let cell = id.to_string();
            let [before, now] = [base, head].map(|run| run.cells.get(id));
            let outcome = Change { base: before.map(word), head: now.map(word) };
            if outcome.base != outcome.head {
                let failed = |cell: Option<&PastCell>| cell.is_some_and(|cell| cell.outcome.has_failed());
                comparison.new_failures |= failed(now) && !failed(before);
                let reason = now.map(|cell| cell.outcome.reason().to_owned()).unwrap_or_default();
                comparison.results.push(ResultChange { cell: cell.clone(), outcome, reason });
            }
            let (Some(before), Some(now)) = (before, now) else { continue };
            let count = Change { base: before.warnings as u64, head: now.warnings as u64 };
            // A cell that fails stops at its first error, so its number of warnings is incomplete.
            if before.outcome.is_built() && now.outcome.is_built() && !count.is_none() {
                comparison.warnings.push(WarningChange { cell: cell.clone(), count });
            }
            let both = |base: Option<Usage>, head: Option<Usage>| {
                Some(Change { base: base?.used, head: head?.used })
            };
            let (flash, ram) =
                (both(before.sizes.flash, now.sizes.flash), both(before.sizes.ram, now.sizes.ram));
            if flash.is_some_and(|change| !change.is_none()) || ram.is_some_and(|change| !change.is_none()) {
                comparison.sizes.push(SizeChange { cell, flash, ram });
            }
        }
        if let [Some(base), Some(head)] = symbols {
            let (owners, symbols) = symbol_changes(base, head);
            comparison.owners = Some(owners);
            comparison.symbols = Some(symbols);
        }
        comparison
    }

    /// Returns whether a cell fails in the head that does not fail in the base; a new cell counts as well.
    pub fn has_new_failures(&self) -> bool {
        self.new_failures
    }

    /// Returns the comparison as tables, with the `top` largest changes of symbols.
    pub fn table(&self, top: usize) -> String {
        let mut text = String::new();
        for ResultChange { cell, outcome, reason } in &self.results {
            let shown = |outcome: Option<&'static str>| outcome.unwrap_or("not there");
            let _ = write!(text, "{cell}: {} before, {} now", shown(outcome.base), shown(outcome.head));
            let _ = writeln!(text, "{}{}", if reason.is_empty() { "" } else { ": " }, text::one_line(reason));
        }
        for WarningChange { cell, count } in &self.warnings {
            let now = text::count(usize::try_from(count.head).unwrap_or(usize::MAX), "warning");
            let _ = writeln!(text, "{cell}: {now} ({})", count.by());
        }
        if !text.is_empty() {
            text.push('\n');
        }
        let mut table = numbers(&["cell", "flash", "by", "RAM", "by"]);
        for SizeChange { cell, flash, ram } in &self.sizes {
            let columns = [flash, ram].into_iter().flat_map(|change| match change {
                Some(change) => [change.head.to_string(), change.by()],
                None => [String::new(), String::new()],
            });
            table.add_row(std::iter::once(cell.clone()).chain(columns));
        }
        if self.sizes.is_empty() {
            text.push_str("no firmware takes more or less than before\n");
        } else {
            let _ = writeln!(text, "{}", table.trim_fmt());
        }
        match (&self.owners, &self.symbols) {
            (Some(owners), Some(symbols)) => symbols_table(owners, symbols, top, &mut text),
            _ => text.push_str(
                "\nto see which symbols did it, run `fbuild-matrix symbols` after each of the runs, with its --report-dir\n",
            ),
        }
        let Change { base, head } = self.wall_ms;
        let time = |ms| text::duration(Duration::from_millis(ms));
        let _ = writeln!(text, "\n{} before, {} now", time(base), time(head));
        text.trim_end().to_owned()
    }

    /// Returns the comparison as JSON.
    ///
    /// # Errors
    /// Never in practice: every value can be serialised.
    pub fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }
}

/// Returns the word for a result. An up-to-date cell counts as built, as the difference is not one of the code.
const fn word(cell: &PastCell) -> &'static str {
    match &cell.outcome {
        PastOutcome::Finished(Outcome::UpToDate) => Outcome::Built.word(),
        outcome => outcome.word(),
    }
}

fn symbols_table(owners: &[OwnerChange], symbols: &[SymbolChange], top: usize, text: &mut String) {
    if symbols.is_empty() {
        text.push_str("\nno symbol takes more or less than before\n");
        return;
    }
    let mut table = numbers(&["owner", "flash", "by", "RAM", "by"]);
    for OwnerChange { owner, flash, ram } in owners {
        let (name, values) =
            (owner.to_string(), [flash.head.to_string(), flash.by(), ram.head.to_string(), ram.by()]);
        table.add_row(std::iter::once(name).chain(values));
    }
    let _ = writeln!(text, "\n{}\n", table.trim_fmt());
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["by", "size", "in", "owner", "symbol", "cells"]);
    for column in table.column_iter_mut().take(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for SymbolChange { what, size, cells } in symbols.iter().take(top) {
        let others = match cells.len() {
            1 => String::new(),
            count => format!(" and {}", text::count(count - 1, "other")),
        };
        let cells = format!("{}{others}", cells.first().map_or("", String::as_str));
        let name = text::cut_end(&what.name, LONGEST_NAME).into_owned();
        let owner = what.owner.to_string();
        table.add_row([size.by(), size.head.to_string(), what.area.word().to_owned(), owner, name, cells]);
    }
    let _ = writeln!(text, "{}", table.trim_fmt());
    if symbols.len() > top {
        let _ = writeln!(text, "and {} more (--top)", symbols.len() - top);
    }
}

fn symbol_changes(base: &SymbolReport, head: &SymbolReport) -> (Vec<OwnerChange>, Vec<SymbolChange>) {
    let before: HashMap<(&str, &str), &[Symbol]> = base
        .cells
        .iter()
        .map(|cell| ((&*cell.board, &*cell.sketch), &*cell.symbols.symbols.symbols))
        .collect();
    let mut owners: BTreeMap<&Owner, [Change<u64>; 2]> = BTreeMap::new();
    let mut changes: BTreeMap<(What, Change<u64>), BTreeSet<String>> = BTreeMap::new();
    for cell in &head.cells {
        let Some(before) = before.get(&(&*cell.board, &*cell.sketch)) else { continue };
        let now = &cell.symbols.symbols.symbols;
        for (owner, sum) in by_owner(before) {
            let [flash, ram] = owners.entry(owner).or_default();
            flash.base += sum.flash;
            ram.base += sum.ram;
        }
        for (owner, sum) in by_owner(now) {
            let [flash, ram] = owners.entry(owner).or_default();
            flash.head += sum.flash;
            ram.head += sum.ram;
        }
        // Several symbols may have one name: their sums are compared.
        let mut sizes: HashMap<What, Change<u64>> = HashMap::new();
        for symbol in *before {
            sizes.entry(What::of(symbol)).or_default().base += symbol.size;
        }
        for symbol in now {
            sizes.entry(What::of(symbol)).or_default().head += symbol.size;
        }
        for change in sizes.into_iter().filter(|(_, change)| !change.is_none()) {
            changes.entry(change).or_default().insert(format!("{}/{}", cell.board, cell.sketch));
        }
    }
    let owners =
        owners.into_iter().map(|(owner, [flash, ram])| OwnerChange { owner: owner.clone(), flash, ram });
    let mut owners: Vec<_> = owners.collect();
    owners.sort_by_key(|change| Reverse(change.flash.base.abs_diff(change.flash.head)));
    let changes = changes.into_iter();
    let mut changes: Vec<_> = changes
        .map(|((what, size), cells)| SymbolChange { what, size, cells: cells.into_iter().collect() })
        .collect();
    changes.sort_by_key(|change| Reverse(change.size.base.abs_diff(change.size.head)));
    (owners, changes)
}

impl What {
    fn of(symbol: &Symbol) -> Self {
        let Symbol { name, owner, area, kind, .. } = symbol;
        Self { name: unnumbered(name), owner: owner.clone(), area: *area, kind: *kind }
    }
}

/// Removes the numbers that the compiler adds to the names of clones and local symbols: they differ after any change.
fn unnumbered(name: &str) -> String {
    let mut kept = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find('.') {
        kept.push_str(&rest[..at]);
        let behind = rest[at + 1..].trim_start_matches(|c: char| c.is_ascii_digit());
        let is_number =
            behind.len() < rest.len() - at - 1 && (behind.is_empty() || behind.starts_with(['.', ']', ' ']));
        if is_number {
            rest = behind;
        } else {
            kept.push('.');
            rest = &rest[at + 1..];
        }
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_the_compilers_numbers() {
        for (name, expected) in [
            ("Print::print(int) [clone .constprop.17]", "Print::print(int) [clone .constprop]"),
            (
                "Print::print(int) [clone .part.0] [clone .constprop.3]",
                "Print::print(int) [clone .part] [clone .constprop]",
            ),
            ("buffer.1942", "buffer"),
            ("turnOffPWM.lto_priv.3", "turnOffPWM.lto_priv"),
            ("f(float) [clone .2d]", "f(float) [clone .2d]"),
            ("ends.", "ends."),
            (".text.unlikely", ".text.unlikely"),
            ("main", "main"),
        ] {
            assert_eq!(unnumbered(name), expected);
        }
    }
}
