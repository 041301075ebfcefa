//! From units to firmware: compiles what is not there, seeds the cell's folder with stage 1, links,
//! converts and measures.

mod commands;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use commands::{Command, Commands};

use super::blocking::blocking;
use super::bootloader::Bootloader;
use super::cell::{CellCore, LibrarySources, Source};
use super::context::BuildContext;
use super::embed::Embedding;
use super::error::{BuildError, FileAction};
use super::firmware::{self, Firmware};
use super::hooks::Early;
use super::inputs::{Place, add_commands};
use super::job_context::JobContext;
use super::key::Key;
use super::known::There;
use super::prepare::Prepared;
use super::product::{CellArtifacts, CoreArtifacts, CoreOutline};
use super::unit::Unit;
use super::{convert, folder, hooks, origin, overflow, size, symbols};
use crate::budget::Urgency;
use crate::event::{Failure, Phase, Step, UnitCounts};
use crate::fs::Sharing;
use crate::includes::Hash;
use crate::plan::CellJob;
use crate::platform::{Hook, Value};

/// Everything that enters a link.
pub(super) struct Link<'a> {
    pub(super) job: &'a CellJob,
    pub(super) core: &'a CoreOutline,
    pub(super) sketch: &'a [Source],
    pub(super) libraries: &'a [LibrarySources],
    pub(super) values: &'a [(&'a str, Value<'a>)],
    pub(super) project_name: &'a str,
    /// What hooks made in the cell's folder.
    pub(super) given: &'a HashSet<PathBuf>,
    /// The sketch as it is staged, for hooks that look at it.
    pub(super) prepared: &'a Prepared,
    /// The hooks that have run.
    pub(super) early: &'a Early<'a>,
    /// Whether it is the same in the next run if nothing that was looked at has changed: no hook has run, and nothing
    /// was asked of a tool that no key covers.
    pub(super) repeats: bool,
}

/// What is made in process beside the commands.
struct Extras<'a> {
    embedding: Option<&'a Embedding<'a>>,
    bootloader: Option<&'a Bootloader>,
}

/// The firmware of a cell whose key is known from the run before.
///
/// # Errors
/// Where the cell's folder can't be written.
pub(super) async fn known(
    job: &CellJob,
    cx: &BuildContext,
    jcx: &mut JobContext,
) -> Result<Option<CellArtifacts>, BuildError> {
    if let Some(There { firmware, units, libraries }) = cx.known.take(job) {
        jcx.libraries.list = libraries;
        return Ok(Some(found_by_key(job, firmware, jcx, units)));
    }
    let Some(known) = cx.known.cell(job) else { return Ok(None) };
    jcx.track.enter(Phase::Compile);
    let found = firmware::find(cx, job, &known.key(), &HashSet::new()).await?;
    if found.is_some() {
        jcx.libraries.list = cx.known.libraries(&known);
    }
    Ok(found.map(|found| found_by_key(job, found, jcx, known.units)))
}

/// Firmware that nothing was compiled for.
fn found_by_key(job: &CellJob, found: Firmware, jcx: &mut JobContext, units: u32) -> CellArtifacts {
    let (reused, cached) = if found.fresh { (0, units) } else { (units, 0) };
    jcx.units.add(UnitCounts { cached, reused, compiled: 0 });
    jcx.log.clone_from(&found.log);
    found.artifacts(&job.folder, jcx.units)
}

/// Builds a cell whose units are planned, or finds its firmware.
///
/// First by the keys of everything that enters, before anything is compiled; then, when the objects
/// are there, by their contents: what is compiled in every run comes out the same as a rule.
///
/// # Errors
/// Where it does not compile, link or fit, or a tool is missing.
pub(super) async fn build(
    link: &Link<'_>,
    core: &CellCore<'_>,
    cx: &BuildContext,
    jcx: &mut JobContext,
) -> Result<CellArtifacts, BuildError> {
    let cell = &link.job.folder;
    let commands = link.commands(cx).await?;
    if let Some(warning) = &commands.warning {
        cx.runner.warn_once(format!("{}: {warning}", link.job.id));
    }
    let count = u32::try_from(link.sources().count()).unwrap_or(u32::MAX);
    // Those that hooks have seen are counted.
    let uncounted = count.saturating_sub(u32::try_from(link.early.placed().len()).unwrap_or(count));
    // Nothing but the commands is the same for both keys.
    let mut tail = Key::new("cell 5");
    tail.add(cell.as_os_str().as_encoded_bytes()).add(&convert::VERSION.to_le_bytes());
    for pattern in size::patterns(&link.job.target) {
        tail.add(pattern.as_bytes());
    }
    let mut words: Vec<(Step, &[String])> =
        commands.iter().map(|command| (command.step, command.argv.as_slice())).collect();
    let measuring = size::command(cx, &link.job.target, link.values).await?;
    words.extend(measuring.iter().map(|argv| (Step::Size, argv.as_slice())));
    let uncovered = add_commands(cx, jcx, &mut tail, &link.place(), &words).await?;
    let job = link.job;
    let embedding = match commands.iter().find(|command| command.step == Step::Link) {
        Some(command) if !job.embed.is_empty() => {
            Some(Embedding::plan(cx, &mut tail, &command.argv, &job.target, &job.embed).await?)
        }
        _ => None,
    };
    let bootloader = Bootloader::plan(cx, &mut tail, &job.target).await?;
    let left = link.left_by_hooks(cx).await?;
    for (path, hash) in &left {
        tail.add(path.as_os_str().as_encoded_bytes()).add(hash.as_bytes());
    }
    let by_sources = link.key_of_sources(&tail);
    let is_lasting = uncovered.is_none() && link.opaque().is_none();
    if is_lasting && let Some(found) = firmware::find(cx, link.job, &by_sources, link.given).await? {
        link.learn(cx, jcx, &by_sources, count);
        return Ok(found_by_key(link.job, found, jcx, uncounted));
    }

    let units = Source::make_all(cx, jcx, link.sources()).await?;
    let own_core = matches!(core, CellCore::Own(_));
    let core = match core {
        CellCore::Shared(handle, _) => jcx.wait_for(cx, handle).await?,
        CellCore::Own(core) => {
            jcx.urgency = Urgency::CellEnd;
            core.clone()
        }
    };
    let compiled = units.iter().map(|unit| unit.printed.as_str());
    let compiled: String = compiled.chain(own_core.then_some(core.printed.as_str())).collect();
    let by_contents = link.key_of_contents(&tail, &core, &units);
    let is_lasting = is_lasting && core.lasts && units.iter().all(|unit| unit.lasts);
    let is_covered = uncovered.is_none();
    let keys: Vec<Hash> =
        [is_covered.then_some(by_contents), is_lasting.then_some(by_sources)].into_iter().flatten().collect();
    if is_covered && let Some(mut found) = firmware::find(cx, link.job, &by_contents, link.given).await? {
        // Equal objects may have come of other sources or flags, with other warnings.
        found.compiled = compiled;
        jcx.log.extend(found.log.iter().cloned());
        // Next time nothing needs to be compiled to find it.
        firmware::keep(cx, link.job, keys, &found).await?;
        if is_lasting {
            link.learn(cx, jcx, &by_sources, count);
        }
        return Ok(found.artifacts(cell, jcx.units));
    }

    let extras = Extras { embedding: embedding.as_ref(), bootloader: bootloader.as_ref() };
    let mut printed = link.run(cx, jcx, commands, &extras, &core, &units).await?;
    jcx.track.enter(Phase::Size);
    let (files, others) = link.artifacts(cx).await?;
    let elf = link.elf(&files);
    let measured = match size::measure(cx, jcx, &link.job.target, link.values, cell).await {
        Ok(measured) => measured,
        Err(error) => return Err(overflow::explain_size(link, elf.as_deref(), error).await),
    };
    printed.push_str(&measured.said);
    if let Some(elf) = &elf {
        symbols::list(link, elf).await?;
    }
    // Others of these are what a later step made of them.
    let now: HashMap<PathBuf, Hash> = link.left_by_hooks(cx).await?.into_iter().collect();
    let given = left.iter().filter(|(path, hash)| files.contains(path) && now.get(path) == Some(hash));
    let given = given.map(|(path, _)| path.clone()).collect();
    let removed =
        left.iter().map(|(path, _)| path).filter(|path| !now.contains_key(*path)).cloned().collect();
    let (sizes, log) = (measured.sizes, jcx.log.clone());
    let made = Firmware { files, others, given, removed, sizes, compiled, printed, log, fresh: true };
    firmware::keep(cx, link.job, keys, &made).await?;
    if is_lasting {
        link.learn(cx, jcx, &by_sources, count);
    }
    Ok(made.artifacts(cell, jcx.units))
}

impl Link<'_> {
    /// Runs the commands on the objects of a cell, the core's and its own; what they printed.
    async fn run(
        &self,
        cx: &BuildContext,
        jcx: &mut JobContext,
        commands: Commands,
        extras: &Extras<'_>,
        core: &Arc<CoreArtifacts>,
        units: &[Unit],
    ) -> Result<String, BuildError> {
        let cell = &self.job.folder;
        let mut printed = String::new();
        let Commands { library_archives, main, postbuild, .. } = commands;
        jcx.track.enter(Phase::Seed);
        self.seed(units).await?;
        let is_hook = |command: &Command| command.step == Step::Hook;
        if !self.early.is_visible() && main.iter().chain(&postbuild).any(is_hook) {
            self.prepared.place(&cell.join("sketch")).await?;
        }
        for command in library_archives {
            command.run(cx, jcx, cell, &mut printed).await?;
        }
        self.seed_core(core).await?;
        jcx.track.enter(Phase::Link);
        if let (Some(embedding), Some(first)) = (extras.embedding, self.sources().next()) {
            embedding.make(cx, jcx, &cell.join(&first.path), cell).await?;
        }
        for command in main {
            if command.step == Step::Objcopy || command.label == Hook::ObjcopyPreobjcopy.prefix() {
                jcx.track.enter(Phase::Size);
            }
            let step = command.step;
            match command.run(cx, jcx, cell, &mut printed).await {
                Err(BuildError::Failed(failure)) if step == Step::Link => {
                    return Err(self.refused(cx, jcx, failure).await);
                }
                other => other?,
            }
        }
        if let Some(bootloader) = extras.bootloader {
            bootloader.merge(cell, self.project_name).await?;
        }
        for command in postbuild {
            command.run(cx, jcx, cell, &mut printed).await?;
        }
        Ok(printed)
    }

    /// The failure of a link, in the user's words.
    async fn refused(&self, cx: &BuildContext, jcx: &JobContext, failure: Box<Failure>) -> BuildError {
        match overflow::explain_link(self, cx, jcx, failure).await {
            BuildError::Failed(failure) if failure.overflow.is_none() => origin::explain(self, failure).await,
            explained => explained,
        }
    }

    fn learn(&self, cx: &BuildContext, jcx: &JobContext, by_sources: &Hash, units: u32) {
        if self.repeats {
            cx.known.learn_cell(self.job, by_sources, units, &jcx.libraries.list);
        }
    }

    /// Sketch and libraries, in link order.
    fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sketch.iter().chain(self.libraries.iter().flat_map(|library| &library.sources))
    }

    /// Where its commands run.
    fn place(&self) -> Place {
        Place {
            folder: self.job.folder.clone(),
            given: self.given.clone(),
            whole: self.job.target.config.platform_dirs().chain([self.job.sketch.dir.clone()]).collect(),
        }
    }

    /// Why the keys of what enters are good for this run only, if so.
    fn opaque(&self) -> Option<String> {
        self.sources().find_map(|source| source.unit.opaque()).or_else(|| self.core.opaque.clone())
    }

    /// Over everything that enters, known before anything is compiled.
    fn key_of_sources(&self, tail: &Key) -> Hash {
        let mut key = Key::new("by sources");
        key.add(tail.finish().as_bytes()).add(self.core.key.as_bytes());
        for source in self.sources() {
            key.add(source.path.as_os_str().as_encoded_bytes()).add(source.unit.key.as_bytes());
        }
        key.finish()
    }

    /// Over the bytes of everything that enters.
    fn key_of_contents(&self, tail: &Key, core: &CoreArtifacts, units: &[Unit]) -> Hash {
        let mut key = Key::new("by contents");
        key.add(tail.finish().as_bytes()).add(core.contents.as_bytes());
        for (source, unit) in self.sources().zip(units) {
            key.add(source.path.as_os_str().as_encoded_bytes()).add(unit.hash.as_bytes());
        }
        key.finish()
    }

    /// What hooks left in the cell's folder, relative to it, as far as it is there, with its content's hash.
    async fn left_by_hooks(&self, cx: &BuildContext) -> Result<Vec<(PathBuf, Hash)>, BuildError> {
        let (folder, files, given) = (self.job.folder.clone(), cx.files.clone(), self.given.clone());
        blocking(move || {
            let hash = |path: PathBuf| {
                let relative = path.strip_prefix(&folder).unwrap_or(&path).to_owned();
                Some((relative, files.hash_now(&path).ok()?))
            };
            let mut left: Vec<(PathBuf, Hash)> = given.into_iter().filter_map(hash).collect();
            left.sort_by(|(one, _), (other, _)| one.cmp(other));
            left
        })
        .await
    }

    /// Whether a hook runs between the compiles and the link, which may write into objects: then they are copies.
    fn sharing(&self) -> Sharing {
        let config = &self.job.target.config;
        let mut hooks = self.early.others().chain([Hook::LinkingPrelink]);
        if hooks.any(|hook| !config.hooks(hook).is_empty()) { Sharing::Copy } else { Sharing::Link }
    }

    /// Puts the objects of sketch and libraries into the cell's folder, and removes what an earlier link made: no tool
    /// writes through a link into what others share. What hooks have seen stays as they left it.
    async fn seed(&self, units: &[Unit]) -> Result<(), BuildError> {
        let folder = &self.job.folder;
        let placed = self.early.placed();
        let mut stays = self.given.clone();
        stays.extend(
            placed.iter().flat_map(|path| [folder.join(path), folder.join(path).with_extension("d")]),
        );
        folder::clear(folder, &stays).await?;
        let own = self.sources().zip(units).filter(|(source, _)| !placed.contains(&source.path));
        let sharing = self.sharing();
        if sharing == Sharing::Copy {
            let objects = own.map(|(source, unit)| (&*source.path, &*source.unit, unit));
            return hooks::place(folder, objects).await;
        }
        // The last of equal paths counts.
        let own: HashMap<&Path, &Path> = own.map(|(source, unit)| (&*source.path, &*unit.object)).collect();
        let own = own.into_iter().map(|(path, object)| (object.to_owned(), path.to_owned()));
        folder::place(folder, Step::Seed, sharing, own.collect()).await
    }

    /// Puts the core's objects and archive into the cell's folder, after the archives of libraries are packed: as with
    /// arduino-cli, a recipe that always names `core.a` finds no directory to put it in.
    async fn seed_core(&self, core: &Arc<CoreArtifacts>) -> Result<(), BuildError> {
        let archive = core.outline.archive.iter().filter(|_| core.has_archive);
        let core = &core.outline;
        let seeds = core.objects.iter().chain(archive).map(|path| (core.folder.join(path), path.clone()));
        folder::place(&self.job.folder, Step::Seed, self.sharing(), seeds.collect()).await
    }

    /// The linked program, among the firmware files.
    fn elf(&self, files: &[PathBuf]) -> Option<PathBuf> {
        let is_there = |path: &PathBuf| files.iter().any(|file| self.job.folder.join(file) == *path);
        self.linked().into_iter().find(is_there)
    }

    /// Where the linked program can be: `.axf` on apollo3.
    pub(super) fn linked(&self) -> [PathBuf; 2] {
        ["elf", "axf"].map(|extension| self.job.folder.join(format!("{}.{extension}", self.project_name)))
    }

    /// The firmware files, relative to the cell's folder, the one to upload first, then the others by name: those that
    /// `arduino-cli compile --output-dir` exports, whose names begin with the project's. Then what else the recipes left
    /// beside them. What hooks gave is theirs to make again.
    async fn artifacts(&self, cx: &BuildContext) -> Result<(Vec<PathBuf>, Vec<PathBuf>), BuildError> {
        let (cell, given, archive) = (self.job.folder.clone(), self.given.clone(), self.core.archive.clone());
        let project = self.project_name.to_owned();
        let names = blocking(move || {
            let mut names = Vec::new();
            for entry in std::fs::read_dir(&cell)? {
                let entry = entry?;
                let name = entry.file_name();
                if entry.file_type().is_ok_and(|kind| kind.is_file())
                    && !folder::is_ours(&name)
                    && (name.to_string_lossy().starts_with(&*project) || !given.contains(&entry.path()))
                    && Some(Path::new(&name)) != archive.as_deref()
                {
                    names.push(PathBuf::from(name));
                }
            }
            names.sort();
            Ok(names)
        });
        let names = names.await?.map_err(|error: std::io::Error| {
            BuildError::io(Step::Objcopy, FileAction::Read, &self.job.folder, &error)
        })?;
        let config = &self.job.target.config;
        let first = config.output_file(self.project_name);
        let first = first.map_err(|error| BuildError::board(Step::Objcopy, &error))?.map(PathBuf::from);
        if let Some(first) = first.as_ref().filter(|first| !names.contains(first)) {
            cx.runner.warn_once(format!(
                "the recipes made no {} (recipe.output.tmp_file of {}); as with arduino-cli, that is no error",
                first.display(),
                config.platform_dir.join("platform.txt").display()
            ));
        }
        let is_firmware = |name: &PathBuf| {
            Some(name) == first.as_ref() || name.to_string_lossy().starts_with(self.project_name)
        };
        let (mut files, others): (Vec<_>, Vec<_>) = names.into_iter().partition(is_firmware);
        if let Some(at) = files.iter().position(|name| Some(name) == first.as_ref()) {
            files[..=at].rotate_right(1);
        }
        Ok((files, others))
    }
}
