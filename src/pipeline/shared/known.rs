//! The keys of the runs before. What a run makes keys of is the plan, this program, and what it sees on the disk; so
//! where a job is planned as it was, and nothing of what was looked at then has changed, its key is what it was, and
//! nobody has to list, scan and hash for it again. Whether what belongs to that key is still there is asked in any case.
//!
//! All or nothing: jobs share what they look at, and nobody can tell whose look a change is in the way of.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::checkout::Checkout;
use super::key::Key;
use crate::event::UsedLibrary;
use crate::fs::write_atomically;
use crate::fs::{seal, unseal};
use crate::includes::{Disk, Files, Hash, Look, Stamp};
use crate::library::{EnclosingLibrary, LibraryIndex};
use crate::pipeline::firmware::{Firmware, recorded};
use crate::pipeline::job::product::CoreOutline;
use crate::plan::{CellJob, CoreJob, Target};
use crate::sync::lock;

/// Raised when keys are made in another way, and when the meaning of what is stored changes.
const VERSION: u32 = 3;

/// What one work directory knows.
#[derive(Debug)]
pub struct Known {
    path: PathBuf,
    before: State,
    learned: Mutex<State>,
    /// The firmware that is there as a known key wants it, by its directory.
    there: Mutex<HashMap<PathBuf, There>>,
    /// The hash of each target and of its libraries, which jobs share. They are held, so that no other is where
    /// they were.
    targets: Mutex<HashMap<usize, (Arc<Target>, Hash)>>,
    indexes: Mutex<HashMap<usize, (Arc<LibraryIndex>, Hash)>>,
    enclosing: Mutex<HashMap<usize, (Arc<EnclosingLibrary>, Hash)>>,
}

/// Keys by the hash of a job as it is planned, and what they follow from.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct State {
    /// This program, and all that keys depend on beside plan and disk.
    context: Plain,
    looks: Vec<Look>,
    cells: HashMap<Plain, CellKey>,
    cores: HashMap<Plain, CoreKey>,
    /// The libraries of cells, each list once, by its hash.
    libraries: HashMap<Plain, Arc<Vec<UsedLibrary>>>,
}

/// A hash as it is stored.
type Plain = [u8; 32];

/// What is known of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::pipeline) struct CellKey {
    key: Plain,
    /// How many objects it has of its own.
    pub(in crate::pipeline) units: u32,
    /// The hash of the list of its libraries.
    libraries: Plain,
}

impl CellKey {
    /// The key of its firmware.
    pub(in crate::pipeline) fn key(&self) -> Hash {
        Hash::from_bytes(self.key)
    }
}

/// Firmware that is up to date, with what its record does not say.
#[derive(Debug)]
pub(in crate::pipeline) struct There {
    pub(in crate::pipeline) firmware: Firmware,
    /// How many objects it has of its own.
    pub(in crate::pipeline) units: u32,
    /// The libraries that it is built with.
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
    /// What the file at `path` says, if it still holds; in a run with this `context`: all that keys depend on beside
    /// plan and disk. Looks at as many files as the runs before.
    pub fn load(path: PathBuf, context: &[&dyn fmt::Debug]) -> Self {
        // Whoever builds the program anew may make keys in another way.
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
            learned: Mutex::default(),
            there: Mutex::default(),
            targets: Mutex::default(),
            indexes: Mutex::default(),
            enclosing: Mutex::default(),
        }
    }

    /// Looks which of these have the firmware that their known keys want, with all CPUs at once. In a run in which
    /// nothing has changed, ten thousand ways to a thread that may wait for the disk, and back, take longer than all
    /// that is looked at there.
    pub fn look_ahead(&self, cells: &[CellJob], files: &Files, checkout: &Checkout) {
        let there = |job: &CellJob| {
            let known = self.cell(job)?;
            let firmware = recorded(&job.directory, &known.key(), files, checkout)?;
            let libraries = self.libraries(&known);
            Some((job.directory.clone(), There { firmware, units: known.units, libraries }))
        };
        *lock(&self.there) = cells.par_iter().filter_map(there).collect();
    }

    /// The firmware that was seen to be there; once.
    pub(in crate::pipeline) fn take(&self, job: &CellJob) -> Option<There> {
        lock(&self.there).remove(&job.directory)
    }

    /// The key of a cell's firmware.
    pub(in crate::pipeline) fn cell(&self, job: &CellJob) -> Option<CellKey> {
        self.before.cells.get(&self.cell_as_planned(job)).copied()
    }

    /// The libraries of a cell: they follow from the plan and from what was looked at, as its key does.
    pub(in crate::pipeline) fn libraries(&self, cell: &CellKey) -> Arc<Vec<UsedLibrary>> {
        self.before.libraries.get(&cell.libraries).cloned().unwrap_or_default()
    }

    /// What a core is going to be.
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

    /// A cell has this key and these libraries. To be called only where everything that it was made of has been looked
    /// at, and will be the same in the next run if all of that is.
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

    /// The same of a core.
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

    /// Writes what this run has learned, if anything, beside what still holds.
    ///
    /// # Errors
    /// Whatever the file system says.
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
        // Where something was looked at in both, the earlier look is the one that must hold for all.
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
        let CellJob { id, target, core, sketch, enclosing, directory, embed, timeout: _, retries: _, run: _ } =
            job;
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
            let Target { config, family, libraries, library_path } = &**target;
            let mut key = Key::new("target");
            key.add(hashed(&self.indexes, libraries).as_bytes());
            key.add(format!("{config:?} {family:?} {library_path:?}").as_bytes());
            (target.clone(), key.finish())
        });
        *hash
    }
}

/// The hash of what many jobs share, made once. The value is held, so that no other takes its address.
fn hashed<T: fmt::Debug>(hashes: &Mutex<HashMap<usize, (Arc<T>, Hash)>>, value: &Arc<T>) -> Hash {
    let mut hashes = lock(hashes);
    let (_, hash) = hashes.entry(Arc::as_ptr(value).addr()).or_insert_with(|| {
        (value.clone(), Key::new("libraries").add(format!("{value:?}").as_bytes()).finish())
    });
    *hash
}
