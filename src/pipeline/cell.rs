//! Stage 2: one sketch for one board. Its sources and libraries compile as soon as there are slots;
//! only the link waits for the core.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::archive;
use super::blocking::{all_in_order, blocking};
use super::context::BuildContext;
use super::core_handle::CoreHandle;
use super::discover::{Discovered, Question, discover};
use super::error::BuildError;
use super::hooks::Early;
use super::job_context::JobContext;
use super::libraries::LibraryPlan;
use super::link::{self, Link};
use super::prepare::{OwnFiles, Prepared};
use super::product::{CellArtifacts, CoreArtifacts, CoreOutline};
use super::sketch::Prototypes;
use super::unit::{self, Planned, Unit, Wanted};
use super::unit::{OUTPUT, SOURCE};
use super::{
    core, firmware, folder, libraries, library_use, no_library, preprocessor, prototypes, run, sources,
    undeclared, unstaged,
};
use crate::event::{Phase, Step, UsedLibrary};
use crate::includes::Hash;
use crate::library::{Layout, Library};
use crate::plan::CellJob;
use crate::platform::{Hook, Value};

/// An object of the cell that is to be made.
pub(super) struct Source {
    /// Where the object goes, relative to the cell's folder.
    pub(super) path: PathBuf,
    pub(super) unit: Arc<Planned>,
    made: OnceLock<Unit>,
}

impl Source {
    /// The objects of these, made unless they already are.
    ///
    /// # Errors
    /// As for [`unit::make_all`].
    pub(super) async fn make_all<'s>(
        cx: &BuildContext,
        jcx: &mut JobContext,
        sources: impl Iterator<Item = &'s Self>,
    ) -> Result<Vec<Unit>, BuildError> {
        let sources: Vec<&Self> = sources.collect();
        let missing: Vec<&Self> =
            sources.iter().copied().filter(|source| source.made.get().is_none()).collect();
        let made = unit::make_all(cx, jcx, missing.iter().map(|source| &source.unit)).await?;
        for (source, unit) in missing.into_iter().zip(made) {
            // Nobody else makes it meanwhile: the cell has it to itself.
            let _ = source.made.set(unit);
        }
        Ok(sources.into_iter().filter_map(|source| source.made.get().cloned()).collect())
    }
}

/// The objects of one library, and how they enter the link.
pub(super) struct LibrarySources {
    pub(super) sources: Vec<Source>,
    /// Archives that it brings compiled and that enter the link by path, before its objects.
    pub(super) precompiled: Vec<PathBuf>,
    /// `compiler.libraries.ldflags` for what comes after it; `None` where it is the platform's own value.
    pub(super) ldflags: Option<String>,
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
    if let Some(problem) = &job.sketch.problem {
        // Its log is kept there.
        folder::make(&job.folder).await?;
        let message = format!("arduino-cli does not open this sketch: {problem}");
        return Err(BuildError::code(Step::Preprocess, message));
    }
    // Asked only of a core that failed: what is known is found without expanding a recipe.
    if let Some(failed) = core.failed()
        && !core::names_the_job(&job.target)?
    {
        return Err(failed);
    }
    if let Some(found) = link::known(job, cx, jcx).await? {
        return Ok(found);
    }
    jcx.track.enter(Phase::Preprocess);
    let target = &job.target;
    let prepared = cx.tables.sketches.prepare(&cx.files, &job.sketch).await?;
    let build_path = job.folder.display().to_string();
    let source_path = prepared.dir.display().to_string();
    let values = [
        ("build.path", Value::Word(&build_path)),
        ("build.project_name", Value::Word(&prepared.project_name)),
        ("build.source.path", Value::Word(&source_path)),
        ("sketch_path", Value::Word(&source_path)),
    ];
    folder::make(&job.folder).await?;
    let looks = core::names_the_job(target)?;
    let mut early = Early::begin(job, &values, looks).await?;
    early.run(cx, jcx, Hook::Prebuild, &values).await?;
    let prepared = with_generated(cx, &prepared, &job.folder.join("sketch"), &early).await?;
    let mut discovered = Discovered::default();
    let identity = needed_libraries(job, cx, jcx, &prepared, &values, &mut discovered).await;
    jcx.discovered(library_use::used(job, &cx.library_places.matrix_dir, &discovered));
    let explained = Explained { job, cx, libraries: jcx.libraries.list.clone(), prepared: &prepared };
    let identity = match identity {
        Ok(identity) => identity,
        Err(error) => return Err(explained.error(error, &Arc::default()).await),
    };

    jcx.track.enter(Phase::Compile);
    let include = discovered.include(&core::include_folders(target));
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
        repeats: !early.any() && !discovered.is_opaque && !sketch.is_opaque,
    };
    match link::build(&link, &core, cx, jcx).await {
        Ok(built) => Ok(built),
        Err(error) => Err(explained.error(error, &sketch.prototypes).await),
    }
}

/// What explains the errors of a cell.
struct Explained<'a> {
    job: &'a CellJob,
    cx: &'a BuildContext,
    libraries: Arc<Vec<UsedLibrary>>,
    prepared: &'a Arc<Prepared>,
}

impl Explained<'_> {
    /// Adds to an error what Arduino did with the sketch, and which libraries it found, if that explains it.
    async fn error(&self, error: BuildError, prototypes: &Arc<Prototypes>) -> BuildError {
        let (prototypes, prepared) = (prototypes.clone(), self.prepared.clone());
        let (job, libraries) = (self.job.clone(), self.libraries.clone());
        let places = self.cx.library_places.clone();
        let explain = move || {
            let tabs = prepared.merged.as_ref().map_or(&[][..], |merged| &merged.tabs);
            let error = undeclared::explain(error, &prototypes, tabs);
            let error = no_library::explain(error, &job, &places, &prepared.dir);
            let error = library_use::explain(error, &libraries);
            unstaged::explain(error, &prepared.dir)
        };
        blocking(explain).await.unwrap_or_else(|cancelled| cancelled)
    }
}

/// What hooks left in a directory, sorted.
async fn left_in(directory: &Path, early: &Early<'_>) -> Result<Vec<PathBuf>, BuildError> {
    let given = early.given().await?.into_iter();
    let mut left: Vec<PathBuf> = given.filter(|path| path.starts_with(directory)).collect();
    left.sort();
    Ok(left)
}

/// The sketch with what hooks made among its own files (stm32's `requiredLibraries.cpp`), placed where hooks see it.
async fn with_generated(
    cx: &BuildContext,
    prepared: &Arc<Prepared>,
    made: &Path,
    early: &Early<'_>,
) -> Result<Arc<Prepared>, BuildError> {
    let generated = left_in(made, early).await?;
    let mut prepared = prepared.clone();
    if prepared.merged.is_some() {
        if !generated.is_empty() {
            prepared = Arc::new(
                prepared
                    .with_left(&cx.files, &cx.tables.sketches.staging, made, generated, OwnFiles::Stay)
                    .await?,
            );
        }
        if early.is_visible() {
            prepared.place(made).await?;
        }
    }
    Ok(prepared)
}

/// Finds the libraries that the sketch needs. Returns the identity of the compiler that looked for them.
async fn needed_libraries(
    job: &CellJob,
    cx: &BuildContext,
    jcx: &JobContext,
    prepared: &Arc<Prepared>,
    values: &[(&str, Value<'_>)],
    discovered: &mut Discovered,
) -> Result<Hash, BuildError> {
    let target = &job.target;
    let (folders, identity) = unit::compiler_folders(cx, jcx, target, values).await?;
    let (files, walked) = (cx.files.clone(), prepared.clone());
    let question = Question {
        target,
        values,
        sources: blocking(move || walked.walked(files.disk())).await??,
        core: core::include_folders(target),
        folders,
        identity,
    };
    discover(cx, jcx, &question, discovered).await?;
    Ok(identity)
}

/// The core that a cell links: the one that its board's cells share, or its own.
pub(super) enum CellCore<'a> {
    Shared(&'a CoreHandle, Arc<CoreOutline>),
    Own(Arc<CoreArtifacts>),
}

impl CellCore<'_> {
    fn outline(&self) -> Arc<CoreOutline> {
        match self {
            Self::Shared(_, outline) => outline.clone(),
            Self::Own(core) => core.outline.clone(),
        }
    }
}

/// The sources of a sketch.
struct Sketch {
    sources: Vec<Source>,
    prototypes: Arc<Prototypes>,
    /// Whether no key covers what was read for the prototypes.
    is_opaque: bool,
}

/// A cell whose libraries are known.
struct Cell<'a> {
    job: &'a CellJob,
    cx: &'a BuildContext,
    values: &'a [(&'a str, Value<'a>)],
    /// The sketch's directory.
    dir: &'a Path,
    /// The include directories of every source: core, variant, libraries.
    include: Vec<Arc<Path>>,
    /// Whether commands that compile name the job.
    looks: bool,
}

impl Cell<'_> {
    /// Plans the sketch with its prototypes, as hooks leave it that run before it is compiled.
    async fn sketch(
        &self,
        jcx: &mut JobContext,
        prepared: &Arc<Prepared>,
        identity: Hash,
        early: &Early<'_>,
    ) -> Result<Sketch, BuildError> {
        let (mut complete, prototypes, is_opaque) = self.with_prototypes(jcx, prepared, identity).await?;
        if prepared.merged.is_some() {
            let directory = self.job.folder.join("sketch");
            if early.is_visible() && !Arc::ptr_eq(&complete, prepared) {
                complete.place(&directory).await?;
            }
            if early.any_from(Hook::SketchPrebuild) {
                early.run(self.cx, jcx, Hook::SketchPrebuild, self.values).await?;
                let left = left_in(&directory, early).await?;
                complete = Arc::new(
                    complete
                        .with_left(
                            &self.cx.files,
                            &self.cx.tables.sketches.staging,
                            &directory,
                            left,
                            OwnFiles::Replaced,
                        )
                        .await?,
                );
            }
        }
        let sources = self.sources_of_sketch(jcx, &complete).await?;
        Ok(Sketch { sources, prototypes, is_opaque })
    }

    /// The sketch with its prototypes, and whether no key covers what was read for them. Those of a plain one are known,
    /// unless a macro turns out to be in their way.
    async fn with_prototypes(
        &self,
        jcx: &JobContext,
        prepared: &Arc<Prepared>,
        identity: Hash,
    ) -> Result<(Arc<Prepared>, Arc<Prototypes>, bool), BuildError> {
        let Some(merged) = &prepared.merged else { return Ok((prepared.clone(), Arc::default(), false)) };
        if let Some(plain) = merged.plain.as_ref().filter(|_| self.preprocesses()) {
            let sources = self.sources_of_sketch(jcx, prepared).await?;
            let main = sources::object_path(Path::new("sketch"), Path::new(&merged.name));
            let unit = sources.iter().find(|source| source.path == main).map(|source| source.unit.clone());
            let (files, sketch) = (self.cx.files.clone(), merged.clone());
            let obstacle = blocking(move || {
                let names = sketch.plain.as_ref().map(|plain| &plain.names);
                let macros = unit.as_ref().map(|unit| unit.macros(&files));
                names.zip(macros).and_then(|(names, macros)| names.obstacle(&macros).map(str::to_owned))
            });
            match obstacle.await? {
                None => return Ok((prepared.clone(), Arc::new(plain.prototypes.clone()), false)),
                Some(name) => tracing::debug!(cell = %self.job.id, name, "not plain: a macro"),
            }
        }
        let question = prototypes::Question {
            target: &self.job.target,
            values: self.values,
            prepared,
            merged,
            include: &self.include,
            identity,
        };
        let answer = prototypes::ask(self.cx, jcx, &question).await?;
        let prepared =
            prepared.with_prototypes(&self.cx.tables.sketches.staging, answer.prototypes.clone()).await?;
        Ok((Arc::new(prepared), answer.prototypes, answer.is_opaque))
    }

    /// Whether the command for prototypes does nothing but preprocess; what becomes of another one is its own affair.
    fn preprocesses(&self) -> bool {
        let command = preprocessor::command(&self.job.target, SOURCE, &[], OUTPUT, self.values);
        command.is_ok_and(|argv| preprocessor::is_plain(&argv))
    }

    async fn sources_of_sketch(
        &self,
        jcx: &JobContext,
        prepared: &Arc<Prepared>,
    ) -> Result<Vec<Source>, BuildError> {
        let (files, sketch) = (self.cx.files.clone(), prepared.clone());
        let sources = blocking(move || sketch.sources(files.disk())).await??;
        let planned = sources
            .into_iter()
            .map(|(source, path)| self.source(jcx, source, path, &self.include, self.values));
        all_in_order(planned).await
    }

    /// Plans the sources of the libraries.
    async fn libraries(
        &self,
        jcx: &JobContext,
        libraries: &[Arc<Library>],
    ) -> Result<Vec<LibrarySources>, BuildError> {
        let (files, target, needed) = (self.cx.files.clone(), self.job.target.clone(), libraries.to_vec());
        let plans = blocking(move || libraries::plan(files.disk(), &target, &needed)).await??;
        all_in_order(plans.iter().map(|plan| self.library(jcx, plan))).await
    }

    async fn library(&self, jcx: &JobContext, plan: &LibraryPlan) -> Result<LibrarySources, BuildError> {
        let library = &plan.library;
        let folder = libraries::object_folder(library);
        let mut include = self.include.clone();
        if let Layout::Flat { utility: Some(utility) } = &library.layout {
            include.push(utility.as_path().into());
        }
        let mut values = self.values.to_vec();
        values.extend(plan.ldflags.as_deref().map(|flags| (libraries::LDFLAGS, Value::Text(flags))));
        let sources = all_in_order(plan.sources.iter().map(|source| {
            let relative = source.strip_prefix(&library.source_dir).unwrap_or(source);
            self.source(jcx, source.clone(), sources::object_path(&folder, relative), &include, &values)
        }));
        let sources = sources.await?;
        if plan.is_packed {
            self.warn_of_archive(library, &sources);
        }
        Ok(LibrarySources {
            sources,
            precompiled: plan.archives.clone(),
            ldflags: plan.ldflags.clone(),
            archive: plan.is_packed.then(|| folder.join(format!("{}.a", library.dir_name))),
        })
    }

    /// Warns of what an archive of a library surprises with.
    fn warn_of_archive(&self, library: &Library, sources: &[Source]) {
        let name = format!("{}.a", library.dir_name);
        let objects: Vec<String> = sources.iter().map(|source| source.path.display().to_string()).collect();
        for warning in archive::warnings(&name, &library.root, &objects) {
            self.cx.runner.warn_once(warning);
        }
        if objects.is_empty() {
            self.cx.runner.warn_once(format!(
                "{} has dot_a_linkage=true and no sources: as with arduino-cli, {name} is linked although nothing makes it; \
                 remove dot_a_linkage from its library.properties",
                library.root.display()
            ));
        }
    }

    /// Returns the shared core, or the cell's own if the core's units differ for this sketch.
    async fn core<'h>(
        &self,
        jcx: &mut JobContext,
        shared: &'h CoreHandle,
        values: &[(&str, Value<'_>)],
    ) -> Result<CellCore<'h>, BuildError> {
        let target = &self.job.target;
        if !self.looks {
            return Ok(CellCore::Shared(shared, jcx.outline_of(shared).await?));
        }
        let sources = core::plan_sources(self.cx, jcx, target, values).await?;
        match jcx.outline_of(shared).await {
            Ok(outline) if sources.are_of(&outline) => return Ok(CellCore::Shared(shared, outline)),
            // The core for the empty sketch may fail where the sketch's own compiles.
            Ok(_) | Err(BuildError::Blocked(_)) => {}
            Err(other) => return Err(other),
        }
        jcx.track.enter(Phase::Compile);
        core::build_own(sources, self.job, values, self.cx, jcx).await.map(CellCore::Own)
    }

    /// Compiles objects and places them in the build directory, for hooks that read them.
    async fn make<'s>(
        &self,
        jcx: &mut JobContext,
        early: &mut Early<'_>,
        sources: impl Iterator<Item = &'s Source> + Clone,
    ) -> Result<(), BuildError> {
        let made = Source::make_all(self.cx, jcx, sources.clone()).await?;
        early.place(sources.zip(&made).map(|(source, unit)| (&*source.path, &*source.unit, unit))).await
    }

    async fn source(
        &self,
        jcx: &JobContext,
        source: PathBuf,
        path: PathBuf,
        include: &[Arc<Path>],
        values: &[(&str, Value<'_>)],
    ) -> Result<Source, BuildError> {
        let label = path.with_extension("").strip_prefix("sketch").map_or_else(
            |_| path.with_extension("").display().to_string(),
            |name| name.display().to_string(),
        );
        let (target, include) = (&*self.job.target, include.to_vec());
        let sketch = path.starts_with("sketch").then_some(self.dir);
        let wanted = Wanted { target, values, source, include, sketch, label };
        let unit = unit::plan(self.cx, jcx, wanted).await?;
        Ok(Source { path, unit, made: OnceLock::new() })
    }
}
