//! Keys of earlier runs. Keys depend only on the plan, the program version and the observed state of the file
//! system. If a job's plan and all observed files are unchanged, so is its key: the job need not be listed,
//! scanned and hashed again. The outputs under that key are verified in any case.
//!
//! One change discards all remembered keys, because jobs share inputs, and it is unknown which job a change
//! affects.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::checkout::Checkout;
use super::key::Key;
use crate::event::{CellId, UsedLibrary};
use crate::fs::write_atomically;
use crate::fs::{seal, unseal};
use crate::includes::{Disk, Files, Hash, Look, Stamp};
use crate::library::{EnclosingLibrary, LibraryIndex};
use crate::pipeline::firmware::{Firmware, recorded};
use crate::pipeline::job::product::CoreOutline;
use crate::plan::{CellJob, CoreJob, Target};
use crate::sync::lock;

/// Version of the file: changes with the computation of keys, and with the meaning of stored data.
const VERSION: u32 = 3;

/// Remembered keys of one work directory.
#[derive(Debug)]
pub struct Known {
    path: PathBuf,
    before: State,
    /// Cells whose remembered keys are not used.
    passed_over: HashSet<CellId>,
    learned: Mutex<State>,
    /// Up-to-date firmware under a remembered key, by directory.
    there: Mutex<HashMap<PathBuf, There>>,
    /// Hashes of targets and of their libraries, which jobs share, by address. The values are held, so that
    /// no other value gets the same address.
    targets: Mutex<HashMap<usize, (Arc<Target>, Hash)>>,
    indexes: Mutex<HashMap<usize, (Arc<LibraryIndex>, Hash)>>,
    enclosing: Mutex<HashMap<usize, (Arc<EnclosingLibrary>, Hash)>>,
}

/// Keys by the hash of a planned job, and their dependencies.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct State {
    /// Hash over the program and all other dependencies of keys beside plan and file system.
    context: Plain,
    looks: Vec<Look>,
    cells: HashMap<Plain, CellKey>,
    cores: HashMap<Plain, CoreKey>,
    /// Library lists of cells, each stored once, by hash.
    libraries: HashMap<Plain, Arc<Vec<UsedLibrary>>>,
}

/// A hash as it is stored.
type Plain = [u8; 32];

/// Remembered key of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::pipeline) struct CellKey {
    key: Plain,
    /// Number of the cell's own objects.
    pub(in crate::pipeline) units: u32,
    /// Hash of the list of its libraries.
    libraries: Plain,
}

impl CellKey {
    /// Returns the key of the firmware.
    pub(in crate::pipeline) fn key(&self) -> Hash {
        Hash::from_bytes(self.key)
    }
}

/// Up-to-date firmware, with data that its record lacks.
#[derive(Debug)]
pub(in crate::pipeline) struct There {
    pub(in crate::pipeline) firmware: Firmware,
    /// Number of the cell's own objects.
    pub(in crate::pipeline) units: u32,
    /// Libraries of the cell.
    pub(in crate::pipeline) libraries: Arc<Vec<UsedLibrary>>,
}

/// A core's outline as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct CoreKey {
    key: Plain,
    units: Plain,
    packing: Plain,
    archive: Option<PathBuf>,
    objects: Vec<PathBuf>,
    variant_objects: Vec<PathBuf>,
}

impl Known {
    /// Loads the file at `path`, if its keys are still valid for this run. `context` has all dependencies of
    /// keys beside plan and file system. Checks every file that earlier runs observed.
    pub fn load(path: PathBuf, context: &[&dyn fmt::Debug]) -> Self {
        // Another build of this program may compute keys in another way.
        let program = std::env::current_exe().and_then(std::fs::metadata).map(|program| Stamp::of(&program));
        let context = Key::new("context").add(format!("{program:?} {context:?}").as_bytes()).finish();
        let context = *context.as_bytes();
        let before = std::fs::read(&path).ok().and_then(|bytes| unseal(VERSION, &bytes));
        let before = before.filter(|before: &State| before.context == context).filter(|before| {
            let changed = Look::any_changed(&before.looks).map(Look::path);
            tracing::debug!(looks = before.looks.len(), ?changed, "what earlier runs looked at");
            changed.is_none()
        });
        Self {
            path,
            before: before.unwrap_or_else(|| State { context, ..State::default() }),
            passed_over: HashSet::new(),
            learned: Mutex::default(),
            there: Mutex::default(),
            targets: Mutex::default(),
            indexes: Mutex::default(),
            enclosing: Mutex::default(),
        }
    }

    /// Returns the same without the remembered keys of these cells; without any if `cells` is `None`.
    #[must_use]
    pub fn without(mut self, cells: Option<HashSet<CellId>>) -> Self {
        match cells {
            Some(cells) => self.passed_over = cells,
            None => self.before = State { context: self.before.context, ..State::default() },
        }
        self
    }

    /// Returns whether [`Self::look_ahead`] found all of these cells.
    pub fn has_all(&self, cells: &[CellJob]) -> bool {
        lock(&self.there).len() == cells.len()
    }

    /// Finds the cells whose firmware is up to date under a remembered key, on all CPUs at once. In an
    /// unchanged run, ten thousand round trips to a blocking thread would take longer than these checks.
    pub fn look_ahead(&self, cells: &[CellJob], files: &Files, checkout: &Checkout) {
        let there = |job: &CellJob| {
            let known = self.cell(job)?;
            let (_, firmware) = recorded(&job.directory, &[known.key()], files, checkout)?;
            let libraries = self.libraries(&known);
            Some((job.directory.clone(), There { firmware, units: known.units, libraries }))
        };
        *lock(&self.there) = cells.par_iter().filter_map(there).collect();
    }

    /// Takes the firmware that [`Self::look_ahead`] found for a job.
    pub(in crate::pipeline) fn take(&self, job: &CellJob) -> Option<There> {
        lock(&self.there).remove(&job.directory)
    }

    /// Returns the remembered key of a cell.
    pub(in crate::pipeline) fn cell(&self, job: &CellJob) -> Option<CellKey> {
        if self.passed_over.contains(&job.id) {
            return None;
        }
        self.before.cells.get(&self.cell_as_planned(job)).copied()
    }

    /// Returns the libraries of a cell, which depend only on the plan and the observed files, as its key
    /// does.
    pub(in crate::pipeline) fn libraries(&self, cell: &CellKey) -> Arc<Vec<UsedLibrary>> {
        self.before.libraries.get(&cell.libraries).cloned().unwrap_or_default()
    }

    /// Returns the outline of a core, if its key is remembered.
    pub(in crate::pipeline) fn core(&self, job: &CoreJob) -> Option<CoreOutline> {
        let CoreKey { key, units, packing, archive, objects, variant_objects } =
            self.before.cores.get(&self.core_as_planned(job))?.clone();
        Some(CoreOutline {
            id: job.id.clone(),
            key: Hash::from_bytes(key),
            units: Hash::from_bytes(units),
            packing: Hash::from_bytes(packing),
            directory: job.directory.clone(),
            archive,
            objects,
            variant_objects,
            uncacheable: None,
        })
    }

    /// Remembers the key and the libraries of a cell. Every input of the cell must have been observed, and
    /// the key must be the same in the next run if all inputs are unchanged.
    pub(in crate::pipeline) fn learn_cell(
        &self,
        job: &CellJob,
        key: &Hash,
        units: u32,
        libraries: &Arc<Vec<UsedLibrary>>,
    ) {
        let planned = self.cell_as_planned(job);
        let list = *Key::new("used libraries").add(format!("{libraries:?}").as_bytes()).finish().as_bytes();
        let mut learned = lock(&self.learned);
        learned.cells.insert(planned, CellKey { key: *key.as_bytes(), units, libraries: list });
        learned.libraries.entry(list).or_insert_with(|| libraries.clone());
    }

    /// Remembers the outline of a core, under the same conditions.
    pub(in crate::pipeline) fn learn_core(&self, job: &CoreJob, outline: &CoreOutline) {
        let CoreOutline {
            id: _,
            directory: _,
            key,
            units,
            packing,
            archive,
            objects,
            variant_objects,
            uncacheable,
        } = outline;
        if uncacheable.is_some() {
            return;
        }
        let key = CoreKey {
            key: *key.as_bytes(),
            units: *units.as_bytes(),
            packing: *packing.as_bytes(),
            archive: archive.clone(),
            objects: objects.clone(),
            variant_objects: variant_objects.clone(),
        };
        let planned = self.core_as_planned(job);
        lock(&self.learned).cores.insert(planned, key);
    }

    /// Writes the keys that this run has learned, if any, together with those that are still valid.
    ///
    /// # Errors
    /// Any I/O error.
    pub fn save(&self, disk: &Disk) -> io::Result<()> {
        let learned = std::mem::take(&mut *lock(&self.learned));
        if learned.cells.is_empty() && learned.cores.is_empty() {
            return Ok(());
        }
        let looks = match disk.looks() {
            Ok(looks) => looks,
            Err(young) => {
                tracing::debug!(path = %young.display(), "changed too lately to be believed; keys are not kept");
                return Ok(());
            }
        };
        let mut state = self.before.clone();
        // For a path that was observed in both, the earlier observation is the one that must hold for all.
        let known: HashSet<&Path> = self.before.looks.iter().map(Look::path).collect();
        state.looks.extend(looks.into_iter().filter(|look| !known.contains(look.path())));
        state.cells.extend(learned.cells);
        state.cores.extend(learned.cores);
        state.libraries.extend(learned.libraries);
        let used: HashSet<Plain> = state.cells.values().map(|cell| cell.libraries).collect();
        state.libraries.retain(|list, _| used.contains(list));
        write_atomically(&self.path, &seal(VERSION, &state))
    }

    fn cell_as_planned(&self, job: &CellJob) -> Plain {
        let CellJob { id, target, core, sketch, enclosing, directory, embed, .. } = job;
        let enclosing = enclosing.as_ref().map(|library| hashed(&self.enclosing, library));
        self.planned("planned cell", target, &(id, core, sketch, enclosing, directory, embed))
    }

    fn core_as_planned(&self, job: &CoreJob) -> Plain {
        let CoreJob { id, target, boards: _, directory } = job;
        self.planned("planned core", target, &(id, directory))
    }

    fn planned(&self, kind: &str, target: &Arc<Target>, rest: &dyn fmt::Debug) -> Plain {
        let mut key = Key::new(kind);
        key.add(self.target(target).as_bytes()).add(format!("{rest:?}").as_bytes());
        *key.finish().as_bytes()
    }

    fn target(&self, target: &Arc<Target>) -> Hash {
        let mut targets = lock(&self.targets);
        let (_, hash) = targets.entry(Arc::as_ptr(target).addr()).or_insert_with(|| {
            let Target { config, family, libraries, library_path, hook_inputs } = &**target;
            let mut key = Key::new("target");
            key.add(hashed(&self.indexes, libraries).as_bytes());
            key.add(format!("{config:?} {family:?} {library_path:?} {hook_inputs:?}").as_bytes());
            (target.clone(), key.finish())
        });
        *hash
    }
}

/// Returns the hash of a shared value, computed once. The value is held, so that no other gets its address.
fn hashed<T: fmt::Debug>(hashes: &Mutex<HashMap<usize, (Arc<T>, Hash)>>, value: &Arc<T>) -> Hash {
    let mut hashes = lock(hashes);
    let (_, hash) = hashes.entry(Arc::as_ptr(value).addr()).or_insert_with(|| {
        (value.clone(), Key::new("libraries").add(format!("{value:?}").as_bytes()).finish())
    });
    *hash
}
