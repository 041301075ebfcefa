//! Products of the pipeline: the outline of a core, a built core, a built cell.

use std::path::PathBuf;
use std::sync::Arc;

use crate::event::{CoreId, Failure, Sizes, UnitCounts};
use crate::includes::Hash;

/// Keys and paths of a core, known before the core is built.
#[derive(Debug)]
pub struct CoreOutline {
    /// Id of the core.
    pub id: CoreId,
    /// Key over all inputs.
    pub key: Hash,
    /// Hash over the keys of all units.
    pub units: Hash,
    /// Hash over the packing: commands, tools and their inputs.
    pub packing: Hash,
    /// Directory of the core.
    pub directory: PathBuf,
    /// `core.a`, relative to the directory, where the platform's recipe puts it; `None` where the core has no sources.
    pub archive: Option<PathBuf>,
    /// Every object of the core and the variant, relative to the directory.
    pub objects: Vec<PathBuf>,
    /// The variant's objects, relative to the directory, in link order: they are not in the archive.
    pub variant_objects: Vec<PathBuf>,
    /// Reason why the core is uncacheable; `None` if it is cacheable.
    pub uncacheable: Option<String>,
}

/// A built core.
#[derive(Debug, Clone)]
pub struct CoreArtifacts {
    /// Outline of the core.
    pub outline: Arc<CoreOutline>,
    /// Whether the recipe created the archive.
    pub has_archive: bool,
    /// Hash over the content of every object, and over the packing.
    pub contents: Hash,
    /// Whether the core's key covers all inputs of its compiles.
    pub is_cacheable: bool,
    /// Whether anything had to be compiled, packed or restored.
    pub fresh: bool,
    /// Output of tools that succeeded.
    pub printed: String,
    /// Numbers of units that were compiled, restored from the cache or reused.
    pub units: UnitCounts,
}

/// A built cell.
#[derive(Debug, Clone)]
pub struct CellArtifacts {
    /// Firmware files; the first is the one to upload.
    pub artifacts: Vec<PathBuf>,
    /// Flash and RAM used by the firmware.
    pub sizes: Option<Sizes>,
    /// Whether anything had to be compiled, linked, restored or run.
    pub fresh: bool,
    /// Output of tools that succeeded.
    pub printed: String,
    /// Numbers of units that were compiled, restored from the cache or reused.
    pub units: UnitCounts,
    /// Failure of the firmware in the emulator, if a run was requested and its expectation was not met.
    pub misbehaved: Option<Box<Failure>>,
}
