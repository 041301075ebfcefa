//! Draws the table as bars, one panel per set, in SVG that is readable on light and dark pages.

use std::fmt::Write as _;

use super::table::{Kind, Results, Table, Way, label};

const WIDTH: f64 = 900.0;
/// Start of the bars, after the names.
const LEFT: f64 = 370.0;
/// Space after the longest bar, for its number.
const RIGHT: f64 = 70.0;
const ROW: f64 = 22.0;
const HEAD: f64 = 44.0;
const BAR: f64 = 14.0;

/// Colours by the system's preference: an image in a README can't read those of its page.
const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600}.floor{fill:#8c959f}\
    .ours{fill:#0969da}.peer{fill:#bf8700}.line{stroke:#8c959f;stroke-dasharray:3 3}\
    @media(prefers-color-scheme:dark){text{fill:#e6edf3}.floor{fill:#6e7681}.ours{fill:#4493f8}.peer{fill:#d29922}}";

/// Draws all tables.
pub(crate) fn svg(results: &Results) -> String {
    let mut body = String::new();
    let mut top = 0.0;
    for table in &results.tables {
        top = panel(&mut body, table, top);
    }
    let height = top + 8.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" aria-label=\"Wall time as a multiple of the floor's\">\n\
         <style>{STYLE}</style>\n{body}</svg>\n"
    )
}

/// Draws a table from `top` on; returns its lower end.
fn panel(body: &mut String, table: &Table, top: f64) -> f64 {
    let measured = |(name, way): (&'_ String, &'_ Way)| {
        Some((label(name, way.kind).replace('`', ""), way.kind, table.ratio(way, |spent| spent.wall)?))
    };
    let bars: Vec<(String, Kind, f64)> = table.ways.iter().filter_map(measured).collect();
    let longest = bars.iter().map(|(_, _, ratio)| *ratio).fold(1.0, f64::max);
    let scale = (WIDTH - LEFT - RIGHT) / longest;
    // Writing to a string can't fail.
    let _ = writeln!(
        body,
        "<text class=\"title\" x=\"8\" y=\"{:.1}\">{}: wall time, floor = 1</text>",
        top + 28.0,
        escape(&table.title)
    );
    let mut y = top + HEAD;
    for (name, kind, ratio) in &bars {
        let class = match kind {
            Kind::Floor => "floor",
            Kind::Ours => "ours",
            Kind::Peer => "peer",
        };
        // A bar is always wide enough to be visible.
        let width = (ratio * scale).max(1.5);
        let _ = writeln!(
            body,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
             <rect class=\"{class}\" x=\"{LEFT}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\" rx=\"2\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\">{ratio:.2}</text>",
            LEFT - 8.0,
            y + 12.0,
            escape(name),
            LEFT + width + 6.0,
            y + 12.0,
        );
        y += ROW;
    }
    let one = LEFT + scale;
    let _ = writeln!(
        body,
        "<line class=\"line\" x1=\"{one:.1}\" x2=\"{one:.1}\" y1=\"{:.1}\" y2=\"{:.1}\"/>",
        top + HEAD - 6.0,
        y - 4.0
    );
    y
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
