//! The hooks of a cell that run between its compiles, in arduino-cli's order (`preprocess` and `build` in
//! `internal/arduino/builder/builder.go`), and the files that they create.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::commands::any;
use super::scope::HookScope;
use crate::event::Step;
use crate::fs::Sharing;
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::output::directory;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::unit::{Planned, Unit};
use crate::plan::CellJob;
use crate::platform::{Hook, Value};

/// The hooks of one cell up to the last one that is followed by a compile. Later hooks change no input of a
/// compile, so an up-to-date cell does not run them.
#[derive(Debug)]
pub(in crate::pipeline) struct Early<'a> {
    job: &'a CellJob,
    /// Hooks with commands, in arduino-cli's order.
    hooks: Vec<Hook>,
    /// Whether a hook or a compile can read the build directory before the link.
    is_visible: bool,
    /// Files of an earlier build that remain.
    kept: HashSet<PathBuf>,
    /// Objects that were placed, relative to the build directory.
    placed: HashSet<PathBuf>,
}

impl<'a> Early<'a> {
    /// Collects the hooks of a cell. If there are any, or compiles read the build directory (`looks`), it empties that
    /// directory and sets the firmware of an earlier build aside.
    ///
    /// # Errors
    /// A hook can't be expanded, or the directory can't be emptied.
    pub(in crate::pipeline) async fn begin(
        job: &'a CellJob,
        values: &[(&str, Value<'_>)],
        looks: bool,
    ) -> Result<Self, BuildError> {
        let mut hooks = Vec::new();
        for hook in Hook::BEFORE_LINK {
            if any(&job.target, &[hook], values)? {
                hooks.push(hook);
            }
        }
        let last = hooks.iter().rposition(|hook| Hook::BEFORE_COMPILES.contains(hook));
        hooks.truncate(last.map_or(0, |last| last + 1));
        let mut kept = HashSet::new();
        let is_visible = looks || !hooks.is_empty();
        if is_visible {
            kept = directory::set_aside(&job.directory).await?;
        }
        Ok(Self { job, hooks, is_visible, kept, placed: HashSet::new() })
    }

    /// Whether a hook or a compile can read the build directory before the link.
    pub(in crate::pipeline) fn is_visible(&self) -> bool {
        self.is_visible
    }

    /// Whether there is a hook.
    pub(in crate::pipeline) fn any(&self) -> bool {
        !self.hooks.is_empty()
    }

    /// Whether `hook` or a later one is among the hooks.
    pub(in crate::pipeline) fn any_from(&self, hook: Hook) -> bool {
        self.hooks.iter().any(|other| *other >= hook)
    }

    /// Returns the later hooks before the link, in order.
    pub(in crate::pipeline) fn others(&self) -> impl Iterator<Item = Hook> {
        Hook::BEFORE_LINK.into_iter().filter(|hook| !self.any_from(*hook))
    }

    /// Runs `hook`, if the platform has it. Discards everything that was read below the build directory.
    ///
    /// # Errors
    /// A command fails.
    pub(in crate::pipeline) async fn run(
        &self,
        cx: &BuildContext,
        jcx: &mut JobContext,
        hook: Hook,
        values: &[(&str, Value<'_>)],
    ) -> Result<(), BuildError> {
        if !self.hooks.contains(&hook) {
            return Ok(());
        }
        let scope = HookScope {
            target: &self.job.target,
            sketch: Some(&self.job.sketch.dir),
            directory: &self.job.directory,
            kept: &self.kept,
        };
        super::run::run(cx, jcx, scope, &[hook], values).await?;
        if hook != Hook::Prebuild {
            jcx.round += 1;
            let (cx, directory) = (cx.clone(), self.job.directory.clone());
            blocking(move || cx.forget_below(&directory)).await?;
        }
        Ok(())
    }

    /// Places copies of objects with their depfiles, for hooks that read or change them.
    ///
    /// # Errors
    /// The build directory can't be written.
    pub(in crate::pipeline) async fn place<'s>(
        &mut self,
        objects: impl Iterator<Item = (&'s Path, &'s Planned, &'s Unit)>,
    ) -> Result<(), BuildError> {
        let objects: Vec<_> = objects.collect();
        self.placed.extend(objects.iter().map(|(path, ..)| path.to_path_buf()));
        place(&self.job.directory, objects.into_iter()).await
    }

    /// Returns the placed objects, relative to the build directory. A hook may have changed them.
    pub(in crate::pipeline) fn placed(&self) -> &HashSet<PathBuf> {
        &self.placed
    }

    /// Returns files in the build directory other than placed objects and files of an earlier build.
    ///
    /// # Errors
    /// The run is interrupted.
    pub(in crate::pipeline) async fn given(&self) -> Result<HashSet<PathBuf>, BuildError> {
        if !self.is_visible {
            return Ok(HashSet::new());
        }
        let directory = &self.job.directory;
        let is_placed =
            |path: &Path| self.placed.contains(path) || self.placed.contains(&path.with_extension("o"));
        let is_object = |path: &Path| path.strip_prefix(directory).is_ok_and(is_placed);
        let mut files = directory::files_below(directory).await?;
        files.retain(|path| !self.kept.contains(path) && !is_object(path));
        Ok(files)
    }
}

/// Places copies of objects in a build directory, with the depfiles that their compiles write.
///
/// # Errors
/// The directory can't be written.
pub(in crate::pipeline) async fn place<'s>(
    directory: &Path,
    objects: impl Iterator<Item = (&'s Path, &'s Planned, &'s Unit)>,
) -> Result<(), BuildError> {
    let (mut files, mut depfiles) = (Vec::new(), Vec::new());
    for (path, planned, unit) in objects {
        let object = directory.join(path);
        depfiles.extend(planned.depfile(&object).map(|text| (object.with_extension("d"), text)));
        files.push((unit.object.clone(), path.to_owned()));
    }
    directory::place(directory, Step::Seed, Sharing::Copy, files).await?;
    blocking(move || {
        for (path, text) in depfiles {
            std::fs::write(&path, text)
                .map_err(|error| BuildError::io(Step::Seed, FileAction::Write, &path, &error))?;
        }
        Ok(())
    })
    .await?
}
