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
    BuildContext, BuildError, CellArtifacts, CoreHandle, JobContext, core, firmware, hooks, sources,
};
use crate::board::{Hook, Value};
use crate::event::{Phase, Step};
use crate::library::{Layout, Library, Precompiled};
use crate::plan::CellJob;

/// An object of the cell that is to be made.
pub(super) struct Source {
    /// Where the object goes, relative to the cell's folder.
    pub(super) path: PathBuf,
    pub(super) unit: Planned,
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
    result
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
    let given = prebuild(job, cx, jcx, &values).await?;
    let discovered = libraries(job, cx, jcx, &prepared, &values).await?;

    jcx.track.enter(Phase::Compile);
    let (sketch, libraries) = plan(job, cx, jcx, &prepared, &discovered, &values).await?;
    let ldflags = library_flags(target, &discovered.libraries)?;
    let outline = jcx.outline_of(core).await?;
    jcx.track.enter(Phase::Compile);
    let mut values = values.to_vec();
    values.push(("compiler.libraries.ldflags", Value::Text(&ldflags)));
    let link = Link {
        job,
        core: &outline,
        sketch: &sketch,
        libraries: &libraries,
        values: &values,
        project_name: &prepared.project_name,
        given: &given,
    };
    link::build(&link, core, cx, jcx).await
}

/// Runs the hooks that come before everything else. The files that they leave in the cell's folder.
async fn prebuild(
    job: &CellJob,
    cx: &BuildContext,
    jcx: &mut JobContext,
    values: &[(&str, Value<'_>)],
) -> Result<HashSet<PathBuf>, BuildError> {
    const HOOKS: [Hook; 3] = [Hook::Prebuild, Hook::SketchPrebuild, Hook::LibrariesPrebuild];
    if !hooks::any(&job.target, &HOOKS, values)? {
        return Ok(HashSet::new());
    }
    // They begin with nothing but the firmware of an earlier build, as in a new folder.
    let firmware = firmware::recorded_files(&job.folder);
    clear(&job.folder, &firmware).await?;
    for hook in HOOKS {
        hooks::run(cx, jcx, &job.target, hook, values, &job.folder).await?;
    }
    let folder = job.folder.clone();
    blocking(move || {
        let walk = walkdir::WalkDir::new(&folder).into_iter().flatten();
        let files = walk.filter(|entry| !entry.file_type().is_dir()).map(walkdir::DirEntry::into_path);
        files.filter(|path| !firmware.contains(path)).collect()
    })
    .await
}

/// Removes every file below a folder but these.
pub(super) async fn clear(folder: &Path, but: &HashSet<PathBuf>) -> Result<(), BuildError> {
    let (folder, but) = (folder.to_owned(), but.clone());
    blocking(move || {
        let walk = walkdir::WalkDir::new(&folder).contents_first(true).min_depth(1);
        for entry in walk {
            let io = |error: std::io::Error| BuildError::io(Step::Seed, "emptied", &folder, &error);
            let entry = entry.map_err(|error| io(error.into()))?;
            if entry.file_type().is_dir() {
                // One that is not empty holds something to be kept.
                let _ = std::fs::remove_dir(entry.path());
            } else if !but.contains(entry.path()) {
                std::fs::remove_file(entry.path()).map_err(io)?;
            }
        }
        Ok(())
    })
    .await?
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
