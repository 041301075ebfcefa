//! Formats a comparison as Markdown, for a comment or a step summary.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::time::Duration;

use super::change::Change;
use super::model::{Comparison, SizeChange};
use crate::report::markdown::{Page, code, escape};
use crate::report::symbols::LONGEST_NAME;
use crate::report::text;

/// Limit of the page in bytes: a comment on GitHub has at most 65,536 characters.
const MAX: usize = 60_000;
/// Number of rows of a list before the rest is only counted.
const ROWS: usize = 100;

impl Comparison {
    /// Returns the comparison as Markdown, with the `top` largest changes of symbols. Parts that do not fit into a
    /// comment are left out, with a note.
    pub fn markdown(&self, top: usize) -> String {
        let mut page = Page::new(MAX);
        page.add(&self.headline());
        for part in [self.exceeded_part(), self.results_part(), self.sizes_part(), self.sections_part()] {
            page.add(&part);
        }
        for part in [self.warnings_part(), self.symbols_part(top), self.time_part()] {
            page.add(&part);
        }
        page.end().trim_end().to_owned()
    }

    fn headline(&self) -> String {
        let moved = |is: fn(&Change<u64>) -> bool| {
            let memories = self.sizes.iter().map(|size| size.flash.or(size.ram));
            memories.flatten().filter(is).count()
        };
        let (larger, smaller) = (moved(|it| it.head > it.base), moved(|it| it.head < it.base));
        let mark = if self.exceeded.is_empty() { "" } else { "❌ " };
        format!(
            "### {mark}Comparison with the base\n\n{} compared: {larger} larger, {smaller} smaller\n",
            text::count(self.compared, "firmware").replace("firmwares", "firmware")
        )
    }

    fn exceeded_part(&self) -> String {
        let lines = self.exceeded.iter().map(|exceeded| {
            let cell = exceeded.cell.as_ref().map(|cell| format!("{}: ", escape(cell))).unwrap_or_default();
            format!("- {} exceeded: {cell}{}", code(&exceeded.threshold), escape(&exceeded.message))
        });
        list("Thresholds", lines)
    }

    fn results_part(&self) -> String {
        let lines = self.results.iter().map(|result| {
            let shown = |outcome: Option<&'static str>| outcome.unwrap_or("not there");
            let (base, head) = (shown(result.outcome.base), shown(result.outcome.head));
            let reason = text::cut_end(&result.reason, 300).into_owned();
            let reason = if reason.is_empty() { reason } else { format!(": {}", escape(&reason)) };
            let mark = if result.is_new_failure { "❌ " } else { "" };
            format!("- {mark}{}: {base} before, {head} now{reason}", escape(&result.cell))
        });
        list("Results", lines)
    }

    fn sizes_part(&self) -> String {
        let mut changed: Vec<&SizeChange> = self.sizes.iter().filter(|size| size.largest() > 0).collect();
        if changed.is_empty() {
            return "\nNo firmware takes more or less than before.\n".to_owned();
        }
        changed.sort_by_key(|size| Reverse(size.largest()));
        let mut table = "\n#### Sizes\n\n| cell | flash | | RAM | |\n|---|--:|--:|--:|--:|\n".to_owned();
        for size in changed.iter().take(ROWS) {
            let columns = [size.flash, size.ram].map(|change| match change {
                Some(change) => format!("{} | {}", change.head, marked(change)),
                None => " | ".to_owned(),
            });
            // Writing to a String can't fail.
            let _ = writeln!(table, "| {} | {} |", escape(&size.cell), columns.join(" | "));
        }
        table.push_str(&more(changed.len()));
        table
    }

    fn sections_part(&self) -> String {
        let changed: Vec<&SizeChange> = self.sizes.iter().filter(|size| !size.sections.is_empty()).collect();
        if changed.is_empty() {
            return String::new();
        }
        let mut part = "\n<details><summary>Sections</summary>\n\n".to_owned();
        for size in changed.iter().take(ROWS) {
            let sections = size.sections.iter();
            let sections =
                sections.map(|it| format!("{} {} ({})", code(&it.name), it.bytes.head, it.bytes.by()));
            let _ = writeln!(part, "- {}: {}", escape(&size.cell), sections.collect::<Vec<_>>().join(", "));
        }
        part.push_str(&more(changed.len()));
        part.push_str("\n</details>\n");
        part
    }

    fn warnings_part(&self) -> String {
        let lines = self.warnings.iter().map(|it| {
            let (count, own) = (it.count, it.own);
            format!(
                "- {}: {} ({}), {} yours ({})",
                escape(&it.cell),
                count.head,
                count.by(),
                own.head,
                own.by()
            )
        });
        list("Warnings", lines)
    }

    fn symbols_part(&self, top: usize) -> String {
        let Some(symbols) = self.symbols.as_ref().filter(|symbols| !symbols.is_empty()) else {
            return String::new();
        };
        let mut part =
            "\n<details><summary>Symbols</summary>\n\n| by | size | in | owner | symbol | cells |\n\
                        |--:|--:|---|---|---|--:|\n"
                .to_owned();
        for symbol in symbols.iter().take(top) {
            let name = text::cut_end(&symbol.what.name, LONGEST_NAME).into_owned();
            let (owner, cells) = (escape(&symbol.what.owner.to_string()), symbol.cells.len());
            let (by, size, area) = (symbol.size.by(), symbol.size.head, symbol.what.area.word());
            let _ = writeln!(part, "| {by} | {size} | {area} | {owner} | {} | {cells} |", escape(&name));
        }
        if symbols.len() > top {
            let _ = writeln!(part, "\n… and {} more", symbols.len() - top);
        }
        part.push_str("\n</details>\n");
        part
    }

    fn time_part(&self) -> String {
        let shown = |Change { base, head }: Change<u64>| {
            let time = |ms| text::duration(Duration::from_millis(ms));
            format!("{} before, {} now", time(base), time(head))
        };
        format!("\nTime: {}; slot time: {}\n", shown(self.wall_ms), shown(self.slot_ms))
    }
}

/// Returns `+12 🔺`, `-4 💚`, `0`.
fn marked(change: Change<u64>) -> String {
    let mark = match change.head.cmp(&change.base) {
        std::cmp::Ordering::Greater => " 🔺",
        std::cmp::Ordering::Less => " 💚",
        std::cmp::Ordering::Equal => "",
    };
    format!("{}{mark}", change.by())
}

fn list(title: &str, lines: impl ExactSizeIterator<Item = String>) -> String {
    let number = lines.len();
    if number == 0 {
        return String::new();
    }
    let lines: Vec<String> = lines.take(ROWS).collect();
    format!("\n#### {title}\n\n{}\n{}", lines.join("\n"), more(number))
}

/// Returns the note about rows that are left out.
fn more(number: usize) -> String {
    if number > ROWS { format!("\n… and {} more\n", number - ROWS) } else { String::new() }
}
