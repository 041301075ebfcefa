//! What building a core or a cell means: which sources, which commands, in which order. Knows nothing
//! of how many jobs run at once, nor of who listens to what happens.

mod advanced_size;
mod ahead;
mod archive;
mod artifacts;
mod avr;
mod bootloader;
mod cell;
mod checkout;
mod context;
mod convert;
mod core;
mod core_handle;
mod discover;
mod embed;
mod error;
mod firmware;
mod folder;
mod generic;
mod hooks;
mod incomplete;
mod inputs;
mod known;
mod libraries;
mod library_use;
mod link;
mod locate;
mod long_link;
mod missing;
mod no_library;
mod origin;
mod overflow;
mod prepare;
mod preprocessor;
mod prototypes;
mod run;
mod size;
pub mod sketch;
mod sources;
mod staged;
mod step;
mod symbols;
mod tool;
mod track;
mod undeclared;
mod unit;
mod unstaged;
mod warnings;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

pub use ahead::Ahead;
pub use checkout::Checkout;
pub use context::{BuildContext, Emulators, InFlight, JobContext, Stopwatch};
pub use convert::in_process as convert_in_process;
pub use core_handle::{CoreHandle, CorePromise, core_promise};
use error::FileAction;
pub use error::{Blocked, BuildError};
pub use folder::{renew_log, write_log};
pub use known::Known;
pub use library_use::log_paragraph;
pub use staged::sweep as sweep_staged;
pub use tool::{LazyTool, Tool};
pub use track::Track;
use unit::blocking;
pub use warnings::{WarningOwners, find_warnings};

use crate::event::{CoreId, Sizes, UnitCounts};
use crate::includes::Hash;
use crate::plan::{CellJob, CoreJob, Family};

/// Builds cores and cells of one family. What is provided here is the shared recipe pipeline; an
/// implementation adds only what the family's `platform.txt` can't say.
#[async_trait]
pub trait BuildOrchestrator: Send + Sync {
    /// The family that it builds.
    fn family(&self) -> Family;

    /// Stage 1: compiles core and variant and packs the archive. `promise` is told what it is going to
    /// be as soon as that is known.
    ///
    /// # Errors
    /// Where the core does not compile, a tool is missing, or the run is interrupted.
    async fn build_core(
        &self,
        job: &CoreJob,
        promise: &CorePromise,
        cx: &BuildContext,
        jcx: &mut JobContext,
    ) -> Result<CoreArtifacts, BuildError> {
        match core::build(job, promise, cx, jcx).await {
            Ok(built) => Ok(built),
            Err(error) => {
                let target = job.target.clone();
                Err(blocking(move || incomplete::explain(error, &target.config)).await?)
            }
        }
    }

    /// Stage 2: compiles a sketch with its libraries, links it against its core when that is there,
    /// converts and measures it.
    ///
    /// # Errors
    /// Where the sketch does not compile, link or fit, its core failed, a tool is missing, or the run
    /// is interrupted.
    async fn build_cell(
        &self,
        job: &CellJob,
        core: &CoreHandle,
        cx: &BuildContext,
        jcx: &mut JobContext,
    ) -> Result<CellArtifacts, BuildError> {
        cell::build(job, core, cx, jcx).await
    }
}

/// The orchestrator of a family.
pub fn orchestrator(family: &Family) -> Arc<dyn BuildOrchestrator> {
    match family {
        Family::Avr => Arc::new(avr::Avr),
        Family::Other(_) => Arc::new(generic::Generic::new(family.clone())),
    }
}

/// What a core is going to be, known before it is built.
#[derive(Debug)]
pub struct CoreOutline {
    /// Which.
    pub id: CoreId,
    /// Over everything that enters.
    pub key: Hash,
    /// Over what is compiled.
    pub units: Hash,
    /// Over how its objects are packed: commands, tools and what these read.
    pub packing: Hash,
    /// Its folder.
    pub folder: PathBuf,
    /// `core.a`, relative to the folder, where the platform's recipe puts it; `None` where the core has no sources.
    pub archive: Option<PathBuf>,
    /// Every object of the core and the variant, relative to the folder.
    pub objects: Vec<PathBuf>,
    /// The variant's objects, relative to the folder, in link order: they are not in the archive.
    pub variant_objects: Vec<PathBuf>,
    /// Why its key is good for this run only, if so.
    pub opaque: Option<String>,
}

/// A built core.
#[derive(Debug, Clone)]
pub struct CoreArtifacts {
    /// What it was to be.
    pub outline: Arc<CoreOutline>,
    /// Whether the recipe made the archive.
    pub has_archive: bool,
    /// Over the content of each of its objects, and how they are packed.
    pub contents: Hash,
    /// Whether its key covers what its compiles read.
    pub lasts: bool,
    /// Whether anything had to be made.
    pub fresh: bool,
    /// What the tools printed although they succeeded.
    pub printed: String,
    /// Where its objects came from.
    pub units: UnitCounts,
}

/// A built cell.
#[derive(Debug, Clone)]
pub struct CellArtifacts {
    /// The firmware files, first the one to upload.
    pub artifacts: Vec<PathBuf>,
    /// What the firmware takes.
    pub sizes: Option<Sizes>,
    /// Whether anything had to be made.
    pub fresh: bool,
    /// What the tools printed although they succeeded.
    pub printed: String,
    /// Where its objects came from.
    pub units: UnitCounts,
}
