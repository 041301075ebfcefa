//! Compares the symbols of two runs.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::change::Change;
use super::model::{OwnerChange, SymbolChange, What};
use crate::report::symbols::{SymbolReport, by_owner};
use crate::symbols::{Owner, Symbol};

/// Compares the symbols of all cells that both reports have. Returns the sums by owner, and the symbols whose size changed,
/// the largest change first.
pub(super) fn symbol_changes(
    base: &SymbolReport,
    head: &SymbolReport,
) -> (Vec<OwnerChange>, Vec<SymbolChange>) {
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
