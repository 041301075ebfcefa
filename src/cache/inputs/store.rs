//! The file of recorded inputs: each file and each set is stored once, and cells refer to them by number.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;
use std::io;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::model::{CellInputs, CellName, Digest, FileSet, InputFile, Mentions, Reach, Snapshot};
use crate::fs::{seal, unseal, write_atomically};

/// Version of the file: changes with the meaning of its data.
const VERSION: u32 = 1;

/// Age in days at which the record of a cell is removed.
const AGE: u32 = 90;

/// Limit of the unpacked file, in bytes: one for 10,000 cells takes a few megabytes.
const MOST: u64 = 1 << 30;

/// The recorded inputs of all cells.
#[derive(Debug, Default)]
pub struct InputRecords {
    /// By cell.
    pub cells: BTreeMap<CellName, CellInputs>,
    /// Inputs of cores in checkouts, by the core's key.
    pub cores: BTreeMap<Digest, Reach>,
}

/// The records as they are stored.
#[derive(Default, Serialize, Deserialize)]
struct Stored {
    files: Vec<InputFile>,
    sets: Vec<Vec<u32>>,
    mentions: Vec<Mentions>,
    snapshots: Vec<Snapshot>,
    cells: Vec<(CellName, StoredCell)>,
    cores: Vec<(Digest, StoredReach)>,
}

/// A cell as it is stored.
#[derive(Serialize, Deserialize)]
struct StoredCell {
    definition: Digest,
    reach: StoredReach,
    libraries: Vec<Arc<str>>,
    core: Digest,
    snapshot: u32,
    day: u32,
}

/// A reach as it is stored, with the numbers of its sets.
#[derive(Serialize, Deserialize)]
struct StoredReach {
    files: Vec<u32>,
    mentions: Vec<u32>,
    trees: Vec<Arc<str>>,
    unknown: Option<Arc<str>>,
}

impl InputRecords {
    /// Reads the file. Without a readable one there are no records.
    pub fn load(path: &Path) -> Self {
        let read = || {
            let file = std::fs::File::open(path).ok()?;
            let mut bytes = Vec::new();
            let unpacked = zstd::Decoder::new(file).ok()?;
            io::Read::read_to_end(&mut io::Read::take(unpacked, MOST), &mut bytes).ok()?;
            unseal(VERSION, &bytes)
        };
        read().and_then(restored).unwrap_or_default()
    }

    /// Writes the file, without the cells that no run has confirmed for 90 days before `today` (days since the Unix epoch),
    /// and without cores that no cell refers to.
    ///
    /// # Errors
    /// Any I/O error.
    pub fn save(&self, path: &Path, today: u32) -> io::Result<()> {
        let mut numbers = Numbers::default();
        let mut stored = Stored::default();
        let young = self.cells.iter().filter(|(_, cell)| cell.day.saturating_add(AGE) >= today);
        for (name, cell) in young {
            let cell = StoredCell {
                definition: cell.definition,
                reach: numbers.reach(&cell.reach),
                libraries: cell.libraries.clone(),
                core: cell.core,
                snapshot: numbers.snapshots.of(&cell.snapshot),
                day: cell.day,
            };
            stored.cells.push((name.clone(), cell));
        }
        let used: HashSet<Digest> = stored.cells.iter().map(|(_, cell)| cell.core).collect();
        for (key, core) in self.cores.iter().filter(|(key, _)| used.contains(*key)) {
            stored.cores.push((*key, numbers.reach(core)));
        }
        let Numbers { files, sets, mentions, snapshots } = numbers;
        stored.files = files.in_order.iter().map(|file| (**file).clone()).collect();
        stored.sets = sets.in_order;
        stored.mentions = mentions.in_order;
        stored.snapshots = snapshots.in_order.iter().map(|snapshot| (**snapshot).clone()).collect();
        let packed = zstd::encode_all(seal(VERSION, &stored).as_slice(), 3)?;
        write_atomically(path, &packed)
    }
}

/// Returns the records; `None` if a number is out of range.
fn restored(stored: Stored) -> Option<InputRecords> {
    let files: Vec<Arc<InputFile>> = stored.files.into_iter().map(Arc::new).collect();
    let set = |numbers: Vec<u32>| -> Option<FileSet> {
        numbers.into_iter().map(|number| files.get(number as usize).cloned()).collect()
    };
    let sets: Vec<FileSet> = stored.sets.into_iter().map(set).collect::<Option<_>>()?;
    let snapshots: Vec<Arc<Snapshot>> = stored.snapshots.into_iter().map(Arc::new).collect();
    let reach = |reach: StoredReach| -> Option<Reach> {
        let files = reach.files.into_iter().map(|number| sets.get(number as usize).cloned());
        let mentions = reach.mentions.into_iter().map(|number| stored.mentions.get(number as usize).cloned());
        let (files, mentions) = (files.collect::<Option<_>>()?, mentions.collect::<Option<_>>()?);
        Some(Reach { files, mentions, trees: reach.trees, unknown: reach.unknown })
    };
    let mut records = InputRecords::default();
    for (name, cell) in stored.cells {
        let cell = CellInputs {
            definition: cell.definition,
            reach: reach(cell.reach)?,
            libraries: cell.libraries,
            core: cell.core,
            snapshot: snapshots.get(cell.snapshot as usize)?.clone(),
            day: cell.day,
        };
        records.cells.insert(name, cell);
    }
    for (key, core) in stored.cores {
        records.cores.insert(key, reach(core)?);
    }
    Some(records)
}

/// Numbers of everything that is stored once.
#[derive(Default)]
struct Numbers {
    files: Numbered<Arc<InputFile>>,
    sets: Numbered<Vec<u32>>,
    mentions: Numbered<Mentions>,
    snapshots: Numbered<Arc<Snapshot>>,
}

impl Numbers {
    fn reach(&mut self, reach: &Reach) -> StoredReach {
        let mut sets = Vec::new();
        for set in &reach.files {
            let set: Vec<u32> = set.iter().map(|file| self.files.of(file)).collect();
            sets.push(self.sets.of(&set));
        }
        StoredReach {
            files: sets,
            mentions: reach.mentions.iter().map(|mentions| self.mentions.of(mentions)).collect(),
            trees: reach.trees.clone(),
            unknown: reach.unknown.clone(),
        }
    }
}

/// Distinct values with their numbers.
struct Numbered<T> {
    in_order: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { in_order: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Numbered<T> {
    fn of(&mut self, value: &T) -> u32 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let number = u32::try_from(self.in_order.len()).unwrap_or(u32::MAX);
        self.in_order.push(value.clone());
        self.numbers.insert(value.clone(), number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> Arc<InputFile> {
        Arc::new(InputFile { path: path.into(), digest: [1; 16], mentions: [7].into() })
    }

    fn cell(files: &[&str], day: u32) -> CellInputs {
        CellInputs {
            definition: [2; 16],
            reach: Reach {
                files: vec![files.iter().map(|path| file(path)).collect()],
                mentions: vec![[3, 4].into()],
                ..Reach::default()
            },
            libraries: vec!["src".into()],
            core: [5; 16],
            snapshot: Arc::new(Snapshot { paths: vec![1, 2], ..Snapshot::default() }),
            day,
        }
    }

    fn name(sketch: &str) -> CellName {
        CellName { matrix: "m.yml".into(), board: "uno".into(), sketch: sketch.into() }
    }

    #[test]
    fn what_is_stored_is_read_back_and_what_is_old_is_not_stored() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("inputs");
        let mut records = InputRecords::default();
        records.cells.insert(name("A"), cell(&["a.h", "b.h"], 100));
        records.cells.insert(name("B"), cell(&["a.h", "b.h"], 100));
        records.cells.insert(name("Old"), cell(&["c.h"], 100 - AGE - 1));
        let core = Reach { files: vec![[file("core.h")].into()], ..Reach::default() };
        records.cores.insert([5; 16], core.clone());
        records.cores.insert([6; 16], core);
        records.save(&path, 100).unwrap();
        let read = InputRecords::load(&path);
        assert_eq!(read.cells.keys().map(|name| &*name.sketch).collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(read.cores.keys().collect::<Vec<_>>(), [&[5; 16]]);
        let (one, other) = (&read.cells[&name("A")], &read.cells[&name("B")]);
        assert!(one.reach.file("b.h").is_some() && one.reach.file("c.h").is_none());
        assert!(Arc::ptr_eq(&one.reach.files[0], &other.reach.files[0]), "equal sets are stored once");
        assert!(Arc::ptr_eq(&one.snapshot, &other.snapshot));
    }

    #[test]
    fn a_damaged_file_has_no_records() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("inputs");
        assert!(InputRecords::load(&path).cells.is_empty());
        let mut records = InputRecords::default();
        records.cells.insert(name("A"), cell(&["a.h"], 100));
        records.save(&path, 100).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert!(InputRecords::load(&path).cells.is_empty());
    }
}
