//! From objects to firmware: seeds the cell's folder with stage 1, links, converts and measures.

use std::path::{Path, PathBuf};

use super::cell::{LibraryObjects, Object, place};
use super::core::archive_words;
use super::unit::blocking;
use super::{BuildContext, BuildError, CellArtifacts, CoreArtifacts, JobContext, hooks, size};
use crate::board::{CORE_ARCHIVE, Hook, Value};
use crate::event::{Phase, Sizes, Step};
use crate::plan::CellJob;
use crate::source::Hash;
use crate::store::{Output, Record, write_atomically};

/// Everything that enters a link.
pub(super) struct Link<'a> {
    pub(super) job: &'a CellJob,
    pub(super) core: &'a CoreArtifacts,
    pub(super) sketch: &'a [Object],
    pub(super) libraries: &'a [LibraryObjects],
    pub(super) values: &'a [(&'a str, Value<'a>)],
    pub(super) project_name: &'a str,
}

/// A command and what it is called.
struct Command {
    step: Step,
    label: String,
    argv: Vec<String>,
}

/// Links a cell, or finds that it is up to date.
///
/// # Errors
/// Where it does not link or fit, or a tool is missing.
pub(super) async fn build(
    link: Link<'_>,
    cx: &BuildContext,
    jcx: &mut JobContext,
) -> Result<CellArtifacts, BuildError> {
    let folder = &link.job.folder;
    let commands = link.commands()?;
    let key = link.key(cx, &commands).await?;
    let printed = link.printed();
    let (record_folder, files) = (folder.clone(), cx.files.clone());
    let up_to_date = blocking(move || {
        Record::load(&record_folder).filter(|record| record.holds(&key, &record_folder, &files))
    });
    if let Some(record) = up_to_date.await? {
        return Ok(CellArtifacts {
            artifacts: record.artifacts.iter().map(|path| folder.join(path)).collect(),
            sizes: record.sizes,
            fresh: false,
            printed: printed + &record.printed,
            units: jcx.units,
        });
    }

    jcx.track.enter(Phase::Seed);
    link.seed(cx).await?;
    jcx.track.enter(Phase::Link);
    let mut said = String::new();
    for command in commands {
        if command.step == Step::Objcopy || command.label == Hook::ObjcopyPreobjcopy.prefix() {
            jcx.track.enter(Phase::Size);
        }
        let finished = jcx.command(cx, command.step, command.label, command.argv, folder.clone()).await?;
        said.push_str(&String::from_utf8_lossy(&finished.printed()));
    }
    jcx.track.enter(Phase::Size);
    let elf = link.elf();
    let sizes = size::measure(cx, jcx, &link.job.target, link.values, folder, elf.as_deref()).await?;
    let artifacts = link.artifacts()?;
    link.record(cx, key, &artifacts, sizes, &said).await?;
    Ok(CellArtifacts {
        artifacts: artifacts.iter().map(|path| folder.join(path)).collect(),
        sizes,
        fresh: true,
        printed: printed + &said,
        units: jcx.units,
    })
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
        let mut objects: Vec<String> = self.sketch.iter().map(|object| absolute(&object.path)).collect();
        for library in self.libraries {
            let words: Vec<String> = library.objects.iter().map(|object| absolute(&object.path)).collect();
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
            commands.push(command(Step::Objcopy, name.to_owned(), recipe.pattern)?);
        }
        hook(Hook::ObjcopyPostobjcopy, &mut commands)?;
        hook(Hook::Postbuild, &mut commands)?;
        Ok(commands)
    }

    /// Over everything that enters: objects, core, commands, tools.
    async fn key(&self, cx: &BuildContext, commands: &[Command]) -> Result<Hash, BuildError> {
        let mut key = blake3::Hasher::new();
        key.update(b"cell 1\0").update(self.core.key.as_bytes());
        let libraries = self.libraries.iter().flat_map(|library| &library.objects);
        for object in self.sketch.iter().chain(libraries) {
            key.update(object.path.as_os_str().as_encoded_bytes())
                .update(b"\0")
                .update(object.unit.key.as_bytes());
        }
        for command in commands {
            key_command(cx, command.step, &command.argv, &mut key).await?;
        }
        for pattern in size::patterns(&self.job.target) {
            key.update(pattern.as_bytes()).update(b"\0");
        }
        Ok(key.finalize())
    }

    /// What the compilers printed: warnings, of this run or of the one that made the objects.
    fn printed(&self) -> String {
        let libraries = self.libraries.iter().flat_map(|library| &library.objects);
        let objects = self.sketch.iter().chain(libraries);
        objects.map(|object| object.unit.printed.as_str()).collect()
    }

    /// Hardlinks objects and `core.a` into the cell's folder, and removes what an earlier link made:
    /// no tool writes through a link into what others share.
    async fn seed(&self, cx: &BuildContext) -> Result<(), BuildError> {
        let folder = self.job.folder.clone();
        let _ = cx;
        blocking(move || {
            let io = |error: std::io::Error| BuildError::io(Step::Seed, "emptied", &folder, &error);
            let earlier = Record::load(&folder);
            Record::forget(&folder).map_err(io)?;
            for output in earlier.into_iter().flat_map(|record| record.outputs) {
                match std::fs::remove_file(folder.join(output.path)) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
                    _ => {}
                }
            }
            // Without a record nobody knows what is left of an earlier link: all its files go.
            for entry in std::fs::read_dir(&folder).map_err(io)? {
                let entry = entry.map_err(io)?;
                if entry.file_type().map_err(io)?.is_file() {
                    std::fs::remove_file(entry.path()).map_err(io)?;
                }
            }
            // So do objects of sources and libraries that are no longer part of it.
            for part in ["sketch", "libraries", "core"] {
                match std::fs::remove_dir_all(folder.join(part)) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
                    _ => {}
                }
            }
            Ok(())
        })
        .await??;
        let libraries = self.libraries.iter().flat_map(|library| &library.objects);
        let own = self
            .sketch
            .iter()
            .chain(libraries)
            .map(|object| (object.unit.object.clone(), object.path.clone()));
        let core = &self.core;
        let seeds =
            core.objects.iter().chain(&core.archive).map(|path| (core.folder.join(path), path.clone()));
        place(&self.job.folder, own.chain(seeds).collect()).await
    }

    fn elf(&self) -> Option<PathBuf> {
        // `.axf` on apollo3.
        ["elf", "axf"]
            .iter()
            .map(|extension| self.job.folder.join(format!("{}.{extension}", self.project_name)))
            .find(|path| path.is_file())
    }

    /// The firmware files, relative to the cell's folder: the one to upload, then the others by name.
    fn artifacts(&self) -> Result<Vec<PathBuf>, BuildError> {
        let folder = &self.job.folder;
        let error = |error: &std::io::Error| BuildError::io(Step::Objcopy, "read", folder, error);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(|e| error(&e))? {
            let entry = entry.map_err(|e| error(&e))?;
            let name = entry.file_name();
            let is_log = name == "build.log" || name.to_string_lossy().starts_with('.');
            if entry.file_type().is_ok_and(|kind| kind.is_file()) && !is_log {
                names.push(PathBuf::from(name));
            }
        }
        names.sort();
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

    async fn record(
        &self,
        cx: &BuildContext,
        key: Hash,
        artifacts: &[PathBuf],
        sizes: Option<Sizes>,
        said: &str,
    ) -> Result<(), BuildError> {
        let (folder, files) = (self.job.folder.clone(), cx.files.clone());
        let (artifacts, printed) = (artifacts.to_vec(), said.to_owned());
        blocking(move || {
            let outputs: Result<Vec<Output>, _> =
                artifacts.iter().map(|path| Output::of(&folder, path.clone(), &files)).collect();
            outputs
                .and_then(|outputs| {
                    Record { key: key.to_hex().to_string(), outputs, artifacts, sizes, printed }.save(&folder)
                })
                .map_err(|error| BuildError::io(Step::Link, "recorded", &folder, &error))
        })
        .await?
    }
}

/// Adds a command and its tool to a key.
///
/// # Errors
/// Where the tool is missing or can't be identified.
pub(super) async fn key_command(
    cx: &BuildContext,
    step: Step,
    argv: &[String],
    key: &mut blake3::Hasher,
) -> Result<(), BuildError> {
    let program = PathBuf::from(argv.first().map(String::as_str).unwrap_or_default());
    let identity = cx.identities.of(&program).await.map_err(|error| BuildError::identity(step, &error))?;
    key.update(identity.hash.as_bytes());
    for word in argv {
        key.update(word.as_bytes()).update(b"\0");
    }
    Ok(())
}

/// Writes the log of a cell or core: its commands and what they printed.
pub fn write_log(folder: &Path, lines: &[String]) {
    let mut text = lines.join("\n");
    text.push('\n');
    // The log is for reading; a build that can't write it has failed for the same reason elsewhere.
    let _ = std::fs::create_dir_all(folder)
        .and_then(|()| write_atomically(&folder.join("build.log"), text.as_bytes()));
}
