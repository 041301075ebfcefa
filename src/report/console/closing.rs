//! Formats the closing lines of a run: failures by name, a table of the boards, the result in one line. A pure function
//! of a tally.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::lines::color;
use super::paint::Paint;
use crate::report::failures::FailureGroups;
use crate::report::tally::{Tally, Verdict};
use crate::report::text;

/// Number of failures that are listed; the reports have all.
const NAMED: usize = 30;
/// Number of boards or sketches that are listed for a failure.
const WHO: usize = 8;

/// Returns the closing lines. `width` is the terminal's, where there is one.
pub(super) fn closing(paint: Paint, tally: &Tally, failures: &FailureGroups, width: Option<usize>) -> String {
    let mut text = String::new();
    let known = failures.iter().len();
    if known > 0 {
        let _ = writeln!(text, "\n{}", paint.bad("failures:"));
        for group in failures.iter().take(NAMED) {
            let _ = writeln!(text, "  {}", paint.bold(&group.who(WHO)));
            let place = group.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
            let cause = text::one_line(&format!("{place}{}", group.message()));
            let _ = writeln!(text, "    {}", text::cut_end(&cause, 200));
            for (board, message) in group.each().into_iter().take(WHO) {
                let _ = writeln!(text, "    {}", text::one_line(&format!("{board}: {message}")));
            }
        }
        if known > NAMED {
            let _ = writeln!(text, "  {}", paint.dim(&format!("… and {} more", known - NAMED)));
        }
    }
    if tally.boards.len() > 1 || tally.total().ended() > 0 {
        text.push('\n');
        text.push_str(&boards(paint, tally, width));
        text.push('\n');
    }
    if let Some(title) = tally.cache.uncacheable.title() {
        let _ = writeln!(text, "{} repeated in every run", paint.warn(&format!("{title}:")));
        for line in tally.cache.uncacheable.lines() {
            let _ = writeln!(text, "  {}", text::cut_end(&line, 300));
        }
    }
    let total = tally.total();
    let all_good = Verdict::ALL.into_iter().all(|verdict| {
        matches!(verdict, Verdict::Built | Verdict::UpToDate | Verdict::ExpectedFailure | Verdict::Skipped)
            || total.get(verdict) == 0
    });
    let line = tally.result_line();
    let _ = writeln!(text, "{}", if all_good { paint.good(&line) } else { paint.bad(&line) });
    text
}

fn boards(paint: Paint, tally: &Tally, width: Option<usize>) -> String {
    let total = tally.total();
    let shown: Vec<Verdict> = Verdict::ALL
        .into_iter()
        .filter(|verdict| matches!(verdict, Verdict::Built) || total.get(*verdict) > 0)
        .collect();
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    let mut header = vec!["board".to_owned()];
    header.extend(shown.iter().map(|verdict| verdict.word().to_owned()));
    header.extend(["fullest flash".to_owned(), "slot time".to_owned()]);
    table.set_header(header);
    // Names are cut to the remaining width; a column has a blank on either side.
    let numbers: usize = shown.iter().map(|verdict| verdict.word().len() + 2).sum();
    let room = width
        .map_or(120, |width| width.saturating_sub(numbers + "slot time".len() + 2 + 4 + "100.0% ".len()));
    let longest = tally.boards.keys().map(|board| console::measure_text_width(board)).max().unwrap_or(0);
    let board_max = longest.min(room / 2).max(8);
    let sketch_max = room.saturating_sub(board_max).max(12);
    let name = |name: &str, max: usize| console::truncate_str(&text::one_line(name), max, "…").into_owned();
    let number = |number: usize| if number == 0 { "-".to_owned() } else { number.to_string() };
    let mut worst = vec![None];
    for (board, tally) in &tally.boards {
        let mut row = vec![name(board, board_max)];
        row.extend(shown.iter().map(|verdict| number(tally.counts.get(*verdict))));
        let fullest = tally.flash.as_ref();
        row.push(
            fullest.map_or("-".to_owned(), |full| {
                format!("{} {}", full.share(), name(&full.sketch, sketch_max))
            }),
        );
        row.push(text::duration(tally.slot_time));
        table.add_row(row);
        worst.push(
            Verdict::ALL
                .into_iter()
                .rev()
                .find(|verdict| verdict.is_failure() && tally.counts.get(*verdict) > 0),
        );
    }
    if tally.boards.len() > 1 {
        let mut row = vec!["all".to_owned()];
        row.extend(shown.iter().map(|verdict| number(total.get(*verdict))));
        row.push(String::new());
        row.push(text::duration(tally.boards.values().map(|board| board.slot_time).sum()));
        table.add_row(row);
        worst.push(None);
    }
    for column in 1..=shown.len() {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    if let Some(column) = table.column_mut(shown.len() + 2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    // A row is painted as a whole line: the table would count escape codes as columns.
    let mut lines = String::new();
    for (line, (place, worst)) in table.to_string().lines().zip(worst.iter().enumerate()) {
        let line = line.trim_end();
        let line = match worst {
            _ if place == 0 => paint.dim(line),
            Some(verdict) => color(*verdict)(paint, line),
            None => line.to_owned(),
        };
        let _ = writeln!(lines, "{line}");
    }
    lines
}
