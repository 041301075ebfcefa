//! Stage 1: a board's core and variant, compiled once for all its cells and for an empty sketch. A broken
//! example can't fail a board.

use std::sync::Arc;

use super::empty_sketch;
use super::make::make;
use super::own::names_the_job;
use super::plan::{CorePlan, plan_sources};
use super::stored::recorded;
use crate::event::{FailureKind, Phase, UnitCounts};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::hooks::{self, HookScope};
use crate::pipeline::job::core_handle::CorePromise;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::product::CoreArtifacts;
use crate::pipeline::output::directory;
use crate::pipeline::shared::context::BuildContext;
use crate::plan::CoreJob;
use crate::platform::{Hook, Value};

/// Builds a core for the empty sketch, unless it is up to date or can be restored from the artifact store.
///
/// # Errors
/// The core does not compile, a tool is missing, or the run is interrupted.
pub(in crate::pipeline) async fn build(
    job: &CoreJob,
    promise: &CorePromise,
    cx: &BuildContext,
    jcx: &mut JobContext,
) -> Result<CoreArtifacts, BuildError> {
    jcx.track.enter(Phase::Compile);
    let target = &job.target;
    let build_path = job.directory.display().to_string();
    let sketch = job.directory.join("empty");
    let source_path = sketch.display().to_string();
    let values = [
        ("build.path", Value::Word(&build_path)),
        ("build.project_name", Value::Word(empty_sketch::MAIN_FILE)),
        ("build.source.path", Value::Word(&source_path)),
        ("sketch_path", Value::Word(&source_path)),
    ];
    if let Some(outline) = cx.known.core(job).map(Arc::new) {
        let count = u32::try_from(outline.objects.len()).unwrap_or(u32::MAX);
        if let Some(known) = recorded(cx, &outline, UnitCounts { reused: count, ..jcx.units }).await? {
            promise.outline(outline);
            jcx.units = known.units;
            return Ok(known);
        }
    }
    directory::make(&job.directory.join("core")).await?;
    // Hooks other than these affect the core's compiles only through directories that the commands name.
    let looks = names_the_job(target)?;
    let hooks: &[Hook] = if looks { &Hook::BEFORE_COMPILES } else { &[Hook::Prebuild, Hook::CorePrebuild] };
    let has_hooks = hooks::any(target, hooks, &values)?;
    let kept = directory::recorded_files(&job.directory).await?;
    if has_hooks || looks {
        // Files that hooks left in an earlier run are removed; the built core remains.
        directory::clear(&job.directory, &kept).await?;
        directory::make(&job.directory.join("core")).await?;
        empty_sketch::write(&sketch, &job.directory.join("sketch")).await?;
    }
    let scope = HookScope { target, sketch: None, directory: &job.directory, kept: &kept };
    match hooks::run(cx, jcx, scope, hooks, &values).await {
        // A hook may need a real sketch. Each cell runs the hook again, and reports a failure as its own.
        Err(BuildError::Failed(failure)) if failure.kind == FailureKind::Code => {
            jcx.log.push(format!("a hook fails for the empty sketch: {}", failure.message));
            if looks {
                return Ok(empty_sketch::without_core(job, promise, jcx));
            }
        }
        other => other?,
    }
    let sources = plan_sources(cx, jcx, target, &values).await?;
    let plan = CorePlan::new(cx, jcx, target, sources, &job.id, &values).await?;
    promise.outline(plan.outline.clone());
    let made = make(&plan, cx, jcx).await?;
    // Hooks run in every run, so a core with hooks is not remembered.
    if made.is_cacheable && !has_hooks {
        cx.known.learn_core(job, &plan.outline);
    }
    Ok(made)
}
