//! Plans a core: its sources as units, its keys, and the commands that pack it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::event::{CoreId, Step};
use crate::includes::Hash;
use crate::pipeline::discover::sources;
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::product::CoreOutline;
use crate::pipeline::output::archive;
use crate::pipeline::output::inputs::{CommandScope, add_commands};
use crate::pipeline::shared::blocking::{all_in_order, blocking};
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;
use crate::pipeline::shared::places::Places;
use crate::pipeline::unit::{self, Planned, Wanted};
use crate::plan::Target;
use crate::platform::{CORE_ARCHIVE, Value};

/// A planned object of the core or the variant.
pub(super) struct Source {
    /// Path of the object, relative to the core's directory.
    path: PathBuf,
    pub(super) unit: Arc<Planned>,
}

/// Planned sources of a core and its variant.
pub(in crate::pipeline) struct CoreSources {
    core: Vec<Source>,
    variant: Vec<Source>,
    /// Hash over the keys of all units: jobs with the same hash share a core.
    pub(super) units: Hash,
}

/// A planned core.
pub(super) struct CorePlan {
    pub(super) sources: CoreSources,
    pub(super) outline: Arc<CoreOutline>,
    /// Commands that pack the archive.
    pub(super) archiving: Vec<Vec<String>>,
    /// The `platform.txt` with the archive recipe.
    pub(super) platform_txt: PathBuf,
}

/// Plans the units of core and variant for a job with these values.
///
/// # Errors
/// A source can't be read, or a compiler is missing.
pub(in crate::pipeline) async fn plan_sources(
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
    /// Whether a core is compiled from the same units.
    pub(in crate::pipeline) fn are_of(&self, outline: &CoreOutline) -> bool {
        self.units == outline.units
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Source> {
        in_order(&self.core, &self.variant)
    }
}

impl CorePlan {
    /// Plans the core `id`: its directory, keys and archive commands.
    pub(super) async fn new(
        cx: &BuildContext,
        jcx: &JobContext,
        target: &Target,
        sources: CoreSources,
        id: &CoreId,
        values: &[(&str, Value<'_>)],
    ) -> Result<Self, BuildError> {
        let directory = cx.layout.core(&id.0);
        // The archive is packed in the core's own directory, also for the core of a single cell.
        let build_path = directory.display().to_string();
        let mut values = values.to_vec();
        values.push(("build.path", Value::Word(&build_path)));
        let archiving = archive_commands(cx, target, &values, &directory, &sources.core).await?;
        warn_of_lost_objects(cx, target, &sources);
        let outline = Arc::new(outline(id, target, cx, jcx, &sources, &archiving).await?);
        note_inputs(cx, jcx, &outline, &sources).await?;
        let platform_txt = target.config.core_platform_dir.join("platform.txt");
        Ok(Self { sources, outline, archiving, platform_txt })
    }
}

/// Notes what the build of a core can read.
async fn note_inputs(
    cx: &BuildContext,
    jcx: &JobContext,
    outline: &Arc<CoreOutline>,
    sources: &CoreSources,
) -> Result<(), BuildError> {
    let units: Vec<Arc<Planned>> = sources.all().map(|source| source.unit.clone()).collect();
    let (tables, job, outline) = (cx.tables.clone(), jcx.track.job().clone(), outline.clone());
    blocking(move || {
        let inputs: Vec<_> = units.iter().map(|unit| unit.inputs()).collect();
        tables.inputs.core(&job, &outline.key, &inputs);
    })
    .await
}

/// Plans the sources below a directory.
async fn plan_all(
    cx: &BuildContext,
    jcx: &JobContext,
    target: &Target,
    values: &[(&str, Value<'_>)],
    directory: Option<&Path>,
) -> Result<Vec<Source>, BuildError> {
    let Some(directory) = directory else { return Ok(Vec::new()) };
    let (files, walked) = (cx.files.clone(), directory.to_owned());
    let sources = blocking(move || sources::of_tree(files.disk(), &walked)).await?;
    let sources =
        sources.map_err(|error| BuildError::io(Step::Compile, FileAction::Read, directory, &error))?;
    let include = include_directories(target);
    all_in_order(sources.into_iter().map(|source| {
        let relative = source.strip_prefix(directory).unwrap_or(&source).to_owned();
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

/// Computes the core's outline.
async fn outline(
    id: &CoreId,
    target: &Target,
    cx: &BuildContext,
    jcx: &JobContext,
    sources: &CoreSources,
    archiving: &[Vec<String>],
) -> Result<CoreOutline, BuildError> {
    let directory = cx.layout.core(&id.0);
    let mut key = Key::new("core 3");
    key.add(sources.units.as_bytes());
    let mut packing = Key::new("packing");
    packing.add(&sources.core.len().to_le_bytes());
    let scope = CommandScope {
        directory: directory.clone(),
        given: HashSet::new(),
        whole: target.config.platform_dirs().collect(),
        places: Places::of(&cx.checkout, &directory),
    };
    let commands: Vec<(Step, &[String])> =
        archiving.iter().map(|argv| (Step::Archive, argv.as_slice())).collect();
    let uncacheable = add_commands(cx, jcx, &mut packing, &scope, &commands).await?;
    let packing = packing.finish();
    key.add(packing.as_bytes());
    let uncacheable = sources.all().find_map(|source| source.unit.uncacheable()).or(uncacheable);
    let path = |source: &Source| source.path.clone();
    Ok(CoreOutline {
        id: id.clone(),
        key: key.finish(),
        units: sources.units,
        packing,
        archive: (!archiving.is_empty())
            .then(|| archive::place(archiving, &directory, "core.a", Path::new(CORE_ARCHIVE))),
        directory,
        objects: sources.all().map(path).collect(),
        variant_objects: sources.variant.iter().map(path).collect(),
        uncacheable,
    })
}

/// Returns the include directories of every source of the core.
pub(in crate::pipeline) fn include_directories(target: &Target) -> Vec<Arc<Path>> {
    let config = &target.config;
    std::iter::once(config.core_dir.as_path().into())
        .chain(config.variant_dir.as_deref().map(Into::into))
        .collect()
}

/// Returns the sources of variant and core in arduino-cli's compile order (`compileCore`): of two sources
/// with the same relative path, the core's object replaces the variant's.
fn in_order<'a>(core: &'a [Source], variant: &'a [Source]) -> impl Iterator<Item = &'a Source> {
    variant.iter().chain(core)
}

/// Returns the commands that pack the core.
async fn archive_commands(
    cx: &BuildContext,
    target: &Target,
    values: &[(&str, Value<'_>)],
    directory: &Path,
    core: &[Source],
) -> Result<Vec<Vec<String>>, BuildError> {
    let words: Vec<String> =
        core.iter().map(|object| directory.join(&object.path).display().to_string()).collect();
    archive::commands(cx, target, values, &words, &directory.join(CORE_ARCHIVE)).await
}

/// Warns of replaced objects: in the archive, or because core and variant have a source of the same relative
/// path.
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
