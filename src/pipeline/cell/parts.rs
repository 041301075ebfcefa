//! Parts of a cell that its link takes: objects of the sketch and of libraries, and the core.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::pipeline::failure::error::BuildError;
use crate::pipeline::job::core_handle::CoreHandle;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::product::{CoreArtifacts, CoreOutline};
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::unit::{self, Planned, Unit};

/// An object of the cell that is to be made.
pub(in crate::pipeline) struct Source {
    /// Where the object goes, relative to the cell's directory.
    pub(in crate::pipeline) path: PathBuf,
    pub(in crate::pipeline) unit: Arc<Planned>,
    pub(super) made: OnceLock<Unit>,
}

impl Source {
    /// The objects of these, made unless they already are.
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
            // Nobody else makes it meanwhile: the cell has it to itself.
            let _ = source.made.set(unit);
        }
        Ok(sources.into_iter().filter_map(|source| source.made.get().cloned()).collect())
    }
}

/// The objects of one library, and how they enter the link.
pub(in crate::pipeline) struct LibrarySources {
    pub(in crate::pipeline) sources: Vec<Source>,
    /// Archives that it brings compiled and that enter the link by path, before its objects.
    pub(in crate::pipeline) precompiled: Vec<PathBuf>,
    /// `compiler.libraries.ldflags` for what comes after it; `None` where it is the platform's own value.
    pub(in crate::pipeline) ldflags: Option<String>,
    /// `dot_a_linkage`: the archive that they are packed into, relative to the cell's directory.
    pub(in crate::pipeline) archive: Option<PathBuf>,
}

/// The core that a cell links: the one that its board's cells share, or its own.
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
