//! Provides a planned core: up to date, restored from the artifact store, or compiled and packed.

use std::path::Path;

use super::plan::CorePlan;
use super::stored::{forget, keep, record, recorded, restore};
use crate::event::{Phase, Step, UnitCounts};
use crate::fs::Sharing;
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::product::CoreArtifacts;
use crate::pipeline::output::directory;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::unit;

/// Provides a core: up to date, restored from the artifact store, or compiled and packed.
///
/// # Errors
/// A source does not compile, or a directory can't be written.
pub(super) async fn make(
    plan: &CorePlan,
    cx: &BuildContext,
    jcx: &mut JobContext,
) -> Result<CoreArtifacts, BuildError> {
    let outline = &plan.outline;
    let count = u32::try_from(outline.objects.len()).unwrap_or(u32::MAX);
    let before = jcx.units;
    let reused = UnitCounts { reused: before.reused + count, ..before };
    if let Some(known) = recorded(cx, outline, reused).await? {
        jcx.units = known.units;
        return Ok(known);
    }
    let cached = UnitCounts { cached: before.cached + count, ..before };
    if outline.uncacheable.is_none()
        && let Some(restored) = restore(cx, outline, cached).await?
    {
        jcx.units = restored.units;
        return Ok(restored);
    }
    let units = unit::make_all(cx, jcx, plan.sources.all().map(|source| &source.unit)).await?;
    let printed: String = units.iter().map(|unit| unit.printed.as_str()).collect();
    let is_cacheable = units.iter().all(|unit| unit.is_cacheable);
    let placed = units.into_iter().map(|unit| unit.object).zip(outline.objects.iter().cloned());
    forget(&outline.directory).await?;
    directory::place(&outline.directory, Step::Archive, Sharing::Link, placed.collect()).await?;
    if let Some(archive) = &outline.archive {
        jcx.track.enter(Phase::Archive);
        pack(plan, cx, jcx, archive).await?;
    }
    let made = record(cx, outline, printed, jcx.units, is_cacheable).await?;
    if outline.uncacheable.is_none() && is_cacheable {
        keep(cx, outline, &made.printed).await?;
    }
    Ok(made)
}

/// Packs the archive directly at its final path. No record names the path until the archive is complete, and
/// no other run uses this work directory at the same time.
async fn pack(
    plan: &CorePlan,
    cx: &BuildContext,
    jcx: &mut JobContext,
    archive: &Path,
) -> Result<(), BuildError> {
    let directory = &plan.outline.directory;
    let path = directory.join(archive);
    let error = |error: std::io::Error| BuildError::io(Step::Archive, FileAction::Write, &path, &error);
    let stale = path.clone();
    let removed = blocking(move || match std::fs::remove_file(&stale) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    });
    removed.await?.map_err(error)?;
    for argv in &plan.archiving {
        jcx.command(cx, Step::Archive, "core.a", argv.clone(), directory.clone()).await?;
    }
    let made = path.clone();
    if !blocking(move || made.is_file()).await? {
        // Not an error: the link may not need it.
        cx.runner.warn_once(format!(
            "recipe.ar.pattern of {} made no archive at {}",
            plan.platform_txt.display(),
            archive.display()
        ));
    }
    Ok(())
}
