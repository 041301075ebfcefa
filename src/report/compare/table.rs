//! Formats a comparison as tables for the terminal.

use std::fmt::Write as _;
use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};

use super::change::Change;
use super::model::{Comparison, OwnerChange, ResultChange, SizeChange, SymbolChange, WarningChange};
use crate::report::symbols::{LONGEST_NAME, numbers};
use crate::report::text;

impl Comparison {
    /// Returns the comparison as tables, with the `top` largest changes of symbols.
    pub fn table(&self, top: usize) -> String {
        let mut text = String::new();
        for exceeded in &self.exceeded {
            let cell = exceeded.cell.as_ref().map(|cell| format!("{cell}: ")).unwrap_or_default();
            let message = text::one_line(&exceeded.message);
            let _ = writeln!(text, "over {}: {cell}{message}", exceeded.threshold);
        }
        for ResultChange { cell, outcome, reason, .. } in &self.results {
            let shown = |outcome: Option<&'static str>| outcome.unwrap_or("not there");
            let _ = write!(text, "{cell}: {} before, {} now", shown(outcome.base), shown(outcome.head));
            let _ = writeln!(text, "{}{}", if reason.is_empty() { "" } else { ": " }, text::one_line(reason));
        }
        for WarningChange { cell, count, .. } in &self.warnings {
            let now = text::count(usize::try_from(count.head).unwrap_or(usize::MAX), "warning");
            let _ = writeln!(text, "{cell}: {now} ({})", count.by());
        }
        if !text.is_empty() {
            text.push('\n');
        }
        self.sizes_table(&mut text);
        match (&self.owners, &self.symbols) {
            (Some(owners), Some(symbols)) => symbols_table(owners, symbols, top, &mut text),
            _ => text.push_str(
                "\nto see which symbols did it, run `fbuild-matrix symbols` after each of the runs, with its --report-dir\n",
            ),
        }
        let time = |ms| text::duration(Duration::from_millis(ms));
        let Change { base, head } = self.wall_ms;
        let slots = format!("slot time {} before, {} now", time(self.slot_ms.base), time(self.slot_ms.head));
        let _ = writeln!(text, "\n{} before, {} now; {slots}", time(base), time(head));
        text.trim_end().to_owned()
    }

    fn sizes_table(&self, text: &mut String) {
        if self.sizes.is_empty() {
            text.push_str("no firmware takes more or less than before\n");
            return;
        }
        let mut table = numbers(&["cell", "flash", "by", "RAM", "by", "sections"]);
        for SizeChange { cell, flash, ram, sections } in &self.sizes {
            let columns = [flash, ram].into_iter().flat_map(|change| match change {
                Some(change) => [change.head.to_string(), change.by()],
                None => [String::new(), String::new()],
            });
            let sections = sections.iter().map(|it| format!("{} {}", it.name, it.bytes.by()));
            let sections = sections.collect::<Vec<_>>().join(", ");
            table.add_row(std::iter::once(cell.clone()).chain(columns).chain([sections]));
        }
        if let Some(column) = table.column_mut(5) {
            column.set_cell_alignment(CellAlignment::Left);
        }
        let _ = writeln!(text, "{}", table.trim_fmt());
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
