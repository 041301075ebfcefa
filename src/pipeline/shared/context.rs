//! State that the jobs of a run share.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::checkout::Checkout;
use super::known::Known;
use super::runner::Runner;
use super::tables::Tables;
use super::tool::LazyTool;
use crate::cache::{Artifacts, Backend};
use crate::includes::Files;
use crate::pipeline::failure::stored::StoredFailures;
use crate::plan::{EmulatorProgram, InstalledEmulator, Layout, LibraryPlaces};
use crate::process::Environment;
use crate::toolchain::Identities;

/// Installed emulators.
pub type Emulators = HashMap<EmulatorProgram, Arc<InstalledEmulator>>;

/// Programs that are not part of a platform.
#[derive(Debug, Clone)]
pub struct Helpers {
    /// Emulators that run firmware, if the matrix requests it.
    pub emulators: Arc<Emulators>,
    /// Arduino's ctags, for sketches that are not plain.
    pub ctags: Arc<LazyTool>,
}

/// Stored results of earlier runs.
#[derive(Clone)]
pub struct Stores {
    /// Compiles through the cache or directly.
    pub backend: Backend,
    /// Firmware, cores and objects; `None` with `--no-cache`.
    pub artifacts: Option<Artifacts>,
    /// Failures.
    pub failures: StoredFailures,
}

/// State that the jobs of a run share.
#[derive(Clone)]
pub struct BuildContext {
    /// Every file that was read or checked.
    pub files: Arc<Files>,
    /// Identities of tools.
    pub identities: Arc<Identities>,
    /// The checkout, as compilers see it.
    pub checkout: Checkout,
    /// Keys of earlier runs.
    pub known: Arc<Known>,
    /// The work directory.
    pub layout: Layout,
    /// Working directory of compilers, with outputs that are not stored yet.
    pub staging: PathBuf,
    /// Stored results of earlier runs.
    pub stores: Stores,
    /// Programs that are not part of a platform.
    pub helpers: Helpers,
    /// Directories that are searched for libraries.
    pub library_places: Arc<LibraryPlaces>,
    /// Runs steps.
    pub runner: Runner,
    /// Results that are computed once for all jobs.
    pub tables: Arc<Tables>,
}

impl BuildContext {
    /// Discards everything that was read below a job's directory, after a hook has run there.
    pub(in crate::pipeline) fn forget_below(&self, directory: &Path) {
        self.files.forget_below(directory);
        self.tables.units.forget_below(directory);
    }

    /// Returns the environment of a job's processes, with `library_path` for the loader of shared libraries.
    pub fn environment(&self, library_path: Option<&Path>) -> Environment {
        let environment = &self.runner.environment;
        library_path.map_or_else(|| environment.clone(), |path| environment.with_library_path(path))
    }
}
