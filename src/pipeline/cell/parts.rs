//! Inputs of a cell's link: objects of the sketch and of libraries, and the core.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::pipeline::failure::error::BuildError;
use crate::pipeline::job::core_handle::CoreHandle;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::product::{CoreArtifacts, CoreOutline};
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::unit::{self, Planned, Unit};

/// A planned object of the cell.
pub(in crate::pipeline) struct Source {
    /// Path of the object, relative to the cell's directory.
    pub(in crate::pipeline) path: PathBuf,
    pub(in crate::pipeline) unit: Arc<Planned>,
    pub(super) made: OnceLock<Unit>,
}

impl Source {
    /// Returns the objects of `sources`, and compiles the missing ones.
    ///
    /// # Errors
    /// As for [`unit::make_all`].
    pub(in crate::pipeline) async fn make_all<'s>(
        cx: &BuildContext,
        jcx: &mut JobContext,
        sources: impl Iterator<Item = &'s Self>,
    ) -> Result<Vec<Unit>, BuildError> {
        let sources: Vec<&Self> = sources.collect();
        let missing: Vec<&Self> =
            sources.iter().copied().filter(|source| source.made.get().is_none()).collect();
        let made = unit::make_all(cx, jcx, missing.iter().map(|source| &source.unit)).await?;
        for (source, unit) in missing.into_iter().zip(made) {
            // Never set twice: the sources belong to one cell.
            let _ = source.made.set(unit);
        }
        Ok(sources.into_iter().filter_map(|source| source.made.get().cloned()).collect())
    }
}

/// The objects of one library, and how they enter the link.
pub(in crate::pipeline) struct LibrarySources {
    pub(in crate::pipeline) sources: Vec<Source>,
    /// The library's precompiled archives, linked by path before its objects.
    pub(in crate::pipeline) precompiled: Vec<PathBuf>,
    /// `compiler.libraries.ldflags` for all later steps; `None` for the platform's own value.
    pub(in crate::pipeline) ldflags: Option<String>,
    /// The archive of the objects with `dot_a_linkage`, relative to the cell's directory.
    pub(in crate::pipeline) archive: Option<PathBuf>,
}

/// The core that a cell links: the core that its board's cells share, or a core of its own.
pub(in crate::pipeline) enum CellCore<'a> {
    Shared(&'a CoreHandle, Arc<CoreOutline>),
    Own(Arc<CoreArtifacts>),
}

impl CellCore<'_> {
    pub(super) fn outline(&self) -> Arc<CoreOutline> {
        match self {
            Self::Shared(_, outline) => outline.clone(),
            Self::Own(core) => core.outline.clone(),
        }
    }
}
