//! Stage 1: a board's core and variant, compiled once for all its cells, for an empty sketch: a broken example fails no
//! board.

mod empty_sketch;
mod own;

pub(super) use own::{build_own, names_the_job};

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::archive;
use super::artifacts::{self, About};
use super::blocking::{all_in_order, blocking};
use super::context::BuildContext;
use super::core_handle::CorePromise;
use super::error::{BuildError, FileAction};
use super::inputs::{Place, add_commands};
use super::job_context::JobContext;
use super::key::Key;
use super::product::{CoreArtifacts, CoreOutline};
use super::unit::{self, Planned, Wanted};
use super::{folder, hooks, sources};
use crate::cache::{Output, Record};
use crate::event::{CoreId, FailureKind, Phase, Step, UnitCounts};
use crate::fs::Sharing;
use crate::includes::Hash;
use crate::plan::{CoreJob, Target};
use crate::platform::{CORE_ARCHIVE, Hook, Value};

/// An object of the core or the variant that is to be made.
struct Source {
    /// Where the object goes, relative to the core's folder.
    path: PathBuf,
    unit: Arc<Planned>,
}

/// The sources of a core and its variant, planned.
pub(super) struct CoreSources {
    core: Vec<Source>,
    variant: Vec<Source>,
    /// Hash over the keys of all units: jobs with the same hash share a core.
    units: Hash,
}

/// A core that is ready to be made.
struct CorePlan {
    sources: CoreSources,
    outline: Arc<CoreOutline>,
    /// What packs the archive.
    archiving: Vec<Vec<String>>,
    /// The `platform.txt` that has the recipe for it.
    platform_txt: PathBuf,
}

/// Builds a core for the empty sketch, unless it is up to date or can be restored from the artifact store.
///
/// # Errors
/// Where it does not compile, a tool is missing, or the run is interrupted.
pub(super) async fn build(
    job: &CoreJob,
    promise: &CorePromise,
    cx: &BuildContext,
    jcx: &mut JobContext,
) -> Result<CoreArtifacts, BuildError> {
    jcx.track.enter(Phase::Compile);
    let target = &job.target;
    let build_path = job.folder.display().to_string();
    let sketch = job.folder.join("empty");
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
    folder::make(&job.folder.join("core")).await?;
    // Other hooks reach the core's compiles only through directories that the commands name.
    let looks = names_the_job(target)?;
    let hooks: &[Hook] = if looks { &Hook::BEFORE_COMPILES } else { &[Hook::Prebuild, Hook::CorePrebuild] };
    let has_hooks = hooks::any(target, hooks, &values)?;
    if has_hooks || looks {
        // Files that hooks left in an earlier run are removed; only the built core stays.
        folder::clear(&job.folder, &folder::recorded_files(&job.folder).await?).await?;
        folder::make(&job.folder.join("core")).await?;
        empty_sketch::write(&sketch, &job.folder.join("sketch")).await?;
    }
    match hooks::run(cx, jcx, target, hooks, &values, &job.folder).await {
        // A hook may need a real sketch. Each cell runs it again, and reports a failure as its own.
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
    // Hooks run in every run.
    if made.lasts && !has_hooks {
        cx.known.learn_core(job, &plan.outline);
    }
    Ok(made)
}

/// Plans the units of core and variant for a job with these values.
///
/// # Errors
/// Where a source can't be read, or a compiler is missing.
pub(super) async fn plan_sources(
    cx: &BuildContext,
    jcx: &JobContext,
    target: &Target,
    values: &[(&str, Value<'_>)],
) -> Result<CoreSources, BuildError> {
    let core = plan_all(cx, jcx, target, values, Some(&target.config.core_dir)).await?;
    let variant = plan_all(cx, jcx, target, values, target.config.variant_dir.as_deref()).await?;
    let mut key = Key::new("core units");
    for source in in_order(&core, &variant) {
        key.add(source.path.as_os_str().as_encoded_bytes()).add(source.unit.key.as_bytes());
    }
    key.add(&core.len().to_le_bytes());
    Ok(CoreSources { core, variant, units: key.finish() })
}

impl CoreSources {
    /// Whether this is what a core is compiled from.
    pub(super) fn are_of(&self, outline: &CoreOutline) -> bool {
        self.units == outline.units
    }

    fn all(&self) -> impl Iterator<Item = &Source> {
        in_order(&self.core, &self.variant)
    }
}

impl CorePlan {
    /// The core `id` with its place and its keys.
    async fn new(
        cx: &BuildContext,
        jcx: &JobContext,
        target: &Target,
        sources: CoreSources,
        id: &CoreId,
        values: &[(&str, Value<'_>)],
    ) -> Result<Self, BuildError> {
        let folder = cx.layout.core(&id.0);
        // The archive is packed in the core's own directory, also for a cell.
        let build_path = folder.display().to_string();
        let mut values = values.to_vec();
        values.push(("build.path", Value::Word(&build_path)));
        let archiving = archive_commands(cx, target, &values, &folder, &sources.core).await?;
        warn_of_lost_objects(cx, target, &sources);
        let outline = Arc::new(outline(id, target, cx, jcx, &sources, &archiving).await?);
        let platform_txt = target.config.core_platform_dir.join("platform.txt");
        Ok(Self { sources, outline, archiving, platform_txt })
    }
}

/// Finds a core, or takes it from the artifact store, or compiles and packs it.
async fn make(plan: &CorePlan, cx: &BuildContext, jcx: &mut JobContext) -> Result<CoreArtifacts, BuildError> {
    let outline = &plan.outline;
    let count = u32::try_from(outline.objects.len()).unwrap_or(u32::MAX);
    let before = jcx.units;
    let reused = UnitCounts { reused: before.reused + count, ..before };
    if let Some(known) = recorded(cx, outline, reused).await? {
        jcx.units = known.units;
        return Ok(known);
    }
    let cached = UnitCounts { cached: before.cached + count, ..before };
    if outline.opaque.is_none()
        && let Some(restored) = restore(cx, outline, cached).await?
    {
        jcx.units = restored.units;
        return Ok(restored);
    }
    let units = unit::make_all(cx, jcx, plan.sources.all().map(|source| &source.unit)).await?;
    let printed: String = units.iter().map(|unit| unit.printed.as_str()).collect();
    let lasts = units.iter().all(|unit| unit.lasts);
    let placed = units.into_iter().map(|unit| unit.object).zip(outline.objects.iter().cloned());
    forget(&outline.folder).await?;
    folder::place(&outline.folder, Step::Archive, Sharing::Link, placed.collect()).await?;
    if let Some(archive) = &outline.archive {
        jcx.track.enter(Phase::Archive);
        pack(plan, cx, jcx, archive).await?;
    }
    let made = record(cx, outline, printed, jcx.units, lasts).await?;
    if outline.opaque.is_none() && lasts {
        keep(cx, outline, &made.printed).await?;
    }
    Ok(made)
}

/// Plans the sources below a folder.
async fn plan_all(
    cx: &BuildContext,
    jcx: &JobContext,
    target: &Target,
    values: &[(&str, Value<'_>)],
    folder: Option<&Path>,
) -> Result<Vec<Source>, BuildError> {
    let Some(folder) = folder else { return Ok(Vec::new()) };
    let (files, walked) = (cx.files.clone(), folder.to_owned());
    let sources = blocking(move || sources::of_tree(files.disk(), &walked)).await?;
    let sources = sources.map_err(|error| BuildError::io(Step::Compile, FileAction::Read, folder, &error))?;
    let include = include_folders(target);
    all_in_order(sources.into_iter().map(|source| {
        let relative = source.strip_prefix(folder).unwrap_or(&source).to_owned();
        let wanted = Wanted {
            target,
            values,
            include: include.clone(),
            sketch: None,
            label: format!("core/{}", relative.display()),
            source,
        };
        async move {
            let unit = unit::plan(cx, jcx, wanted).await?;
            Ok(Source { path: sources::object_path(Path::new("core"), &relative), unit })
        }
    }))
    .await
}

/// What the core is going to be.
async fn outline(
    id: &CoreId,
    target: &Target,
    cx: &BuildContext,
    jcx: &JobContext,
    sources: &CoreSources,
    archiving: &[Vec<String>],
) -> Result<CoreOutline, BuildError> {
    let folder = cx.layout.core(&id.0);
    let mut key = Key::new("core 3");
    key.add(sources.units.as_bytes());
    let mut packing = Key::new("packing");
    packing.add(&sources.core.len().to_le_bytes());
    let place = Place {
        folder: folder.clone(),
        given: HashSet::new(),
        whole: target.config.platform_dirs().collect(),
    };
    let commands: Vec<(Step, &[String])> =
        archiving.iter().map(|argv| (Step::Archive, argv.as_slice())).collect();
    let opaque = add_commands(cx, jcx, &mut packing, &place, &commands).await?;
    let packing = packing.finish();
    key.add(packing.as_bytes());
    let opaque = sources.all().find_map(|source| source.unit.opaque()).or(opaque);
    let path = |source: &Source| source.path.clone();
    Ok(CoreOutline {
        id: id.clone(),
        key: key.finish(),
        units: sources.units,
        packing,
        archive: (!archiving.is_empty())
            .then(|| archive::place(archiving, &folder, "core.a", Path::new(CORE_ARCHIVE))),
        folder,
        objects: sources.all().map(path).collect(),
        variant_objects: sources.variant.iter().map(path).collect(),
        opaque,
    })
}

/// The folders that every source of the core sees.
pub(super) fn include_folders(target: &Target) -> Vec<Arc<Path>> {
    let config = &target.config;
    std::iter::once(config.core_dir.as_path().into())
        .chain(config.variant_dir.as_deref().map(Into::into))
        .collect()
}

/// The sources of the variant and the core, in the order in which arduino-cli compiles them (`compileCore`): where both
/// have one of the same relative path, the core's object is left.
fn in_order<'a>(core: &'a [Source], variant: &'a [Source]) -> impl Iterator<Item = &'a Source> {
    variant.iter().chain(core)
}

/// The commands that pack the core.
async fn archive_commands(
    cx: &BuildContext,
    target: &Target,
    values: &[(&str, Value<'_>)],
    folder: &Path,
    core: &[Source],
) -> Result<Vec<Vec<String>>, BuildError> {
    let words: Vec<String> =
        core.iter().map(|object| folder.join(&object.path).display().to_string()).collect();
    archive::commands(cx, target, values, &words, &folder.join(CORE_ARCHIVE)).await
}

/// Warns of objects that others replace: in the archive, or because core and variant have a source of the same path.
fn warn_of_lost_objects(cx: &BuildContext, target: &Target, CoreSources { core, variant, .. }: &CoreSources) {
    let config = &target.config;
    let paths: Vec<String> = core.iter().map(|source| source.path.display().to_string()).collect();
    for warning in archive::warnings("core.a", &config.core_dir, &paths) {
        cx.runner.warn_once(warning);
    }
    let own: HashSet<&Path> = core.iter().map(|source| &*source.path).collect();
    let variant_dir = config.variant_dir.as_deref().unwrap_or(Path::new(""));
    for source in variant.iter().filter(|source| own.contains(&*source.path)) {
        let (lost, left) = (variant_dir.display(), config.core_dir.display());
        let name = source.path.strip_prefix("core").unwrap_or(&source.path).with_extension("");
        let name = name.display();
        cx.runner.warn_once(format!(
            "{lost}/{name} is not linked, because {left}/{name} has the same relative path and replaces its object, as \
             with arduino-cli; rename one of them"
        ));
    }
}

/// Takes back what the record says: the folder is about to change.
async fn forget(folder: &Path) -> Result<(), BuildError> {
    let folder = folder.to_owned();
    blocking(move || {
        Record::forget(&folder)
            .map_err(|error| BuildError::io(Step::Archive, FileAction::Change, &folder, &error))
    })
    .await?
}

/// Packs the archive at the place that the recipe gives it. No record names it until it is complete, and no other run
/// uses this work directory at the same time.
async fn pack(
    plan: &CorePlan,
    cx: &BuildContext,
    jcx: &mut JobContext,
    archive: &Path,
) -> Result<(), BuildError> {
    let folder = &plan.outline.folder;
    let path = folder.join(archive);
    let error = |error: std::io::Error| BuildError::io(Step::Archive, FileAction::Write, &path, &error);
    let stale = path.clone();
    let removed = blocking(move || match std::fs::remove_file(&stale) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    });
    removed.await?.map_err(error)?;
    for argv in &plan.archiving {
        jcx.command(cx, Step::Archive, "core.a", argv.clone(), folder.clone()).await?;
    }
    let made = path.clone();
    if !blocking(move || made.is_file()).await? {
        // The link decides whether it is needed.
        cx.runner.warn_once(format!(
            "recipe.ar.pattern of {} made no archive at {}",
            plan.platform_txt.display(),
            archive.display()
        ));
    }
    Ok(())
}

/// The core in its folder, if it is there with this key and whole.
async fn recorded(
    cx: &BuildContext,
    outline: &Arc<CoreOutline>,
    units: UnitCounts,
) -> Result<Option<CoreArtifacts>, BuildError> {
    let (outline, files) = (outline.clone(), cx.files.clone());
    blocking(move || {
        let record = Record::load(&outline.folder)?;
        let holds = record.holds(&outline.key, &outline.folder, &files);
        holds.then(|| made_of(&outline, &record, units, false))
    })
    .await
}

fn made_of(outline: &Arc<CoreOutline>, record: &Record, units: UnitCounts, fresh: bool) -> CoreArtifacts {
    let has_archive = record.outputs.iter().any(|output| Some(&output.path) == outline.archive.as_ref());
    // An archive may say when and by whom it was packed, which enters no link; what it holds does.
    let mut contents = Key::new("contents");
    contents.add(outline.packing.as_bytes());
    for output in record.outputs.iter().filter(|output| Some(&output.path) != outline.archive.as_ref()) {
        contents.add(output.path.as_os_str().as_encoded_bytes()).add(output.hash.as_bytes());
    }
    CoreArtifacts {
        outline: outline.clone(),
        has_archive,
        contents: contents.finish(),
        lasts: !record.keys.is_empty(),
        fresh,
        printed: record.printed.clone(),
        units,
    }
}

/// The files of the core that cells see, as they are in its folder: an archive may not have been made.
fn files(outline: &CoreOutline) -> Vec<PathBuf> {
    let archive = outline.archive.iter().filter(|archive| outline.folder.join(archive).is_file());
    outline.objects.iter().chain(archive).cloned().collect()
}

/// Takes the core from the artifact store. Its objects are shared with it: nobody writes into them.
async fn restore(
    cx: &BuildContext,
    outline: &Arc<CoreOutline>,
    units: UnitCounts,
) -> Result<Option<CoreArtifacts>, BuildError> {
    let Some(store) = cx.artifacts.clone() else { return Ok(None) };
    let (kept, folder) = (outline.clone(), outline.folder.clone());
    let found = blocking(move || {
        let Some(found) = store.find::<About>(&kept.key) else { return Ok(None) };
        Record::forget(&kept.folder)?;
        let whole = store.restore(&found, &kept.folder, Sharing::Link)?;
        Ok(whole.then_some(found.about))
    });
    let found = found.await?;
    let about = found
        .map_err(|error: std::io::Error| BuildError::io(Step::Archive, FileAction::Write, &folder, &error))?;
    let Some(about) = about else { return Ok(None) };
    record(cx, outline, about.printed, units, true).await.map(Some)
}

/// Keeps the core in the artifact store.
async fn keep(cx: &BuildContext, outline: &Arc<CoreOutline>, printed: &str) -> Result<(), BuildError> {
    let (cx, outline, about) = (cx.clone(), outline.clone(), About { printed: printed.to_owned() });
    blocking(move || {
        artifacts::keep(&cx, &outline.key, &outline.folder, &files(&outline), Sharing::Link, &about);
    })
    .await
}

/// Records what was made: under no key where it is good for this run only.
async fn record(
    cx: &BuildContext,
    outline: &Arc<CoreOutline>,
    printed: String,
    units: UnitCounts,
    lasts: bool,
) -> Result<CoreArtifacts, BuildError> {
    let (outline, known) = (outline.clone(), cx.files.clone());
    blocking(move || {
        let folder = &outline.folder;
        let outputs: Result<_, _> =
            files(&outline).into_iter().map(|path| Output::of(folder, path, &known)).collect();
        outputs
            .and_then(|outputs| {
                let key = lasts.then(|| outline.key.to_hex().to_string());
                let keys = key.into_iter().collect();
                let record = Record { keys, outputs, printed, ..Record::default() };
                record.save(folder).map(|()| made_of(&outline, &record, units, true))
            })
            .map_err(|error| BuildError::io(Step::Archive, FileAction::Record, folder, &error))
    })
    .await?
}
