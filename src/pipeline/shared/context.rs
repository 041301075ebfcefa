//! What the jobs of a run share.

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
use crate::plan::{EmulatorProgram, InstalledEmulator, Layout, LibraryPlaces};
use crate::process::{Environment, RunMarker};
use crate::toolchain::Identities;

/// Installed emulators.
pub type Emulators = HashMap<EmulatorProgram, Arc<InstalledEmulator>>;

/// Programs beside those of the platform.
#[derive(Debug, Clone)]
pub struct Helpers {
    /// They run firmware, where the matrix asks for that.
    pub emulators: Arc<Emulators>,
    /// Arduino's ctags, for sketches that are not plain.
    pub ctags: Arc<LazyTool>,
}

/// What the jobs of a run share.
#[derive(Clone)]
pub struct BuildContext {
    /// Every file that was looked at.
    pub files: Arc<Files>,
    /// Every tool that was asked what it is.
    pub identities: Arc<Identities>,
    /// The checkout, as compilers see it.
    pub checkout: Checkout,
    /// Keys of earlier runs.
    pub known: Arc<Known>,
    /// The work directory.
    pub layout: Layout,
    /// Where compilers run, and put what is not stored yet.
    pub staging: PathBuf,
    /// Compiles, through the cache or directly.
    pub backend: Backend,
    /// Links and cores of earlier runs; `None` with `--no-cache`.
    pub artifacts: Option<Artifacts>,
    /// Programs beside those of the platform.
    pub helpers: Helpers,
    /// Where libraries are looked for.
    pub library_places: Arc<LibraryPlaces>,
    /// Runs steps.
    pub runner: Runner,
    /// What is made once for all jobs.
    pub tables: Arc<Tables>,
}

impl BuildContext {
    /// Forgets what was seen below a job's directory: a hook has run there.
    pub(in crate::pipeline) fn forget_below(&self, directory: &Path) {
        self.files.forget_below(directory);
        self.tables.units.forget_below(directory);
    }

    /// The environment of a job's processes, whose loader finds shared libraries in `library_path` too.
    pub fn environment(&self, library_path: Option<&Path>) -> Environment {
        let marker = RunMarker::new(self.layout.root(), &self.staging);
        Environment::new(&self.layout.staging(), library_path).marked(&marker)
    }
}
