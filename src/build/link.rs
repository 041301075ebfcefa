//! From units to firmware: compiles what is not there, seeds the cell's folder with stage 1, links,
//! converts and measures.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cell::{LibrarySources, Source};
use super::core::archive_words;
use super::embed::{self, Embedding};
use super::firmware::{self, Firmware};
use super::inputs::{Place, add_commands};
use super::known::There;
use super::unit::{self, Key, Unit, blocking};
use super::{
    BuildContext, BuildError, CellArtifacts, CoreArtifacts, CoreHandle, CoreOutline, JobContext, convert,
    folder, hooks, size, symbols,
};
use crate::board::{CORE_ARCHIVE, Hook, Value};
use crate::event::{Phase, Step, UnitCounts};
use crate::plan::CellJob;
use crate::source::Hash;

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
    /// Whether it is the same in the next run if nothing that was looked at has changed: no hook has run, and nothing
    /// was asked of a tool that no key covers.
    pub(super) repeats: bool,
}

/// A command and what it is called.
struct Command {
    step: Step,
    label: String,
    argv: Vec<String>,
}

/// The hooks between the compiles and the link.
const AFTER_COMPILES: [Hook; 2] = [Hook::SketchPostbuild, Hook::LibrariesPostbuild];

/// The firmware of a cell whose key is known from the run before.
///
/// # Errors
/// Where the cell's folder can't be written.
pub(super) async fn known(
    job: &CellJob,
    cx: &BuildContext,
    jcx: &mut JobContext,
) -> Result<Option<CellArtifacts>, BuildError> {
    if let Some(There { firmware, units }) = cx.known.take(job) {
        return Ok(Some(found_by_key(job, firmware, jcx, units)));
    }
    let Some(known) = cx.known.cell(job) else { return Ok(None) };
    jcx.track.enter(Phase::Compile);
    let found = firmware::find(cx, job, &known.key(), &HashSet::new()).await?;
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
    core: &CoreHandle,
    cx: &BuildContext,
    jcx: &mut JobContext,
) -> Result<CellArtifacts, BuildError> {
    let cell = &link.job.folder;
    let commands = link.commands()?;
    let count = u32::try_from(link.sources().count()).unwrap_or(u32::MAX);
    // Nothing but the commands is the same for both keys.
    let mut tail = Key::new("cell 3");
    tail.add(cell.as_os_str().as_encoded_bytes()).add(&convert::VERSION.to_le_bytes());
    for pattern in size::patterns(&link.job.target) {
        tail.add(pattern.as_bytes());
    }
    let mut between = Vec::new();
    for hook in AFTER_COMPILES {
        between.extend(hooks::commands(&link.job.target, hook, link.values)?);
    }
    let mut words: Vec<(Step, &[String])> =
        between.iter().map(|argv| (Step::Hook, argv.as_slice())).collect();
    words.extend(commands.iter().map(|command| (command.step, command.argv.as_slice())));
    let measuring = size::program(&link.job.target, link.values)?;
    words.extend(measuring.iter().map(|argv| (Step::Size, argv.as_slice())));
    let uncovered = add_commands(cx, jcx, &mut tail, &link.place(), &words).await?;
    let job = link.job;
    let embedding = match commands.iter().find(|command| command.step == Step::Link) {
        Some(command) if !job.embed.is_empty() => {
            Some(Embedding::plan(cx, &mut tail, &command.argv, &job.target, &job.embed).await?)
        }
        _ => None,
    };
    let by_sources = link.key_of_sources(&tail);
    let is_lasting = uncovered.is_none() && link.opaque().is_none();
    if is_lasting && let Some(found) = firmware::find(cx, link.job, &by_sources, link.given).await? {
        link.learn(cx, &by_sources, count);
        return Ok(found_by_key(link.job, found, jcx, count));
    }

    let units = unit::make_all(cx, jcx, link.sources().map(|source| &source.unit)).await?;
    for hook in AFTER_COMPILES {
        hooks::run(cx, jcx, &link.job.target, hook, link.values, cell).await?;
    }
    let core = jcx.wait_for(cx, core).await?;
    let by_contents = link.key_of_contents(&tail, &core, &units);
    let is_lasting = is_lasting && core.lasts && units.iter().all(|unit| unit.lasts);
    let is_covered = uncovered.is_none();
    let keys: Vec<Hash> =
        [is_covered.then_some(by_contents), is_lasting.then_some(by_sources)].into_iter().flatten().collect();
    if is_covered && let Some(found) = firmware::find(cx, link.job, &by_contents, link.given).await? {
        jcx.log.extend(found.log.iter().cloned());
        // Next time nothing needs to be compiled to find it.
        firmware::keep(cx, link.job, keys, &found).await?;
        if is_lasting {
            link.learn(cx, &by_sources, count);
        }
        return Ok(found.artifacts(cell, jcx.units));
    }

    jcx.track.enter(Phase::Seed);
    link.seed(&core, &units).await?;
    jcx.track.enter(Phase::Link);
    if let (Some(embedding), Some(first)) = (&embedding, link.sources().next()) {
        embedding.make(cx, jcx, &cell.join(&first.path), cell).await?;
    }
    let mut printed: String = units.iter().map(|unit| unit.printed.as_str()).collect();
    for command in commands {
        if command.step == Step::Objcopy || command.label == Hook::ObjcopyPreobjcopy.prefix() {
            jcx.track.enter(Phase::Size);
        }
        let Command { step, label, argv } = command;
        let bytes = if step == Step::Objcopy {
            convert::command(cx, jcx, step, &label, argv, cell).await?.printed
        } else {
            jcx.command(cx, step, label, argv, cell.clone()).await?.printed()
        };
        printed.push_str(&String::from_utf8_lossy(&bytes));
    }
    jcx.track.enter(Phase::Size);
    let files = link.artifacts().await?;
    let elf = link.elf(&files);
    let measured = size::measure(cx, jcx, &link.job.target, link.values, cell, elf.as_deref()).await?;
    printed.push_str(&measured.said);
    if let Some(elf) = &elf {
        symbols::list(link, elf).await?;
    }
    let made = Firmware { files, sizes: measured.sizes, printed, log: jcx.log.clone(), fresh: true };
    firmware::keep(cx, link.job, keys, &made).await?;
    if is_lasting {
        link.learn(cx, &by_sources, count);
    }
    Ok(made.artifacts(cell, jcx.units))
}

impl Link<'_> {
    /// What runs after the compiles, in order: archives of libraries, the link, conversions, and the
    /// platform's hooks between them.
    fn commands(&self) -> Result<Vec<Command>, BuildError> {
        let target = &self.job.target;
        let config = &target.config;
        let folder = &self.job.folder;
        let absolute = |path: &Path| folder.join(path).display().to_string();
        let mut commands = Vec::new();
        let mut objects: Vec<String> = self.sketch.iter().map(|source| absolute(&source.path)).collect();
        objects.extend(self.job.embed.iter().map(|it| absolute(&embed::object(it))));
        for library in self.libraries {
            let words: Vec<String> = library.sources.iter().map(|source| absolute(&source.path)).collect();
            match &library.archive {
                Some(archive) if !words.is_empty() => {
                    let recipe = config.archive_recipe().ok_or_else(|| {
                        BuildError::no_recipe(Step::Archive, "recipe.ar.pattern", &config.platform_dir)
                    })?;
                    let argv =
                        archive_words(target, recipe.pattern, self.values, &words, &folder.join(archive))?;
                    commands.push(Command {
                        step: Step::Archive,
                        label: archive.display().to_string(),
                        argv,
                    });
                    objects.push(absolute(archive));
                }
                _ => objects.extend(words),
            }
        }
        objects.extend(self.core.variant_objects.iter().map(|path| absolute(path)));
        let archive_path = absolute(Path::new(CORE_ARCHIVE));
        let mut values = self.values.to_vec();
        values.extend([
            ("object_files", Value::Words(&objects)),
            ("archive_file", Value::Word(CORE_ARCHIVE)),
            ("archive_file_path", Value::Word(&archive_path)),
        ]);
        let hook = |hook: Hook, commands: &mut Vec<Command>| -> Result<(), BuildError> {
            for argv in hooks::commands(target, hook, &values)? {
                commands.push(Command { step: Step::Hook, label: hook.prefix().to_owned(), argv });
            }
            Ok(())
        };
        hook(Hook::LinkingPrelink, &mut commands)?;
        let recipes = config.link_recipes();
        if recipes.is_empty() {
            return Err(BuildError::no_recipe(Step::Link, "recipe.c.combine.pattern", &config.platform_dir));
        }
        let command = |step, label: String, pattern: &str| {
            let argv = config.command(pattern, &values).map_err(|error| BuildError::board(step, &error))?;
            Ok::<_, BuildError>(Command { step, label, argv })
        };
        for recipe in recipes {
            commands.push(command(Step::Link, format!("{}.elf", self.project_name), recipe.pattern)?);
        }
        hook(Hook::LinkingPostlink, &mut commands)?;
        hook(Hook::ObjcopyPreobjcopy, &mut commands)?;
        for recipe in config.objcopy_recipes() {
            let name = recipe.key.trim_start_matches("recipe.objcopy.").trim_end_matches(".pattern");
            let argv = config.optional_command(recipe.pattern, &values);
            let argv = argv.map_err(|error| BuildError::board(Step::Objcopy, &error))?;
            let label = name.to_owned();
            commands.extend(argv.map(|argv| Command { step: Step::Objcopy, label, argv }));
        }
        hook(Hook::ObjcopyPostobjcopy, &mut commands)?;
        hook(Hook::Postbuild, &mut commands)?;
        Ok(commands)
    }

    fn learn(&self, cx: &BuildContext, by_sources: &Hash, units: u32) {
        if self.repeats {
            cx.known.learn_cell(self.job, by_sources, units);
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
            whole: vec![self.job.target.config.platform_dir.clone(), self.job.sketch.dir.clone()],
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

    /// Hardlinks objects and `core.a` into the cell's folder, and removes what an earlier link made:
    /// no tool writes through a link into what others share.
    async fn seed(&self, core: &Arc<CoreArtifacts>, units: &[Unit]) -> Result<(), BuildError> {
        folder::clear(&self.job.folder, self.given).await?;
        let own = self.sources().zip(units).map(|(source, unit)| (unit.object.clone(), source.path.clone()));
        let core = &core.outline;
        let seeds =
            core.objects.iter().chain(&core.archive).map(|path| (core.folder.join(path), path.clone()));
        folder::place(&self.job.folder, Step::Seed, own.chain(seeds).collect()).await
    }

    /// The linked program, among the firmware files.
    fn elf(&self, files: &[PathBuf]) -> Option<PathBuf> {
        // `.axf` on apollo3.
        let mut names =
            ["elf", "axf"].map(|extension| format!("{}.{extension}", self.project_name)).into_iter();
        names.find(|name| files.iter().any(|file| *file == **name)).map(|name| self.job.folder.join(name))
    }

    /// The firmware files, relative to the cell's folder: the one to upload, then the others by name.
    /// What hooks gave is theirs to make again.
    async fn artifacts(&self) -> Result<Vec<PathBuf>, BuildError> {
        let (cell, given) = (self.job.folder.clone(), self.given.clone());
        let names = blocking(move || {
            let mut names = Vec::new();
            for entry in std::fs::read_dir(&cell)? {
                let entry = entry?;
                let name = entry.file_name();
                if entry.file_type().is_ok_and(|kind| kind.is_file())
                    && !folder::is_ours(&name)
                    && !given.contains(&entry.path())
                {
                    names.push(PathBuf::from(name));
                }
            }
            names.sort();
            Ok(names)
        });
        let mut names = names.await?.map_err(|error: std::io::Error| {
            BuildError::io(Step::Objcopy, "read", &self.job.folder, &error)
        })?;
        let first = self
            .job
            .target
            .config
            .output_file(self.project_name)
            .map_err(|error| BuildError::board(Step::Objcopy, &error))?
            .map(PathBuf::from);
        if let Some(first) = &first {
            let Some(at) = names.iter().position(|name| name == first) else {
                return Err(BuildError::code(
                    Step::Objcopy,
                    format!(
                        "the recipes made no {} (recipe.output.tmp_file of {})",
                        first.display(),
                        self.job.target.config.platform_dir.join("platform.txt").display()
                    ),
                ));
            };
            names[..=at].rotate_right(1);
        }
        Ok(names)
    }
}
