//! Stage 2: one sketch for one board. Its sources and libraries compile as soon as there are slots;
//! only the link waits for the core.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::try_join_all;

use super::discover::{Discovered, Question, discover};
use super::link::{self, Link};
use super::prepare::Prepared;
use super::unit::{self, Planned, Wanted, blocking};
use super::{
    BuildContext, BuildError, CellArtifacts, CoreHandle, JobContext, core, firmware, folder, hooks,
    libraries, run, sources,
};
use crate::board::{Hook, Value};
use crate::event::{Phase, Step};
use crate::library::Layout;
use crate::plan::CellJob;

/// An object of the cell that is to be made.
pub(super) struct Source {
    /// Where the object goes, relative to the cell's folder.
    pub(super) path: PathBuf,
    pub(super) unit: Arc<Planned>,
}

/// The objects of one library, and how they enter the link.
pub(super) struct LibrarySources {
    pub(super) sources: Vec<Source>,
    /// `dot_a_linkage`: the archive that they are packed into, relative to the cell's folder.
    pub(super) archive: Option<PathBuf>,
}

/// Builds a cell, or finds that it is up to date, or takes it from the artifact store.
///
/// # Errors
/// Where the sketch does not compile, link or fit, its core failed, a tool is missing, or the run is
/// interrupted.
pub(super) async fn build(
    job: &CellJob,
    core: &CoreHandle,
    cx: &BuildContext,
    jcx: &mut JobContext,
) -> Result<CellArtifacts, BuildError> {
    let result = attempt(job, core, cx, jcx).await;
    if let Err(BuildError::Failed(_) | BuildError::Blocked(_)) = &result {
        firmware::remove(&job.folder).await?;
    }
    let mut cell = result?;
    // What does not do what it should is firmware all the same, and need not be made again.
    if let Some(wanted) = &job.run {
        match run::run(job, wanted, &cell, cx, jcx).await {
            Ok(ran) => cell.fresh |= ran,
            Err(error) => {
                jcx.misbehaved = Some(Box::new(cell));
                return Err(error);
            }
        }
    }
    Ok(cell)
}

async fn attempt(
    job: &CellJob,
    core: &CoreHandle,
    cx: &BuildContext,
    jcx: &mut JobContext,
) -> Result<CellArtifacts, BuildError> {
    if let Some(failed) = core.failed() {
        return Err(failed);
    }
    if let Some(found) = link::known(job, cx, jcx).await? {
        return Ok(found);
    }
    jcx.track.enter(Phase::Preprocess);
    let target = &job.target;
    let prepared = cx.prepared(&job.sketch).await?;
    let build_path = job.folder.display().to_string();
    let source_path = job.sketch.dir.display().to_string();
    let values = [
        ("build.path", Value::Word(&build_path)),
        ("build.project_name", Value::Word(&prepared.project_name)),
        ("build.source.path", Value::Word(&source_path)),
        ("sketch_path", Value::Word(&source_path)),
    ];
    folder::make(&job.folder).await?;
    let given = prebuild(job, cx, jcx, &values).await?;
    let has_hooks = given.is_some();
    let given = given.unwrap_or_default();
    let prepared = with_generated(cx, &prepared, &job.folder.join("sketch"), &given).await?;
    let discovered = needed_libraries(job, cx, jcx, &prepared, &values).await?;

    jcx.track.enter(Phase::Compile);
    let (sketch, packed) = plan(job, cx, jcx, &prepared, &discovered, &values).await?;
    let (files, flags_for, needed) = (cx.files.clone(), target.clone(), discovered.libraries.clone());
    let ldflags = blocking(move || libraries::link_flags(files.disk(), &flags_for, &needed)).await??;
    let outline = jcx.outline_of(core).await?;
    jcx.track.enter(Phase::Compile);
    let mut values = values.to_vec();
    values.push(("compiler.libraries.ldflags", Value::Text(&ldflags)));
    let link = Link {
        job,
        core: &outline,
        sketch: &sketch,
        libraries: &packed,
        values: &values,
        project_name: &prepared.project_name,
        given: &given,
        repeats: !has_hooks && !discovered.is_opaque,
    };
    link::build(&link, core, cx, jcx).await
}

/// Runs the hooks that come before everything else, if there are any. The files that they leave in the cell's folder.
async fn prebuild(
    job: &CellJob,
    cx: &BuildContext,
    jcx: &mut JobContext,
    values: &[(&str, Value<'_>)],
) -> Result<Option<HashSet<PathBuf>>, BuildError> {
    const HOOKS: [Hook; 3] = [Hook::Prebuild, Hook::SketchPrebuild, Hook::LibrariesPrebuild];
    if !hooks::any(&job.target, &HOOKS, values)? {
        return Ok(None);
    }
    // They begin with nothing but the firmware of an earlier build, as in a new folder.
    let firmware = folder::recorded_files(&job.folder).await?;
    folder::clear(&job.folder, &firmware).await?;
    hooks::prepare(cx, jcx, &job.target, &HOOKS, values, &job.folder).await?;
    let folder = job.folder.clone();
    blocking(move || {
        let walk = walkdir::WalkDir::new(&folder).into_iter().flatten();
        let files = walk.filter(|entry| !entry.file_type().is_dir()).map(walkdir::DirEntry::into_path);
        Some(files.filter(|path| !firmware.contains(path)).collect())
    })
    .await
}

/// The sketch with the sources that hooks made among its own (stm32's `requiredLibraries.cpp`).
async fn with_generated(
    cx: &BuildContext,
    prepared: &Arc<Prepared>,
    made: &Path,
    given: &HashSet<PathBuf>,
) -> Result<Arc<Prepared>, BuildError> {
    if !given.iter().any(|path| path.starts_with(made)) {
        return Ok(prepared.clone());
    }
    let (files, folder, given) = (cx.files.clone(), made.to_owned(), given.clone());
    let generated = blocking(move || sources::as_walked(files.disk(), &folder, true)).await?;
    let mut generated = generated.map_err(|error| BuildError::io(Step::Preprocess, "read", made, &error))?;
    generated.retain(|path| given.contains(path));
    Ok(Arc::new(prepared.with(made, generated)))
}

/// Which libraries the sketch needs.
async fn needed_libraries(
    job: &CellJob,
    cx: &BuildContext,
    jcx: &JobContext,
    prepared: &Prepared,
    values: &[(&str, Value<'_>)],
) -> Result<Discovered, BuildError> {
    let target = &job.target;
    let (folders, identity) = unit::compiler_folders(cx, jcx, target, values).await?;
    let question = Question {
        target,
        values,
        sources: prepared.walked.clone(),
        core: core::include_folders(target),
        quote: prepared.quote.clone(),
        folders,
        identity,
    };
    discover(cx, jcx, &question).await
}

/// Plans the sketch and its libraries.
async fn plan(
    job: &CellJob,
    cx: &BuildContext,
    jcx: &JobContext,
    prepared: &Prepared,
    discovered: &Discovered,
    values: &[(&str, Value<'_>)],
) -> Result<(Vec<Source>, Vec<LibrarySources>), BuildError> {
    let target = &job.target;
    let include = discovered.include(&core::include_folders(target));
    let one = async |source: PathBuf, path: PathBuf, include: Vec<Arc<Path>>, quote: Vec<Arc<Path>>| {
        let label = path.with_extension("").strip_prefix("sketch").map_or_else(
            |_| path.with_extension("").display().to_string(),
            |name| name.display().to_string(),
        );
        let wanted = Wanted { target, values, source, include, quote, label };
        let unit = unit::plan(cx, jcx, wanted).await?;
        Ok::<_, BuildError>(Source { path, unit })
    };
    let sketch = try_join_all(prepared.sources.iter().map(|(source, relative)| {
        let path = core::object_path(Path::new("sketch"), relative);
        one(source.clone(), path, include.clone(), prepared.quote.clone())
    }));
    let (files, sources_for, needed) = (cx.files.clone(), target.clone(), discovered.libraries.clone());
    let sources = blocking(move || {
        needed
            .iter()
            .map(|library| libraries::sources_of(files.disk(), library, &sources_for))
            .collect::<Result<Vec<_>, _>>()
    });
    let sources = sources.await??;
    let folders = libraries::object_folders(&discovered.libraries);
    let parts: Vec<_> = discovered.libraries.iter().zip(folders).zip(sources).collect();
    let libraries = try_join_all(parts.iter().map(|((library, folder), sources)| {
        let include = &include;
        let one = &one;
        async move {
            let mut include = include.clone();
            if let Layout::Flat { utility: Some(utility) } = &library.layout {
                include.push(utility.as_path().into());
            }
            let sources = try_join_all(sources.iter().map(|source| {
                let relative = source.strip_prefix(&library.source_dir).unwrap_or(source);
                one(source.clone(), core::object_path(folder, relative), include.clone(), Vec::new())
            }));
            let archive = library.dot_a_linkage.then(|| folder.join(format!("{}.a", library.dir_name)));
            Ok::<_, BuildError>(LibrarySources { sources: sources.await?, archive })
        }
    }));
    futures::future::try_join(sketch, libraries).await
}
