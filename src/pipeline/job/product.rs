//! What the pipeline makes: the outline of a core, a built core, a built cell.

use std::path::PathBuf;
use std::sync::Arc;

use crate::event::{CoreId, Failure, Sizes, UnitCounts};
use crate::includes::Hash;

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
    /// Its directory.
    pub directory: PathBuf,
    /// `core.a`, relative to the directory, where the platform's recipe puts it; `None` where the core has no sources.
    pub archive: Option<PathBuf>,
    /// Every object of the core and the variant, relative to the directory.
    pub objects: Vec<PathBuf>,
    /// The variant's objects, relative to the directory, in link order: they are not in the archive.
    pub variant_objects: Vec<PathBuf>,
    /// Why its key is good for this run only, if so.
    pub uncacheable: Option<String>,
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
    pub is_cacheable: bool,
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
    /// How its firmware failed in the emulator, if it was to be run and did not do what it should.
    pub misbehaved: Option<Box<Failure>>,
}
