//! Builds the two products of the pipeline: a core (stage 1) and a cell (stage 2).

use super::{cell, core};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::failure::incomplete;
use crate::pipeline::job::core_handle::{CoreHandle, CorePromise};
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::product::{CellArtifacts, CoreArtifacts};
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::plan::{CellJob, CoreJob};

/// Compiles core and variant and packs the archive. `promise` gets the core's outline as soon as it is
/// planned.
///
/// # Errors
/// The core does not compile, a tool is missing, or the run is interrupted.
pub async fn build_core(
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

/// Compiles a sketch with its libraries, links it against its core once that is built, converts and measures it.
///
/// # Errors
/// The sketch does not compile, link or fit, its core failed, a tool is missing, or the run is interrupted.
pub async fn build_cell(
    job: &CellJob,
    core: &CoreHandle,
    cx: &BuildContext,
    jcx: &mut JobContext,
) -> Result<CellArtifacts, BuildError> {
    cell::build(job, core, cx, jcx).await
}
