//! `symbols.json`: the symbols in the firmware of a run. The run stores each cell's list beside its firmware; this
//! module collects the lists on request, and formats them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use comfy_table::{CellAlignment, Table, presets};
use serde::{Deserialize, Serialize};

use super::file::ReportFile;
use super::past::{Past, PastError};
use super::report_dir::ReportDir;
use super::text;
use crate::symbols::{Area, CellSymbols, Owner, Symbol, Symbols};

/// `symbols.json`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SymbolReport {
    /// Version of the format: 1.
    version: u32,
    /// The cells in the order of the plan.
    pub cells: Vec<NamedSymbols>,
}

/// The symbols of a cell.
#[derive(Debug, Serialize, Deserialize)]
pub struct NamedSymbols {
    /// The board's name in the matrix.
    pub board: String,
    /// The sketch's name in the matrix.
    pub sketch: String,
    /// Its symbols.
    #[serde(flatten)]
    pub symbols: CellSymbols,
}

impl SymbolReport {
    /// The file's name in the report directory.
    pub const FILE: &'static str = "symbols.json";

    /// Collects the lists of the `wanted` cells of a run, and returns a line for each cell without one.
    pub fn collect(past: &Past, wanted: impl Fn(&str, &str) -> bool) -> (Self, Vec<String>) {
        let mut report = Self { version: 1, cells: Vec::new() };
        let mut missing = Vec::new();
        for (id, cell) in past.cells.iter().filter(|(id, _)| wanted(&id.board, &id.sketch)) {
            let found = match &cell.elf {
                Some(elf) => list(elf),
                None => Err(format!("it has no firmware ({})", cell.outcome.word())),
            };
            match found {
                Ok(symbols) => {
                    let (board, sketch) = (id.board.to_string(), id.sketch.to_string());
                    report.cells.push(NamedSymbols { board, sketch, symbols });
                }
                Err(why) => missing.push(format!("{id}: {why}")),
            }
        }
        (report, missing)
    }

    /// Unites the files of several report directories; `None` unless each has one.
    ///
    /// # Errors
    /// A file can't be read or has another format.
    pub fn united(directories: &[PathBuf]) -> Result<Option<Self>, PastError> {
        let mut all = Self { version: 1, cells: Vec::new() };
        for directory in directories {
            let Some(report) = Self::read(directory)? else { return Ok(None) };
            all.cells.extend(report.cells);
        }
        Ok(Some(all))
    }

    /// Writes the file into a report directory.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn write(&self, directory: &Path) -> io::Result<()> {
        let file = ReportFile::create(&ReportDir::new(directory.to_owned(), Vec::new()), Self::FILE)?;
        file.write(|writer| Ok(serde_json::to_writer(writer, self)?))
    }

    /// Reads the file of a report directory, if there is one.
    ///
    /// # Errors
    /// The file can't be read or has another format.
    pub fn read(directory: &Path) -> Result<Option<Self>, PastError> {
        let path = directory.join(Self::FILE);
        let bytes = match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|source| PastError::Unreadable { path: path.clone(), source })?,
        };
        match serde_json::from_slice::<Self>(&bytes) {
            Ok(report) if report.version == 1 => Ok(Some(report)),
            Ok(report) => {
                let message = format!("its version is {}, not 1", report.version);
                Err(PastError::Malformed { path, message })
            }
            Err(error) => Err(PastError::Malformed { path, message: error.to_string() }),
        }
    }
}

/// Returns the list beside an ELF, if it belongs to the ELF's current content.
fn list(elf: &Path) -> Result<CellSymbols, String> {
    let again = "run again";
    let bytes = std::fs::read(elf).map_err(|error| format!("{}: {error}; {again}", elf.display()))?;
    let path = elf.with_file_name(CellSymbols::FILE);
    let list = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let list: CellSymbols =
        serde_json::from_slice(&list).map_err(|error| format!("{}: {error}", path.display()))?;
    if list.elf == blake3::hash(&bytes).to_hex().as_str() {
        Ok(list)
    } else {
        Err(format!("{} was changed after it was built; {again}", elf.display()))
    }
}

impl NamedSymbols {
    /// Returns the sizes by owner, and the `top` largest symbols, as tables.
    pub fn table(&self, top: usize) -> String {
        let Symbols { areas, symbols } = &self.symbols.symbols;
        let mut text = format!("{}/{}\n", self.board, self.sketch);
        let mut table = numbers(&["owner", "flash", "RAM", "symbols"]);
        for (owner, sum) in by_owner(symbols) {
            table.add_row([
                owner.to_string(),
                sum.flash.to_string(),
                sum.ram.to_string(),
                sum.count.to_string(),
            ]);
        }
        let unnamed = |is_in: fn(Area) -> bool| -> u64 {
            let areas = Area::ALL.into_iter().filter(|area| is_in(*area)).map(|area| areas.get(area));
            areas.map(|size| size.bytes.saturating_sub(size.named)).sum()
        };
        let (flash, ram) = (unnamed(Area::is_in_flash), unnamed(Area::is_in_ram));
        table.add_row(["without a name".to_owned(), flash.to_string(), ram.to_string(), String::new()]);
        let _ = writeln!(text, "{}\n", table.trim_fmt());
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(["size", "in", "owner", "symbol"]);
        table.column_mut(0).into_iter().for_each(|column| {
            column.set_cell_alignment(CellAlignment::Right);
        });
        for symbol in symbols.iter().take(top) {
            let owner = symbol.owner.to_string();
            let name = text::cut_end(&symbol.name, LONGEST_NAME).into_owned();
            table.add_row([symbol.size.to_string(), symbol.area.word().to_owned(), owner, name]);
        }
        text.push_str(&table.trim_fmt());
        text
    }
}

/// The longest name in a table, in bytes; templates have longer ones.
pub(super) const LONGEST_NAME: usize = 120;

/// Returns a table whose first column has text and whose others have numbers.
pub(super) fn numbers(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header.iter().copied());
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Sizes of several symbols together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) flash: u64,
    pub(super) ram: u64,
    count: usize,
}

/// Returns the sizes of each owner's symbols, the most flash first.
pub(super) fn by_owner(symbols: &[Symbol]) -> Vec<(&Owner, Sum)> {
    let mut sums: BTreeMap<&Owner, Sum> = BTreeMap::new();
    for symbol in symbols {
        let sum = sums.entry(&symbol.owner).or_default();
        sum.flash += if symbol.area.is_in_flash() { symbol.size } else { 0 };
        sum.ram += if symbol.area.is_in_ram() { symbol.size } else { 0 };
        sum.count += 1;
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, sum)| Reverse(sum.flash));
    sums
}
