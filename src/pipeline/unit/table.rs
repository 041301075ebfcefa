//! Tables of a run's units: plans, objects and properties of commands, each computed once for all jobs.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::options::Options;
use super::planned::{Made, Planned};
use crate::cache::Units;
use crate::includes::{Hash, Search, SearchPath};
use crate::pipeline::discover::compiler_directories::CompilerDirectories;
use crate::plan::Layout;
use crate::sync::{OncePerKey, lock};

/// The units of a run.
#[derive(Debug)]
pub(in crate::pipeline) struct UnitTable {
    /// Objects by key.
    pub(super) store: Units,
    /// Uncacheable objects, valid in this run only.
    pub(super) passing: Units,
    pub(super) planned: OncePerKey<Hash, Arc<Planned>>,
    pub(super) made: OncePerKey<Hash, Made>,
    pub(super) searches: Mutex<HashMap<SearchPath, Arc<Search>>>,
    pub(super) options: Mutex<HashMap<Vec<String>, Arc<Options>>>,
    /// Search paths and macros of compilers.
    pub(in crate::pipeline) directories: OncePerKey<Hash, Arc<CompilerDirectories>>,
}

impl UnitTable {
    pub(in crate::pipeline) fn new(layout: &Layout) -> Self {
        Self {
            store: Units::new(layout.units()),
            passing: Units::new(layout.passing_units()),
            planned: OncePerKey::default(),
            made: OncePerKey::default(),
            searches: Mutex::default(),
            options: Mutex::default(),
            directories: OncePerKey::default(),
        }
    }

    /// Discards everything that was read from below a job's directory, after a hook has run.
    pub(in crate::pipeline) fn forget_below(&self, directory: &Path) {
        let text = directory.to_string_lossy();
        let names = |path: &SearchPath| {
            let mut all = path.quote.iter().chain(&path.include).chain(&path.system);
            all.any(|read| read.starts_with(directory))
        };
        lock(&self.searches).retain(|path, _| !names(path));
        lock(&self.options).retain(|argv, _| !argv.iter().any(|word| word.contains(&*text)));
    }
}
