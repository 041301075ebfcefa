//! AVR. Everything is in its `platform.txt`; that the `ATmega2560` is linked with `--relax`, which is
//! not, comes with the board's properties ([`crate::board::RuntimeEnv::relax_atmega2560`]).

use async_trait::async_trait;

use super::{
    BuildContext, BuildError, BuildOrchestrator, CellArtifacts, CoreArtifacts, CoreHandle, JobContext, cell,
    core,
};
use crate::plan::{CellJob, CoreJob, Family};

/// Builds for AVR.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avr;

#[async_trait]
impl BuildOrchestrator for Avr {
    fn family(&self) -> Family {
        Family::Avr
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
