//! The inputs of a link, and the keys over them.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::includes::Hash;
use crate::pipeline::cell::{LibrarySources, Source};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::hooks::Early;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::product::{CoreArtifacts, CoreOutline};
use crate::pipeline::output::inputs::CommandScope;
use crate::pipeline::prepare::staged_sketch::Prepared;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;
use crate::pipeline::shared::places::Places;
use crate::pipeline::unit::Unit;
use crate::plan::CellJob;
use crate::platform::Value;

/// The inputs of a link.
pub(in crate::pipeline) struct Link<'a> {
    pub(in crate::pipeline) job: &'a CellJob,
    pub(in crate::pipeline) core: &'a CoreOutline,
    pub(in crate::pipeline) sketch: &'a [Source],
    pub(in crate::pipeline) libraries: &'a [LibrarySources],
    pub(in crate::pipeline) values: &'a [(&'a str, Value<'a>)],
    pub(in crate::pipeline) project_name: &'a str,
    /// Files that hooks created in the cell's directory.
    pub(in crate::pipeline) given: &'a HashSet<PathBuf>,
    /// The staged sketch, for hooks that read it.
    pub(in crate::pipeline) prepared: &'a Prepared,
    /// The hooks that have run.
    pub(in crate::pipeline) early: &'a Early<'a>,
    /// Whether the next run may reuse the key if no observed file has changed: no hook has run, and every
    /// query of a tool is covered by a key.
    pub(in crate::pipeline) can_be_remembered: bool,
}

impl Link<'_> {
    /// Remembers the key for runs in which nothing has changed.
    pub(super) fn learn(&self, cx: &BuildContext, jcx: &JobContext, by_sources: &Hash, units: u32) {
        if self.can_be_remembered {
            cx.known.learn_cell(self.job, by_sources, units, &jcx.libraries.list);
        }
    }

    /// Returns the sources of sketch and libraries, in link order.
    pub(in crate::pipeline) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sketch.iter().chain(self.libraries.iter().flat_map(|library| &library.sources))
    }

    /// Whether the objects of all sources are in the cell's directory.
    pub(super) async fn has_objects(&self) -> Result<bool, BuildError> {
        let objects: Vec<PathBuf> =
            self.sources().map(|source| self.job.directory.join(&source.path)).collect();
        blocking(move || objects.iter().all(|object| object.is_file())).await
    }

    /// Returns the directories that matter to the commands' keys.
    pub(super) fn scope(&self, places: &Places) -> CommandScope {
        CommandScope {
            directory: self.job.directory.clone(),
            given: self.given.clone(),
            whole: self.job.target.config.platform_dirs().chain([self.job.sketch.dir.clone()]).collect(),
            places: places.clone(),
        }
    }

    /// Returns the reason why the key over the sources is uncacheable, if it is.
    pub(super) fn uncacheable(&self) -> Option<String> {
        self.sources().find_map(|source| source.unit.uncacheable()).or_else(|| self.core.uncacheable.clone())
    }

    /// Returns the key over all inputs, known before any compile.
    pub(super) fn key_of_sources(&self, tail: &Key) -> Hash {
        let mut key = Key::new("by sources");
        key.add(tail.finish().as_bytes()).add(self.core.key.as_bytes());
        for source in self.sources() {
            key.add(source.path.as_os_str().as_encoded_bytes()).add(source.unit.key.as_bytes());
        }
        key.finish()
    }

    /// Returns the key over the contents of all inputs.
    pub(super) fn key_of_contents(&self, tail: &Key, core: &CoreArtifacts, units: &[Unit]) -> Hash {
        let mut key = Key::new("by contents");
        key.add(tail.finish().as_bytes()).add(core.contents.as_bytes());
        for (source, unit) in self.sources().zip(units) {
            key.add(source.path.as_os_str().as_encoded_bytes()).add(unit.hash.as_bytes());
        }
        key.finish()
    }

    /// Returns the existing files that hooks created, relative to the cell's directory, with the hashes of
    /// their contents.
    pub(super) async fn left_by_hooks(&self, cx: &BuildContext) -> Result<Vec<(PathBuf, Hash)>, BuildError> {
        let (directory, files, given) = (self.job.directory.clone(), cx.files.clone(), self.given.clone());
        blocking(move || {
            let hash = |path: PathBuf| {
                let relative = path.strip_prefix(&directory).unwrap_or(&path).to_owned();
                Some((relative, files.hash_now(&path).ok()?))
            };
            let mut left: Vec<(PathBuf, Hash)> = given.into_iter().filter_map(hash).collect();
            left.sort_by(|(one, _), (other, _)| one.cmp(other));
            left
        })
        .await
    }

    /// Returns the linked program among the firmware files.
    pub(super) fn elf(&self, files: &[PathBuf]) -> Option<PathBuf> {
        let is_there = |path: &PathBuf| files.iter().any(|file| self.job.directory.join(file) == *path);
        self.linked().into_iter().find(is_there)
    }

    /// Returns the possible paths of the linked program: `.axf` on apollo3.
    pub(in crate::pipeline) fn linked(&self) -> [PathBuf; 2] {
        ["elf", "axf"].map(|extension| self.job.directory.join(format!("{}.{extension}", self.project_name)))
    }
}
