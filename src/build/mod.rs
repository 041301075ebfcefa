//! What building a core or a cell means: which sources, which commands, in which order. Knows nothing
//! of how many jobs run at once, nor of who listens to what happens.

mod advanced_size;
mod ahead;
mod artifacts;
mod avr;
mod cell;
mod checkout;
mod context;
mod convert;
mod core;
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
mod link;
mod prepare;
mod preprocessor;
mod run;
mod size;
pub mod sketch;
mod sources;
mod step;
mod symbols;
mod track;
mod unit;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

pub use ahead::Ahead;
pub use checkout::Checkout;
pub use context::{
    BuildContext, CoreHandle, CorePromise, Emulators, InFlight, JobContext, Stopwatch, core_promise,
};
pub use convert::in_process as convert_in_process;
pub use error::{Blocked, BuildError};
pub use folder::write_log;
pub use known::Known;
pub use track::Track;

use crate::event::{CoreId, Sizes, UnitCounts};
use crate::plan::{CellJob, CoreJob, Family};
use crate::source::Hash;

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
        let built = core::build(job, promise, cx, jcx).await;
        built.map_err(|error| incomplete::explain(error, &job.target.config))
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
    /// Over how its objects are packed: commands, tools and what these read.
    pub packing: Hash,
    /// Its folder.
    pub folder: PathBuf,
    /// `core.a`, relative to the folder; `None` where the core has no sources.
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
