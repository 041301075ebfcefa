//! Stage 2: one sketch for one board. Its sources and libraries compile as soon as there are slots;
//! only the link waits for the core.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::try_join_all;

use super::discover::{Discovered, Question, discover};
use super::link::{self, Link};
use super::prepare::Prepared;
use super::unit::{self, Unit, Wanted, blocking};
use super::{BuildContext, BuildError, CellArtifacts, CoreHandle, JobContext, core, hooks, sources};
use crate::board::{Hook, Value};
use crate::event::{Phase, Step};
use crate::library::{Layout, Library, Precompiled};
use crate::plan::CellJob;

/// An object of the cell.
pub(super) struct Object {
    /// Relative to the cell's folder.
    pub(super) path: PathBuf,
    pub(super) unit: Unit,
}

/// The objects of one library, and how they enter the link.
pub(super) struct LibraryObjects {
    pub(super) objects: Vec<Object>,
    /// `dot_a_linkage`: the archive that they are packed into, relative to the cell's folder.
    pub(super) archive: Option<PathBuf>,
}

/// Builds a cell, or finds that it is up to date.
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
    if let Some(failed) = core.failed() {
        return Err(failed);
    }
    jcx.track.enter(Phase::Preprocess);
    let target = &job.target;
    let prepared = cx.prepared(&job.sketch).await?;
    let folder = job.folder.display().to_string();
    let source_path = job.sketch.dir.display().to_string();
    let values = [
        ("build.path", Value::Word(&folder)),
        ("build.project_name", Value::Word(&prepared.project_name)),
        ("build.source.path", Value::Word(&source_path)),
        ("sketch_path", Value::Word(&source_path)),
    ];
    std::fs::create_dir_all(&job.folder)
        .map_err(|error| BuildError::io(Step::Compile, "made", &job.folder, &error))?;
    for hook in [Hook::Prebuild, Hook::SketchPrebuild, Hook::LibrariesPrebuild] {
        hooks::run(cx, jcx, target, hook, &values, &job.folder).await?;
    }
    let discovered = libraries(job, cx, jcx, &prepared, &values).await?;

    jcx.track.enter(Phase::Compile);
    let (sketch, libraries) = compile(job, cx, jcx, &prepared, &discovered, &values).await?;
    for hook in [Hook::SketchPostbuild, Hook::LibrariesPostbuild] {
        hooks::run(cx, jcx, target, hook, &values, &job.folder).await?;
    }
    let ldflags = library_flags(target, &discovered.libraries)?;

    let core = jcx.wait_for(core).await?;
    let mut values = values.to_vec();
    values.push(("compiler.libraries.ldflags", Value::Text(&ldflags)));
    let link = Link {
        job,
        core: &core,
        sketch: &sketch,
        libraries: &libraries,
        values: &values,
        project_name: &prepared.project_name,
    };
    link::build(link, cx, jcx).await
}

/// Which libraries the sketch needs.
async fn libraries(
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

/// Compiles the sketch and its libraries, all at once as far as there are slots.
async fn compile(
    job: &CellJob,
    cx: &BuildContext,
    jcx: &mut JobContext,
    prepared: &Prepared,
    discovered: &Discovered,
    values: &[(&str, Value<'_>)],
) -> Result<(Vec<Object>, Vec<LibraryObjects>), BuildError> {
    let target = &job.target;
    let include = discovered.include(&core::include_folders(target));
    let shared = &*jcx;
    let one = async |source: PathBuf, path: PathBuf, include: Vec<Arc<Path>>, quote: Vec<Arc<Path>>| {
        let label = path.with_extension("").strip_prefix("sketch").map_or_else(
            |_| path.with_extension("").display().to_string(),
            |name| name.display().to_string(),
        );
        let wanted = Wanted { target, values, source, include, quote, label };
        let (unit, counts) = unit::make(cx, shared, wanted).await?;
        Ok::<_, BuildError>((Object { path, unit }, counts))
    };
    let sketch = try_join_all(prepared.sources.iter().map(|(source, relative)| {
        let path = core::object_path(Path::new("sketch"), relative);
        one(source.clone(), path, include.clone(), prepared.quote.clone())
    }));
    let mut parts = Vec::new();
    for (library, folder) in discovered.libraries.iter().zip(object_folders(&discovered.libraries)) {
        parts.push((library, folder, library_sources(library, target)?));
    }
    let libraries = try_join_all(parts.iter().map(|(library, folder, sources)| {
        let include = &include;
        let one = &one;
        async move {
            let mut include = include.clone();
            if let Layout::Flat { utility: Some(utility) } = &library.layout {
                include.push(utility.as_path().into());
            }
            try_join_all(sources.iter().map(|source| {
                let relative = source.strip_prefix(&library.source_dir).unwrap_or(source);
                one(source.clone(), core::object_path(folder, relative), include.clone(), Vec::new())
            }))
            .await
        }
    }));
    let (sketch, libraries) = futures::future::try_join(sketch, libraries).await?;
    let mut keep = |made: Vec<(Object, crate::event::UnitCounts)>| -> Vec<Object> {
        made.into_iter()
            .map(|(object, counts)| {
                jcx.units.add(counts);
                object
            })
            .collect()
    };
    let sketch = keep(sketch);
    let libraries = parts
        .iter()
        .zip(libraries)
        .map(|((library, folder, _), made)| LibraryObjects {
            objects: keep(made),
            archive: library.dot_a_linkage.then(|| folder.join(format!("{}.a", library.dir_name))),
        })
        .collect();
    Ok((sketch, libraries))
}

/// Where the objects of each library go, relative to the cell's folder: `libraries/NAME`, with a number
/// where a library before it lies in a folder of the same name elsewhere.
fn object_folders(libraries: &[Arc<Library>]) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for library in libraries {
        let plain = Path::new("libraries").join(&library.dir_name);
        let numbered =
            (2_usize..).map(|number| Path::new("libraries").join(format!("{}-{number}", library.dir_name)));
        let mut names = std::iter::once(plain).chain(numbered);
        // The numbers do not end, the libraries do.
        folders.extend(names.find(|name| !folders.contains(name)));
    }
    folders
}

/// A library's sources, in link order; none where an archive stands for them.
fn library_sources(library: &Library, target: &crate::plan::Target) -> Result<Vec<PathBuf>, BuildError> {
    if library.precompiled == Precompiled::Instead && precompiled_folder(library, target)?.is_some() {
        return Ok(Vec::new());
    }
    let read = |folder: &Path, result: std::io::Result<Vec<PathBuf>>| {
        result.map_err(|error| BuildError::io(Step::Preprocess, "read", folder, &error))
    };
    let source_dir = &library.source_dir;
    match &library.layout {
        Layout::Recursive => read(source_dir, sources::of_library(source_dir)),
        Layout::Flat { utility } => {
            let mut found = read(source_dir, sources::of_folder(source_dir))?;
            if let Some(utility) = utility {
                found.extend(read(utility, sources::of_folder(utility))?);
            }
            Ok(found)
        }
    }
}

/// `src/MCU`, where it holds archives for the board (library specification, "Precompiled binaries").
fn precompiled_folder(
    library: &Library,
    target: &crate::plan::Target,
) -> Result<Option<PathBuf>, BuildError> {
    let mcu = target.config.mcu().map_err(|error| BuildError::board(Step::Link, &error))?;
    let Some(mcu) = mcu else { return Ok(None) };
    let folder = library.source_dir.join(mcu);
    let any = archives(&folder).next().is_some();
    Ok(any.then_some(folder))
}

/// The names `X` of `libX.a` and `libX.so` in a folder, sorted.
fn archives(folder: &Path) -> impl Iterator<Item = String> + use<> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| {
            let stem = name.strip_prefix("lib")?;
            Some(stem.strip_suffix(".a").or_else(|| stem.strip_suffix(".so"))?.to_owned())
        })
        .collect();
    names.sort();
    names.dedup();
    names.into_iter()
}

/// `compiler.libraries.ldflags` with what precompiled libraries add.
fn library_flags(target: &crate::plan::Target, libraries: &[Arc<Library>]) -> Result<String, BuildError> {
    let mut flags =
        vec![target.config.properties.get("compiler.libraries.ldflags").unwrap_or_default().to_owned()];
    for library in libraries.iter().filter(|library| library.precompiled != Precompiled::No) {
        let Some(folder) = precompiled_folder(library, target)? else { continue };
        flags.push(format!("\"-L{}\"", folder.display()));
        if library.ldflags.is_empty() {
            flags.extend(archives(&folder).map(|name| format!("-l{name}")));
        } else {
            flags.push(library.ldflags.clone());
        }
    }
    flags.retain(|flag| !flag.is_empty());
    Ok(flags.join(" "))
}

/// Hardlinks objects into the cell's folder.
pub(super) async fn place(folder: &Path, files: Vec<(PathBuf, PathBuf)>) -> Result<(), BuildError> {
    let folder = folder.to_owned();
    blocking(move || {
        for (from, to) in files {
            let to = folder.join(to);
            to.parent()
                .map_or(Ok(()), std::fs::create_dir_all)
                .and_then(|()| crate::store::link_or_copy(&from, &to))
                .map_err(|error| BuildError::io(Step::Seed, "written", &to, &error))?;
        }
        Ok(())
    })
    .await?
}
