//! Medians of what was measured, and their ratios to the floor's.

use std::fmt::Write as _;
use std::path::Path;

use indexmap::IndexMap;
use serde::Serialize;

use super::Result;
use super::floor::Floor;
use super::machine::Machine;
use super::meter::Spent;
use super::set::Set;

pub(crate) const FLOOR: &str = "floor: `make` over the recipes' commands";
pub(crate) const FLOOR_AGAIN: &str = "floor, nothing to do";

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Results {
    pub(crate) machine: Machine,
    pub(crate) tables: Vec<Table>,
}

/// One set's.
#[derive(Debug, Serialize)]
pub(crate) struct Table {
    name: String,
    title: String,
    cells: usize,
    /// Of the floor.
    compiles: u64,
    ways: IndexMap<String, Way>,
}

/// What a way took, in each round, or why it could not be had.
#[derive(Debug, Default, Serialize)]
struct Way {
    samples: Vec<Spent>,
    remark: Option<String>,
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

    pub(crate) fn add(&mut self, way: &str, spent: Spent) {
        self.ways.entry(way.to_owned()).or_default().samples.push(spent);
    }

    /// Says something of a way, for example why there is no number.
    pub(crate) fn remark(&mut self, way: &str, remark: String) {
        self.ways.entry(way.to_owned()).or_default().remark = Some(remark);
    }

    fn median(&self, way: &str, part: fn(&Spent) -> f64) -> Option<f64> {
        self.ways.get(way)?.median(part)
    }

    fn markdown(&self) -> String {
        let mut text = format!(
            "### {}\n\n{} cells; the floor starts {} compiles.\n\n\
             | | wall s | × floor | CPU s | × floor | runner's peak MB | tools started | rounds |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|\n",
            self.title, self.cells, self.compiles
        );
        let floor = |part| self.median(FLOOR, part);
        for (name, way) in &self.ways {
            let both = |part: fn(&Spent) -> f64| {
                let value = way.median(part);
                let ratio = value.zip(floor(part)).map(|(value, floor)| value / floor);
                format!("{} | {}", number(value, 3), number(ratio, 3))
            };
            let peak = number(way.median(|spent| megabytes(spent.peak)), 1);
            let tools = way.samples.last().and_then(|spent| spent.tools);
            let tools = tools.map_or_else(|| "–".to_owned(), |tools| tools.to_string());
            let remark = way.remark.as_ref().map_or_else(String::new, |remark| format!(" ({remark})"));
            // Writing into a string can't fail.
            let _ = writeln!(
                text,
                "| {name}{remark} | {} | {} | {peak} | {tools} | {} |",
                both(|spent| spent.wall),
                both(|spent| spent.cpu),
                way.samples.len()
            );
        }
        text
    }
}

impl Way {
    fn median(&self, part: fn(&Spent) -> f64) -> Option<f64> {
        let mut values: Vec<f64> = self.samples.iter().map(part).collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        match values.len() {
            0 => None,
            count if count % 2 == 0 => Some(f64::midpoint(values[middle - 1], values[middle])),
            _ => Some(values[middle]),
        }
    }
}

impl Results {
    /// As tables for people.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("{}\n", self.machine.sentence());
        for table in &self.tables {
            text.push('\n');
            text.push_str(&table.markdown());
        }
        text
    }

    /// Writes `results.json` and `results.md`.
    pub(crate) fn save(&self, folder: &Path) -> Result<()> {
        std::fs::write(folder.join("results.json"), serde_json::to_string_pretty(self)?)?;
        Ok(std::fs::write(folder.join("results.md"), self.markdown())?)
    }
}

#[allow(clippy::cast_precision_loss)] // no process has so many bytes
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}
