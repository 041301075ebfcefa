//! Restores firmware by a remembered key, without planning.

use std::collections::HashSet;

use crate::event::{Phase, UnitCounts};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::firmware::{self, Firmware};
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::product::CellArtifacts;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::known::There;
use crate::plan::CellJob;

/// Returns the firmware of a cell whose key is remembered from an earlier run, if it is up to date or can be
/// restored.
///
/// # Errors
/// The cell's directory can't be written.
pub(in crate::pipeline) async fn known(
    job: &CellJob,
    cx: &BuildContext,
    jcx: &mut JobContext,
) -> Result<Option<CellArtifacts>, BuildError> {
    if let Some(There { firmware, units, libraries }) = cx.known.take(job) {
        jcx.libraries.list = libraries;
        return Ok(Some(found_by_key(job, firmware, jcx, units)));
    }
    let Some(known) = cx.known.cell(job) else { return Ok(None) };
    jcx.track.enter(Phase::Compile);
    let found = firmware::find(cx, job, &[known.key()], &HashSet::new()).await?;
    if found.is_some() {
        jcx.libraries.list = cx.known.libraries(&known);
    }
    Ok(found.map(|(_, found)| found_by_key(job, found, jcx, known.units)))
}

/// Returns firmware for which nothing was compiled, as the cell's result.
pub(super) fn found_by_key(
    job: &CellJob,
    found: Firmware,
    jcx: &mut JobContext,
    units: u32,
) -> CellArtifacts {
    let (reused, cached) = if found.fresh { (0, units) } else { (units, 0) };
    jcx.units.add(UnitCounts { cached, reused, compiled: 0 });
    jcx.log.clone_from(&found.log);
    found.artifacts(&job.directory, jcx.units)
}
