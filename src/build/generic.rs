//! Any core in Arduino's format: what its `platform.txt` says is all that is done.

use async_trait::async_trait;

use super::{
    BuildContext, BuildError, BuildOrchestrator, CellArtifacts, CoreArtifacts, CoreHandle, JobContext, cell,
    core,
};
use crate::plan::{CellJob, CoreJob, Family};

/// Builds for a family that needs no code of its own.
#[derive(Debug, Clone)]
pub(super) struct Generic(Family);

impl Generic {
    /// Builds for `family`.
    pub(super) fn new(family: Family) -> Self {
        Self(family)
    }
}

#[async_trait]
impl BuildOrchestrator for Generic {
    fn family(&self) -> Family {
        self.0.clone()
    }

    async fn build_core(
        &self,
        job: &CoreJob,
        cx: &BuildContext,
        jcx: &mut JobContext,
    ) -> Result<CoreArtifacts, BuildError> {
        core::build(job, cx, jcx).await
    }

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
