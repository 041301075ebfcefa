//! Stage 2: one sketch for one board. Sketch and libraries compile as soon as slots are free; only the link
//! waits for the core.

use std::sync::Arc;

use super::explained::Explained;
use super::generated::with_generated;
use super::inputs::note;
use super::plan::Cell;
use crate::event::{Phase, Step};
use crate::includes::Hash;
use crate::pipeline::discover::search::{Discovered, Question, discover};
use crate::pipeline::discover::{libraries, library_use};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::hooks::Early;
use crate::pipeline::job::core_handle::CoreHandle;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::product::CellArtifacts;
use crate::pipeline::link::{self, Link};
use crate::pipeline::output::directory;
use crate::pipeline::prepare::staged_sketch::Prepared;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::places::Places;
use crate::pipeline::{core, firmware, run, unit};
use crate::plan::CellJob;
use crate::platform::{Hook, Value};

/// Builds a cell, unless it is up to date or can be restored from the artifact store.
///
/// # Errors
/// The sketch does not compile, link or fit, its core failed, a tool is missing, or the run is interrupted.
pub(in crate::pipeline) async fn build(
    job: &CellJob,
    core: &CoreHandle,
    cx: &BuildContext,
    jcx: &mut JobContext,
) -> Result<CellArtifacts, BuildError> {
    cx.tables.prefixes.begin(&job.id.board);
    // Boxed, like the link below, to keep the tasks of cells small.
    let result = Box::pin(attempt(job, core, cx, jcx)).await;
    if let Err(BuildError::Failed(_) | BuildError::Blocked(_)) = &result {
        firmware::remove(&job.directory).await?;
    }
    let mut cell = result?;
    // Firmware that fails in the emulator is kept: it need not be built again.
    if let Some(wanted) = &job.run {
        match run::run(job, wanted, &cell, cx, jcx).await {
            Ok(ran) => cell.fresh |= ran,
            Err(BuildError::Failed(failure)) => {
                cx.tables.inputs.forget(&job.id);
                cell.misbehaved = Some(failure);
            }
            Err(other) => return Err(other),
        }
    }
    Ok(cell)
}

/// Restores the cell by its remembered key, or builds it.
async fn attempt(
    job: &CellJob,
    core: &CoreHandle,
    cx: &BuildContext,
    jcx: &mut JobContext,
) -> Result<CellArtifacts, BuildError> {
    if let Some(problem) = &job.sketch.problem {
        // The directory must exist for the job's log.
        directory::make(&job.directory).await?;
        let message = format!("arduino-cli does not open this sketch: {problem}");
        return Err(BuildError::code(Step::Preprocess, message));
    }
    // Evaluated only for a failed core, so that a cell with a remembered key needs no recipe expansion.
    if let Some(failed) = core.failed()
        && !core::names_the_job(&job.target)?
    {
        return Err(failed);
    }
    if let Some(found) = link::known(job, cx, jcx).await? {
        return Ok(found);
    }
    make(job, core, cx, jcx).await
}

/// Prepares, discovers, compiles and links, and runs the platform's hooks in between.
async fn make(
    job: &CellJob,
    core: &CoreHandle,
    cx: &BuildContext,
    jcx: &mut JobContext,
) -> Result<CellArtifacts, BuildError> {
    jcx.track.enter(Phase::Preprocess);
    let target = &job.target;
    let prepared = cx.tables.sketches.prepare(&cx.files, &job.sketch).await?;
    let build_path = job.directory.display().to_string();
    let source_path = prepared.dir.display().to_string();
    let values = [
        ("build.path", Value::Word(&build_path)),
        ("build.project_name", Value::Word(&prepared.project_name)),
        ("build.source.path", Value::Word(&source_path)),
        ("sketch_path", Value::Word(&source_path)),
    ];
    directory::make(&job.directory).await?;
    let looks = core::names_the_job(target)?;
    let mut early = Early::begin(job, &values, looks).await?;
    early.run(cx, jcx, Hook::Prebuild, &values).await?;
    let prepared = with_generated(cx, &prepared, &job.directory.join("sketch"), &early).await?;
    let mut discovered = Discovered::default();
    let identity = needed_libraries(job, cx, jcx, &prepared, &values, &mut discovered).await;
    jcx.discovered(library_use::used(job, &cx.library_places.matrix_dir, &discovered));
    let explained = Explained { job, cx, libraries: jcx.libraries.list.clone(), prepared: &prepared };
    let identity = match identity {
        Ok(identity) => identity,
        Err(error) => return Err(explained.error(error, &Arc::default()).await),
    };

    jcx.track.enter(Phase::Compile);
    let include = discovered.include(&core::include_directories(target));
    let cell = Cell { job, cx, values: &values, dir: &prepared.dir, include, looks };
    let sketch = cell.sketch(jcx, &prepared, identity, &early).await?;
    if early.any_from(Hook::SketchPostbuild) {
        if let Err(error) = cell.make(jcx, &mut early, sketch.sources.iter()).await {
            return Err(explained.error(error, &sketch.prototypes).await);
        }
        early.run(cx, jcx, Hook::SketchPostbuild, &values).await?;
        early.run(cx, jcx, Hook::LibrariesPrebuild, &values).await?;
    }
    let packed = cell.libraries(jcx, &discovered.libraries).await?;
    let mut values = values.to_vec();
    let ldflags = packed.last().and_then(|library| library.ldflags.as_deref());
    values.extend(ldflags.map(|flags| (libraries::LDFLAGS, Value::Text(flags))));
    if early.any_from(Hook::LibrariesPostbuild) {
        cell.make(jcx, &mut early, packed.iter().flat_map(|library| &library.sources)).await?;
        early.run(cx, jcx, Hook::LibrariesPostbuild, &values).await?;
        early.run(cx, jcx, Hook::CorePrebuild, &values).await?;
    }
    let core = cell.core(jcx, core, &values).await?;
    jcx.track.enter(Phase::Compile);
    let given = early.given().await?;
    let link = Link {
        job,
        core: &core.outline(),
        sketch: &sketch.sources,
        libraries: &packed,
        values: &values,
        project_name: &prepared.project_name,
        given: &given,
        prepared: &prepared,
        early: &early,
        can_be_remembered: !early.any() && !discovered.is_uncacheable && !sketch.is_uncacheable,
    };
    match Box::pin(link::build(&link, &core, cx, jcx)).await {
        Ok(built) => {
            note(&link, &discovered.libraries, cx).await?;
            Ok(built)
        }
        Err(error) => Err(explained.error(error, &sketch.prototypes).await),
    }
}

/// Discovers the libraries that the sketch needs. Returns the identity of the compiler that was used.
async fn needed_libraries(
    job: &CellJob,
    cx: &BuildContext,
    jcx: &JobContext,
    prepared: &Arc<Prepared>,
    values: &[(&str, Value<'_>)],
    discovered: &mut Discovered,
) -> Result<Hash, BuildError> {
    let target = &job.target;
    let (directories, identity) = unit::compiler_directories(cx, jcx, target, values).await?;
    let (files, walked) = (cx.files.clone(), prepared.clone());
    let places = Places::of(&cx.checkout, &job.directory).with_staged(&cx.checkout, &prepared.root);
    let question = Question {
        target,
        values,
        sources: blocking(move || walked.walked(files.disk())).await??,
        core: core::include_directories(target),
        directories,
        identity,
        places: &places,
    };
    discover(cx, jcx, &question, discovered).await?;
    Ok(identity)
}
