//! Medians of the measurements, and their ratios to the floor's.

use std::fmt::Write as _;
use std::path::Path;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::Result;
use super::floor::Floor;
use super::machine::Machine;
use super::meter::Spent;
use super::set::Set;

pub(crate) const FLOOR: &str = "floor: `make` over the recipes' commands";
pub(crate) const FLOOR_AGAIN: &str = "floor, nothing to do";

/// All measurements.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Results {
    pub(crate) machine: Machine,
    pub(crate) tables: Vec<Table>,
}

/// Measurements of one set.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Table {
    name: String,
    pub(crate) title: String,
    pub(crate) cells: usize,
    /// Number of the floor's compiles.
    compiles: u64,
    pub(crate) ways: IndexMap<String, Way>,
}

/// Measurements of a way in each round, or the reason why there are none.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Way {
    pub(crate) kind: Kind,
    samples: Vec<Spent>,
    remark: Option<String>,
}

/// Owner of a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Floor,
    Ours,
    Peer,
}

impl Table {
    pub(crate) fn new(set: &Set, floor: &Floor) -> Self {
        Self {
            name: set.name.to_owned(),
            title: set.title.clone(),
            cells: set.cells(),
            compiles: floor.compiles,
            ways: IndexMap::new(),
        }
    }

    pub(crate) fn add(&mut self, kind: Kind, way: &str, spent: Spent) {
        self.way(kind, way).samples.push(spent);
    }

    /// Adds a remark on a way, such as the reason for a missing number.
    pub(crate) fn remark(&mut self, kind: Kind, way: &str, remark: String) {
        self.way(kind, way).remark = Some(remark);
    }

    fn way(&mut self, kind: Kind, name: &str) -> &mut Way {
        self.ways.entry(name.to_owned()).or_insert_with(|| Way { kind, samples: Vec::new(), remark: None })
    }

    /// Returns a way's median as a multiple of the floor's in the same rounds: peers may have run in the first ones
    /// only. Returns `None` where the way was not measured.
    pub(crate) fn ratio(&self, way: &Way, part: fn(&Spent) -> f64) -> Option<f64> {
        let floor = self.ways.get(FLOOR)?.samples.get(..way.samples.len())?;
        Some(median(&way.samples, part)? / median(floor, part)?)
    }

    fn markdown(&self) -> String {
        let mut text = format!(
            "### {}\n\n{} cells; the floor starts {} compiles.\n\n\
             | | wall s | × floor | CPU s | × floor | runner's peak MB | tools started | rounds |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|\n",
            self.title, self.cells, self.compiles
        );
        for (name, way) in &self.ways {
            let both = |part: fn(&Spent) -> f64| {
                format!("{} | {}", number(median(&way.samples, part), 3), number(self.ratio(way, part), 3))
            };
            let peak = median(&way.samples, |spent| megabytes(spent.peak)).filter(|peak| *peak > 0.0);
            let tools = way.samples.last().and_then(|spent| spent.tools);
            let tools = tools.map_or_else(|| "–".to_owned(), |tools| tools.to_string());
            let remark = way.remark.as_ref().map_or_else(String::new, |remark| format!(" ({remark})"));
            // Writing to a string can't fail.
            let _ = writeln!(
                text,
                "| {}{remark} | {} | {} | {} | {tools} | {} |",
                label(name, way.kind),
                both(|spent| spent.wall),
                both(|spent| spent.cpu),
                number(peak, 1),
                way.samples.len()
            );
        }
        text
    }
}

/// Returns a way's name with its program, where ways of several programs are listed together.
pub(crate) fn label(name: &str, kind: Kind) -> String {
    if kind == Kind::Ours { format!("fbuild-matrix: {name}") } else { name.to_owned() }
}

fn median(samples: &[Spent], part: fn(&Spent) -> f64) -> Option<f64> {
    let mut values: Vec<f64> = samples.iter().map(part).collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        count if count % 2 == 0 => Some(f64::midpoint(values[middle - 1], values[middle])),
        _ => Some(values[middle]),
    }
}

impl Results {
    /// Returns the results as Markdown tables.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("{}\n", self.machine.sentence());
        for table in &self.tables {
            text.push('\n');
            text.push_str(&table.markdown());
        }
        text
    }

    /// Returns a table of ways × sets, with wall times as multiples of the floor's.
    pub(crate) fn overview(&self) -> String {
        let mut text = "| wall time, floor = 1 |".to_owned();
        for table in &self.tables {
            // Writing to a string can't fail.
            let _ = write!(text, " {} |", table.title);
        }
        let columns = "--:|".repeat(self.tables.len());
        let _ = writeln!(text, "\n|---|{columns}");
        let ways = self.tables.iter().flat_map(|table| &table.ways);
        let ways: IndexMap<&String, Kind> = ways.map(|(name, way)| (name, way.kind)).collect();
        for (name, kind) in ways {
            let ratio = |table: &Table| table.ratio(table.ways.get(name)?, |spent| spent.wall);
            let ratios: Vec<String> = self.tables.iter().map(|table| number(ratio(table), 2)).collect();
            let _ = writeln!(text, "| {} | {} |", label(name, kind), ratios.join(" | "));
        }
        text
    }

    /// Writes `results.json` and `results.md`.
    pub(crate) fn save(&self, directory: &Path) -> Result<()> {
        std::fs::write(directory.join("results.json"), serde_json::to_string_pretty(self)?)?;
        Ok(std::fs::write(directory.join("results.md"), self.markdown())?)
    }
}

#[allow(clippy::cast_precision_loss)] // no process has so many bytes
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}
