//! Bars, and lines with a bar for downloads. Pure functions.

use std::time::Duration;

use super::lines::word;
use super::paint::Paint;
use crate::report::text;

/// Width of a download's bar in columns.
const FETCH_BAR: usize = 16;

/// Returns a bar.
pub(super) fn bar(paint: Paint, (done, all): (usize, usize), columns: usize) -> String {
    // Halves of a column: twice the resolution.
    let halves = (done.min(all) * columns * 2).checked_div(all).unwrap_or(columns * 2);
    let full = "━".repeat(halves / 2);
    let half = if halves % 2 == 1 { "╸" } else { "" };
    let rest = "─".repeat(columns - halves / 2 - halves % 2);
    format!("{}{}", paint.accent(&format!("{full}{half}")), paint.dim(&rest))
}

/// Returns the line of a download: `  fetching ━━━━──────────── gcc-avr  5.5 MB of 22.0 MB`. `None` where nothing is
/// known of it yet.
pub(super) fn fetched(
    paint: Paint,
    done: u64,
    total: Option<u64>,
    what: &str,
    elapsed: Duration,
) -> Option<String> {
    let begin = word(paint, Paint::bold, "fetching");
    match total {
        Some(total) if total > 0 => {
            let share = usize::try_from(text::per_mille(done.min(total), total)).unwrap_or(0);
            let amount = format!("{} of {}", text::bytes(done), text::bytes(total));
            Some(format!("{begin} {} {what}  {}", bar(paint, (share, 1000), FETCH_BAR), paint.dim(&amount)))
        }
        _ if done > 0 => {
            let amount = format!("{}, {}", text::bytes(done), text::duration(elapsed));
            Some(format!("{begin} {what}  {}", paint.dim(&amount)))
        }
        _ => None,
    }
}
