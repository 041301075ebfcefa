//! Stage 1: a board's core and variant, compiled once for all its cells. The sketch is nobody's, so
//! that a broken example can't take a board down.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::try_join_all;

use super::artifacts::{self, About};
use super::inputs::{Place, add_commands};
use super::unit::{self, Key, Planned, Wanted, blocking};
use super::{
    BuildContext, BuildError, CoreArtifacts, CoreOutline, CorePromise, JobContext, folder, hooks, sources,
};
use crate::board::{CORE_ARCHIVE, Hook, Value};
use crate::event::{Phase, Step, UnitCounts};
use crate::plan::{CoreJob, Target};
use crate::store::{Output, Record, Sharing};

/// An object of the core or the variant that is to be made.
struct Source {
    /// Where the object goes, relative to the core's folder.
    path: PathBuf,
    unit: Arc<Planned>,
}

/// Builds a core, or finds that it is up to date, or takes it from the artifact store.
///
/// # Errors
/// Where it does not compile, a tool is missing, or the run is interrupted.
pub(super) async fn build(
    job: &CoreJob,
    promise: &CorePromise,
    cx: &BuildContext,
    jcx: &mut JobContext,
) -> Result<CoreArtifacts, BuildError> {
    const HOOKS: [Hook; 2] = [Hook::Prebuild, Hook::CorePrebuild];
    jcx.track.enter(Phase::Compile);
    let target = &job.target;
    let build_path = job.folder.display().to_string();
    // The folder of nobody's sketch is empty, whatever hooks leave beside it.
    let nobody = job.folder.join("nobody");
    let source_path = job.sketch.as_deref().unwrap_or(&nobody).display().to_string();
    let values = [
        ("build.path", Value::Word(&build_path)),
        ("build.project_name", Value::Word("core.ino")),
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
    folder::make(&job.folder).await?;
    let after = hooks::commands(target, Hook::CorePostbuild, &values)?;
    let has_hooks = hooks::any(target, &HOOKS, &values)?;
    if has_hooks && after.is_empty() {
        // They begin with nothing but the core of an earlier build: a header that they made then is gone.
        folder::clear(&job.folder, &folder::recorded_files(&job.folder).await?).await?;
    }
    folder::make(&job.folder.join("core")).await?;
    if has_hooks {
        folder::make(&nobody).await?;
    }
    hooks::prepare(cx, jcx, target, &HOOKS, &values, &job.folder).await?;
    let core = plan_all(cx, jcx, target, &values, Some(&target.config.core_dir)).await?;
    let variant = plan_all(cx, jcx, target, &values, target.config.variant_dir.as_deref()).await?;
    // Written beside its place and renamed, so that no cell ever links half of it.
    let temporary = job.folder.join("core").join("new").join("core.a");
    let archiving = if core.is_empty() {
        None
    } else {
        Some(archive_command(target, &values, &job.folder, &core, &temporary)?)
    };
    let outline = Arc::new(outline(job, cx, jcx, &core, &variant, archiving.as_deref(), &after).await?);
    promise.outline(outline.clone());
    let count = u32::try_from(outline.objects.len()).unwrap_or(u32::MAX);
    // Hooks run in every run.
    let repeats = !has_hooks && after.is_empty();
    let learn = |lasts: bool| {
        if lasts && repeats {
            cx.known.learn_core(job, &outline);
        }
    };
    if let Some(known) = recorded(cx, &outline, UnitCounts { reused: count, ..jcx.units }).await? {
        jcx.units = known.units;
        learn(known.lasts);
        return Ok(known);
    }
    // What hooks make in addition nobody knows the names of.
    let can_be_kept = outline.opaque.is_none() && after.is_empty();
    if can_be_kept
        && let Some(restored) = restore(cx, &outline, UnitCounts { cached: count, ..jcx.units }).await?
    {
        jcx.units = restored.units;
        learn(true);
        return Ok(restored);
    }

    let units = unit::make_all(cx, jcx, core.iter().chain(&variant).map(|source| &source.unit)).await?;
    let printed: String = units.iter().map(|unit| unit.printed.as_str()).collect();
    let lasts = units.iter().all(|unit| unit.lasts);
    let placed = units.into_iter().map(|unit| unit.object).zip(outline.objects.iter().cloned());
    forget(&job.folder).await?;
    folder::place(&job.folder, Step::Archive, placed.collect()).await?;
    if let Some(argv) = archiving {
        jcx.track.enter(Phase::Archive);
        pack(job, cx, jcx, argv, &temporary).await?;
    }
    hooks::run(cx, jcx, target, Hook::CorePostbuild, &values, &job.folder).await?;
    let made = record(cx, &outline, printed, jcx.units, lasts).await?;
    if can_be_kept && lasts {
        keep(cx, &outline, &made.printed).await?;
    }
    learn(lasts);
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
    let sources = blocking(move || sources::of_core(files.disk(), &walked)).await?;
    let sources = sources.map_err(|error| BuildError::io(Step::Compile, "read", folder, &error))?;
    let include = include_folders(target);
    try_join_all(sources.into_iter().map(|source| {
        let relative = source.strip_prefix(folder).unwrap_or(&source).to_owned();
        let wanted = Wanted {
            target,
            values,
            include: include.clone(),
            quote: Vec::new(),
            label: format!("core/{}", relative.display()),
            source,
        };
        async move {
            let unit = unit::plan(cx, jcx, wanted).await?;
            Ok(Source { path: object_path(Path::new("core"), &relative), unit })
        }
    }))
    .await
}

/// What the core is going to be.
async fn outline(
    job: &CoreJob,
    cx: &BuildContext,
    jcx: &JobContext,
    core: &[Source],
    variant: &[Source],
    archiving: Option<&[String]>,
    after: &[Vec<String>],
) -> Result<CoreOutline, BuildError> {
    let mut key = Key::new("core 2");
    for source in core.iter().chain(variant) {
        key.add(source.path.as_os_str().as_encoded_bytes()).add(source.unit.key.as_bytes());
    }
    key.add(&core.len().to_le_bytes());
    let mut packing = Key::new("packing");
    packing.add(&core.len().to_le_bytes());
    let place = Place {
        folder: job.folder.clone(),
        given: HashSet::new(),
        whole: vec![job.target.config.platform_dir.clone()],
    };
    let mut commands: Vec<(Step, &[String])> =
        archiving.map(|argv| (Step::Archive, argv)).into_iter().collect();
    commands.extend(after.iter().map(|argv| (Step::Hook, argv.as_slice())));
    let opaque = add_commands(cx, jcx, &mut packing, &place, &commands).await?;
    let packing = packing.finish();
    key.add(packing.as_bytes());
    let opaque = core.iter().chain(variant).find_map(|source| source.unit.opaque()).or(opaque);
    let path = |source: &Source| source.path.clone();
    Ok(CoreOutline {
        id: job.id.clone(),
        key: key.finish(),
        packing,
        folder: job.folder.clone(),
        archive: archiving.map(|_| CORE_ARCHIVE.into()),
        objects: core.iter().chain(variant).map(path).collect(),
        variant_objects: variant.iter().map(path).collect(),
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

/// Where an object goes: beside its source's place, with `.o` behind the whole name.
pub(super) fn object_path(folder: &Path, relative_source: &Path) -> PathBuf {
    let mut name = folder.join(relative_source).into_os_string();
    name.push(".o");
    name.into()
}

/// One command for all objects: Arduino starts one for each, with the same archive in the end.
fn archive_command(
    target: &Target,
    values: &[(&str, Value<'_>)],
    folder: &Path,
    objects: &[Source],
    archive: &Path,
) -> Result<Vec<String>, BuildError> {
    let config = &target.config;
    let recipe = config
        .archive_recipe()
        .ok_or_else(|| BuildError::no_recipe(Step::Archive, "recipe.ar.pattern", &config.platform_dir))?;
    let words: Vec<String> =
        objects.iter().map(|object| folder.join(&object.path).display().to_string()).collect();
    archive_words(target, recipe.pattern, values, &words, archive)
}

/// The argv that packs `objects` into `archive`.
pub(super) fn archive_words(
    target: &Target,
    pattern: &str,
    values: &[(&str, Value<'_>)],
    objects: &[String],
    archive: &Path,
) -> Result<Vec<String>, BuildError> {
    let path = archive.display().to_string();
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    let mut all = values.to_vec();
    all.extend([
        ("archive_file", Value::Word(&name)),
        ("archive_file_path", Value::Word(&path)),
        ("object_file", Value::Words(objects)),
    ]);
    target.config.command(pattern, &all).map_err(|error| BuildError::board(Step::Archive, &error))
}

/// Takes back what the record says: the folder is about to change.
async fn forget(folder: &Path) -> Result<(), BuildError> {
    let folder = folder.to_owned();
    blocking(move || {
        Record::forget(&folder).map_err(|error| BuildError::io(Step::Archive, "changed", &folder, &error))
    })
    .await?
}

/// Packs the archive beside its place, where nothing of an earlier one is, and renames it.
async fn pack(
    job: &CoreJob,
    cx: &BuildContext,
    jcx: &mut JobContext,
    argv: Vec<String>,
    temporary: &Path,
) -> Result<(), BuildError> {
    let archive = job.folder.join(CORE_ARCHIVE);
    let error = |error: std::io::Error| BuildError::io(Step::Archive, "written", &archive, &error);
    let scratch = temporary.parent().unwrap_or(&job.folder).to_owned();
    let emptied = scratch.clone();
    let made = blocking(move || {
        let _ = std::fs::remove_dir_all(&emptied);
        std::fs::create_dir_all(&emptied)
    });
    made.await?.map_err(error)?;
    jcx.command(cx, Step::Archive, "core.a", argv, job.folder.clone()).await?;
    let (from, to) = (temporary.to_owned(), archive.clone());
    let renamed = blocking(move || {
        let renamed = std::fs::rename(&from, &to);
        // Empty it goes, and is there to go, unless somebody takes the work folder away.
        let emptied = std::fs::remove_dir(&scratch);
        match renamed {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && emptied.is_ok() => Ok(false),
            renamed => renamed.map(|()| true),
        }
    });
    if renamed.await?.map_err(error)? {
        return Ok(());
    }
    // Platforms of Arduino 1.5 wrote to `{build.path}/{archive_file}`.
    let platform = job.target.config.core_platform_dir.join("platform.txt");
    Err(BuildError::code(
        Step::Archive,
        format!(
            "recipe.ar.pattern of {} made no archive at {{archive_file_path}}, where it belongs",
            platform.display()
        ),
    ))
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
    // An archive may say when and by whom it was packed, which enters no link; what it holds does.
    let mut contents = Key::new("contents");
    contents.add(outline.packing.as_bytes());
    for output in record.outputs.iter().filter(|output| Some(&output.path) != outline.archive.as_ref()) {
        contents.add(output.path.as_os_str().as_encoded_bytes()).add(output.hash.as_bytes());
    }
    CoreArtifacts {
        outline: outline.clone(),
        contents: contents.finish(),
        lasts: !record.keys.is_empty(),
        fresh,
        printed: record.printed.clone(),
        units,
    }
}

/// The files of the core that cells see.
fn files(outline: &CoreOutline) -> Vec<PathBuf> {
    outline.objects.iter().chain(&outline.archive).cloned().collect()
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
    let about =
        found.map_err(|error: std::io::Error| BuildError::io(Step::Archive, "written", &folder, &error))?;
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
            .map_err(|error| BuildError::io(Step::Archive, "recorded", folder, &error))
    })
    .await?
}
