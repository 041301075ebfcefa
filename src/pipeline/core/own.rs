//! Cores for a single sketch. A core can depend on the sketch: stm32 compiles it with
//! `-I{build.source.path}`, flags come from the sketch's `build_opt.h`, sources test
//! `__has_include("user_config.h")`. The decision depends only on the units that the core's commands resolve
//! to for the sketch; no core is known by name.
//! commands resolve to for the sketch, and knows no core by name.

use std::sync::Arc;

use super::make::make;
use super::plan::{CorePlan, CoreSources};
use crate::event::{CoreId, FailureKind, Step};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::product::CoreArtifacts;
use crate::pipeline::output::directory;
use crate::pipeline::shared::context::BuildContext;
use crate::plan::{CellJob, Target};
use crate::platform::{Recipe, Value};

/// Whether a compile command names the job's build directory, sketch or project. Otherwise the core is the
/// same for all sketches.
///
/// # Errors
/// A recipe can't be expanded.
pub(in crate::pipeline) fn names_the_job(target: &Target) -> Result<bool, BuildError> {
    let config = &target.config;
    let commands = |path: &str, name: &str| -> Result<Vec<Vec<String>>, BuildError> {
        let values = [
            ("build.path", Value::Word(path)),
            ("build.project_name", Value::Word(name)),
            ("build.source.path", Value::Word(path)),
            ("sketch_path", Value::Word(path)),
            ("includes", Value::Words(&[])),
            ("source_file", Value::Word("source")),
            ("object_file", Value::Word("object")),
        ];
        let recipes = ["c", "cpp", "cc", "cxx", "S"]
            .into_iter()
            .filter_map(|extension| config.compile_recipe(extension));
        let command = |recipe: Recipe<'_>| {
            config.command(recipe.pattern, &values).map_err(|error| BuildError::board(Step::Compile, &error))
        };
        recipes.map(command).collect()
    };
    Ok(commands("/one", "one.ino")? != commands("/other", "other.ino")?)
}

/// Builds the core of a cell whose units differ from the shared core's. Cells with the same units share the result.
///
/// # Errors
/// It does not compile, a tool is missing, or the run is interrupted.
pub(in crate::pipeline) async fn build_own(
    sources: CoreSources,
    job: &CellJob,
    values: &[(&str, Value<'_>)],
    cx: &BuildContext,
    jcx: &mut JobContext,
) -> Result<Arc<CoreArtifacts>, BuildError> {
    let id = CoreId(format!("{}-{}", job.id.board, &sources.units.to_hex()[..12]).into());
    let slot = cx.tables.own_cores.cell(id.clone());
    let id = &id;
    let made = slot
        .get_or_try_init(|| async move {
            let plan = CorePlan::new(cx, jcx, &job.target, sources, id, values).await?;
            directory::make(&plan.outline.directory.join("core")).await?;
            match make(&plan, cx, jcx).await {
                Ok(made) => Ok(Ok(Arc::new(made))),
                Err(BuildError::Failed(failure)) if failure.kind == FailureKind::Code => Ok(Err(failure)),
                Err(other) => Err(other),
            }
        })
        .await?;
    made.clone().map_err(BuildError::Failed)
}
