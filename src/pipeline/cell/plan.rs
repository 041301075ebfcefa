//! Plans the sources of a cell whose libraries are known: sketch, libraries, and core.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::generated::left_in;
use super::parts::{CellCore, LibrarySources, Source};
use crate::event::Phase;
use crate::includes::Hash;
use crate::library::{Layout, Library};
use crate::pipeline::core;
use crate::pipeline::discover::libraries::LibraryPlan;
use crate::pipeline::discover::{libraries, sources};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::hooks::Early;
use crate::pipeline::job::core_handle::CoreHandle;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::output::archive;
use crate::pipeline::prepare::staged_sketch::{OwnFiles, Prepared};
use crate::pipeline::prepare::{preprocessor, prototypes};
use crate::pipeline::shared::blocking::{all_in_order, blocking};
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::places::Places;
use crate::pipeline::unit::{self, OUTPUT, SOURCE, Wanted};
use crate::plan::CellJob;
use crate::platform::{Hook, Value};
use crate::sketch::Prototypes;

/// The sources of a sketch.
pub(super) struct Sketch {
    pub(super) sources: Vec<Source>,
    pub(super) prototypes: Arc<Prototypes>,
    /// Whether the prototypes depend on files that no key covers.
    pub(super) is_uncacheable: bool,
}

/// A cell whose libraries are known.
pub(super) struct Cell<'a> {
    pub(super) job: &'a CellJob,
    pub(super) cx: &'a BuildContext,
    pub(super) values: &'a [(&'a str, Value<'a>)],
    /// The sketch's directory.
    pub(super) dir: &'a Path,
    /// The include directories of every source: core, variant, libraries.
    pub(super) include: Vec<Arc<Path>>,
    /// Whether compile commands name the job.
    pub(super) looks: bool,
}

impl Cell<'_> {
    /// Plans the sketch with its prototypes, including changes by hooks that run before it is compiled.
    pub(super) async fn sketch(
        &self,
        jcx: &mut JobContext,
        prepared: &Arc<Prepared>,
        identity: Hash,
        early: &Early<'_>,
    ) -> Result<Sketch, BuildError> {
        let (mut complete, prototypes, is_uncacheable) =
            self.with_prototypes(jcx, prepared, identity).await?;
        if prepared.merged.is_some() {
            let directory = self.job.directory.join("sketch");
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
        Ok(Sketch { sources, prototypes, is_uncacheable })
    }

    /// Returns the sketch with its prototypes, and whether they depend on files that no key covers. The
    /// prototypes of a plain sketch are known without the preprocessor, unless a macro interferes.
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
        let places = Places::of(&self.cx.checkout, &self.job.directory);
        let question = prototypes::Question {
            target: &self.job.target,
            values: self.values,
            prepared,
            merged,
            include: &self.include,
            identity,
            places: &places.with_staged(&self.cx.checkout, &prepared.root),
        };
        let answer = prototypes::ask(self.cx, jcx, &question).await?;
        let prepared =
            prepared.with_prototypes(&self.cx.tables.sketches.staging, answer.prototypes.clone()).await?;
        Ok((Arc::new(prepared), answer.prototypes, answer.is_uncacheable))
    }

    /// Whether the command for prototypes only preprocesses. The effects of any other command are unknown.
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
    pub(super) async fn libraries(
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
        let directory = libraries::object_directory(library);
        let mut include = self.include.clone();
        if let Layout::Flat { utility: Some(utility) } = &library.layout {
            include.push(utility.as_path().into());
        }
        let mut values = self.values.to_vec();
        values.extend(plan.ldflags.as_deref().map(|flags| (libraries::LDFLAGS, Value::Text(flags))));
        let sources = all_in_order(plan.sources.iter().map(|source| {
            let relative = source.strip_prefix(&library.source_dir).unwrap_or(source);
            self.source(jcx, source.clone(), sources::object_path(&directory, relative), &include, &values)
        }));
        let sources = sources.await?;
        if plan.is_packed {
            self.warn_of_archive(library, &sources);
        }
        Ok(LibrarySources {
            sources,
            precompiled: plan.archives.clone(),
            ldflags: plan.ldflags.clone(),
            archive: plan.is_packed.then(|| directory.join(format!("{}.a", library.dir_name))),
        })
    }

    /// Warns of surprising properties of a library's archive.
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
    pub(super) async fn core<'h>(
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
    pub(super) async fn make<'s>(
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
