//! Stage 1: a board's core and variant, compiled once for all its cells. The sketch is nobody's, so
//! that a broken example can't take a board down.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::try_join_all;

use super::unit::{self, Unit, Wanted, blocking};
use super::{BuildContext, BuildError, CoreArtifacts, JobContext, hooks, sources};
use crate::board::{CORE_ARCHIVE, Hook, Value};
use crate::event::{Phase, Step};
use crate::plan::{CoreJob, Target};
use crate::source::Hash;
use crate::store::{Output, Record, link_or_copy};

/// An object of the core or the variant.
struct Object {
    /// Relative to the core's folder.
    path: PathBuf,
    unit: Unit,
}

/// Builds a core, or finds that it is up to date.
///
/// # Errors
/// Where it does not compile, a tool is missing, or the run is interrupted.
pub(super) async fn build(
    job: &CoreJob,
    cx: &BuildContext,
    jcx: &mut JobContext,
) -> Result<CoreArtifacts, BuildError> {
    jcx.track.enter(Phase::Compile);
    let target = &job.target;
    let folder = job.folder.display().to_string();
    let values = [
        ("build.path", Value::Word(&folder)),
        ("build.project_name", Value::Word("core.ino")),
        ("build.source.path", Value::Word(&folder)),
    ];
    std::fs::create_dir_all(job.folder.join("core"))
        .map_err(|error| BuildError::io(Step::Compile, "made", &job.folder, &error))?;
    hooks::run(cx, jcx, target, Hook::Prebuild, &values, &job.folder).await?;
    hooks::run(cx, jcx, target, Hook::CorePrebuild, &values, &job.folder).await?;
    let core = compile_all(cx, jcx, target, &values, Some(&target.config.core_dir)).await?;
    let variant = compile_all(cx, jcx, target, &values, target.config.variant_dir.as_deref()).await?;
    hooks::run(cx, jcx, target, Hook::CorePostbuild, &values, &job.folder).await?;

    jcx.track.enter(Phase::Archive);
    let archive = job.folder.join(CORE_ARCHIVE);
    // Written beside its place and renamed, so that no cell ever links half of it.
    let temporary = job.folder.join("core").join("new").join("core.a");
    let argv = if core.is_empty() {
        None
    } else {
        Some(archive_command(target, &values, &job.folder, &core, &temporary)?)
    };
    let key = key(cx, argv.as_deref(), &core, &variant).await?;
    let objects: Vec<PathBuf> = core.iter().chain(&variant).map(|object| object.path.clone()).collect();
    let printed = core.iter().chain(&variant).map(|object| object.unit.printed.as_str()).collect();
    let mut artifacts = CoreArtifacts {
        id: job.id.clone(),
        key,
        folder: job.folder.clone(),
        archive: argv.is_some().then(|| CORE_ARCHIVE.into()),
        objects,
        variant_objects: variant.iter().map(|object| object.path.clone()).collect(),
        fresh: false,
        printed,
        units: jcx.units,
    };
    let (job_folder, files) = (job.folder.clone(), cx.files.clone());
    if blocking(move || {
        Record::load(&job_folder).is_some_and(|record| record.holds(&key, &job_folder, &files))
    })
    .await?
    {
        return Ok(artifacts);
    }
    artifacts.fresh = true;
    let all: Vec<(PathBuf, PathBuf)> =
        core.iter().chain(&variant).map(|object| (object.unit.object.clone(), object.path.clone())).collect();
    place(&job.folder, all).await?;
    if let Some(argv) = argv {
        let io = |error: &std::io::Error| BuildError::io(Step::Archive, "written", &archive, error);
        let scratch = temporary.parent().unwrap_or(&job.folder);
        let _ = std::fs::remove_dir_all(scratch);
        std::fs::create_dir_all(scratch).map_err(|error| io(&error))?;
        jcx.command(cx, Step::Archive, "core.a", argv, job.folder.clone()).await?;
        std::fs::rename(&temporary, &archive).map_err(|error| io(&error))?;
        let _ = std::fs::remove_dir(scratch);
    }
    record(cx, job, &artifacts).await?;
    Ok(artifacts)
}

/// Compiles the sources below a folder, all at once as far as there are slots.
async fn compile_all(
    cx: &BuildContext,
    jcx: &mut JobContext,
    target: &Target,
    values: &[(&str, Value<'_>)],
    folder: Option<&Path>,
) -> Result<Vec<Object>, BuildError> {
    let Some(folder) = folder else { return Ok(Vec::new()) };
    let sources =
        sources::of_core(folder).map_err(|error| BuildError::io(Step::Compile, "read", folder, &error))?;
    let include = include_folders(target);
    let shared = &*jcx;
    let made = try_join_all(sources.into_iter().map(|source| {
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
            let (unit, counts) = unit::make(cx, shared, wanted).await?;
            Ok::<_, BuildError>((Object { path: object_path(Path::new("core"), &relative), unit }, counts))
        }
    }))
    .await?;
    Ok(made
        .into_iter()
        .map(|(object, counts)| {
            jcx.units.add(counts);
            object
        })
        .collect())
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
    objects: &[Object],
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

async fn key(
    cx: &BuildContext,
    argv: Option<&[String]>,
    core: &[Object],
    variant: &[Object],
) -> Result<Hash, BuildError> {
    let mut key = blake3::Hasher::new();
    key.update(b"core 1\0");
    for object in core.iter().chain(variant) {
        key.update(object.path.as_os_str().as_encoded_bytes())
            .update(b"\0")
            .update(object.unit.key.as_bytes());
    }
    key.update(&core.len().to_le_bytes());
    if let Some(argv) = argv {
        super::link::key_command(cx, Step::Archive, argv, &mut key).await?;
    }
    Ok(key.finalize())
}

/// Hardlinks objects into the core's folder.
async fn place(folder: &Path, objects: Vec<(PathBuf, PathBuf)>) -> Result<(), BuildError> {
    let folder = folder.to_owned();
    blocking(move || {
        Record::forget(&folder).map_err(|error| BuildError::io(Step::Archive, "changed", &folder, &error))?;
        for (object, path) in objects {
            let path = folder.join(path);
            path.parent()
                .map_or(Ok(()), std::fs::create_dir_all)
                .and_then(|()| link_or_copy(&object, &path))
                .map_err(|error| BuildError::io(Step::Archive, "written", &path, &error))?;
        }
        Ok(())
    })
    .await?
}

async fn record(cx: &BuildContext, job: &CoreJob, artifacts: &CoreArtifacts) -> Result<(), BuildError> {
    let (folder, files, artifacts) = (job.folder.clone(), cx.files.clone(), artifacts.clone());
    blocking(move || {
        let outputs = artifacts
            .objects
            .iter()
            .chain(&artifacts.archive)
            .map(|path| Output::of(&folder, path.clone(), &files))
            .collect::<Result<_, _>>();
        outputs
            .and_then(|outputs| {
                let key = artifacts.key.to_hex().to_string();
                Record { key, outputs, printed: artifacts.printed, ..Record::default() }.save(&folder)
            })
            .map_err(|error| BuildError::io(Step::Archive, "recorded", &folder, &error))
    })
    .await?
}
