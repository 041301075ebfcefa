//! Collects the commands of a cell after its compiles, in order, and runs a single one. Knows nothing of
//! keys.

use std::path::{Path, PathBuf};

use super::inputs::Link;
use crate::event::Step;
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::step::CommandLine;
use crate::pipeline::output::{archive, directory, embed, long_link};
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::{convert, hooks};
use crate::platform::{CORE_ARCHIVE, Hook, Value};
use crate::process::Environment;

/// A command with its step and its label.
pub(super) struct Command {
    pub(super) step: Step,
    pub(super) label: String,
    pub(super) line: CommandLine,
}

/// The commands after the compiles, in order.
pub(super) struct Commands {
    /// Archives of libraries with `dot_a_linkage`, packed before the core's files are in the cell.
    pub(super) library_archives: Vec<Command>,
    /// Hooks between the compiles and the link, the link, conversions, and the hooks around them.
    pub(super) main: Vec<Command>,
    /// Hooks that also see the merged bootloader.
    pub(super) postbuild: Vec<Command>,
    /// A possible difference to arduino-cli's firmware.
    pub(super) warning: Option<String>,
}

impl Commands {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Command> {
        self.library_archives.iter().chain(&self.main).chain(&self.postbuild)
    }
}

impl Command {
    fn new(step: Step, label: String, argv: Vec<String>) -> Self {
        Self { step, label, line: argv.into() }
    }

    /// Runs the command, and appends its output to `printed`.
    pub(super) async fn run(
        self,
        cx: &BuildContext,
        jcx: &mut JobContext,
        cell: &Path,
        printed: &mut String,
    ) -> Result<(), BuildError> {
        let Self { step, label, line } = self;
        if step == Step::Objcopy {
            let bytes = convert::command(cx, jcx, step, &label, line.argv, cell).await?.printed;
            printed.push_str(&cx.checkout.with_own_names(&String::from_utf8_lossy(&bytes)));
            return Ok(());
        }
        let temporary = line.has_relative_temporary.then(|| cell.join(Environment::RELATIVE_TEMPORARY));
        if let Some(temporary) = &temporary {
            directory::make(temporary).await?;
        }
        let finished = jcx.command(cx, step, label, line, cell.to_owned()).await;
        if let Some(temporary) = temporary {
            // A remaining directory is removed with the next build.
            let _ = blocking(move || std::fs::remove_dir_all(temporary)).await?;
        }
        let bytes = finished?.printed();
        printed.push_str(&cx.checkout.with_own_names(&String::from_utf8_lossy(&bytes)));
        Ok(())
    }
}

impl Link<'_> {
    /// Returns the commands that run after the compiles.
    pub(super) async fn commands(&self, cx: &BuildContext) -> Result<Commands, BuildError> {
        let target = &self.job.target;
        let config = &target.config;
        let (library_archives, objects) = self.objects(cx).await?;
        let archive_path = self.job.directory.join(CORE_ARCHIVE).display().to_string();
        let packed = long_link::pack(cx, target, self.values, &self.job.directory, &objects).await?;
        let object_files = packed.as_ref().map_or(&objects, |packed| &packed.words);
        let mut values = self.values.to_vec();
        values.extend([
            ("object_files", Value::Words(object_files)),
            ("archive_file", Value::Word(CORE_ARCHIVE)),
            ("archive_file_path", Value::Word(&archive_path)),
        ]);
        let hook = |hook: Hook, commands: &mut Vec<Command>| -> Result<(), BuildError> {
            for argv in hooks::commands(target, hook, self.values)? {
                commands.push(Command::new(Step::Hook, hook.prefix().to_owned(), argv));
            }
            Ok(())
        };
        let mut commands = Vec::new();
        for late in self.early.others() {
            hook(late, &mut commands)?;
        }
        hook(Hook::LinkingPrelink, &mut commands)?;
        for (label, argv) in packed.iter().flat_map(|packed| packed.archiving.iter().cloned()) {
            commands.push(Command::new(Step::Archive, label, argv));
        }
        for recipe in config.link_recipes() {
            let argv = config.command_with_warnings(recipe.pattern, &values);
            let argv = argv.map_err(|error| BuildError::board(Step::Link, &error))?;
            let label = format!("{}.elf", self.project_name);
            commands.push(linking(cx, label, argv, &self.job.directory).await?);
        }
        hook(Hook::LinkingPostlink, &mut commands)?;
        hook(Hook::ObjcopyPreobjcopy, &mut commands)?;
        for recipe in config.objcopy_recipes() {
            let name = recipe.key.trim_start_matches("recipe.objcopy.").trim_end_matches(".pattern");
            let argv = config.command(recipe.pattern, self.values);
            let argv = argv.map_err(|error| BuildError::board(Step::Objcopy, &error))?;
            commands.push(Command::new(Step::Objcopy, name.to_owned(), argv));
        }
        hook(Hook::ObjcopyPostobjcopy, &mut commands)?;
        let mut postbuild = Vec::new();
        hook(Hook::Postbuild, &mut postbuild)?;
        let warning = packed.and_then(|packed| packed.warning);
        Ok(Commands { library_archives, main: commands, postbuild, warning })
    }

    /// Returns the objects and archives of `{object_files}` in link order, and the commands that pack the
    /// archives.
    async fn objects(&self, cx: &BuildContext) -> Result<(Vec<Command>, Vec<String>), BuildError> {
        let directory = &self.job.directory;
        let absolute = |path: &Path| directory.join(path).display().to_string();
        let mut commands = Vec::new();
        let mut objects: Vec<String> = self.sketch.iter().map(|source| absolute(&source.path)).collect();
        objects.extend(self.job.embed.iter().map(|it| absolute(&embed::object(it))));
        for (index, library) in self.libraries.iter().enumerate() {
            // A later library in a directory of the same name packs the archive again.
            let is_replaced = self.libraries[index + 1..]
                .iter()
                .any(|later| later.archive == library.archive && !later.sources.is_empty());
            objects.extend(library.precompiled.iter().map(|archive| archive.display().to_string()));
            let words: Vec<String> = library.sources.iter().map(|source| absolute(&source.path)).collect();
            let Some(archive) = &library.archive else {
                objects.extend(words);
                continue;
            };
            if !is_replaced {
                let archiving =
                    archive::commands(cx, &self.job.target, self.values, &words, &directory.join(archive))
                        .await?;
                let label = archive.display().to_string();
                let archiving = archiving.into_iter();
                commands.extend(archiving.map(|argv| Command::new(Step::Archive, label.clone(), argv)));
            }
            // Also for a library without sources: arduino-cli passes the missing archive to the linker.
            objects.push(absolute(archive));
        }
        objects.extend(self.core.variant_objects.iter().map(|path| absolute(path)));
        Ok((commands, objects))
    }
}

/// Returns the command of a link. A compiler driver that links also compiles, with link-time optimisation and in the
/// cell's directory. The ELF must name neither that directory, in debug information, nor a temporary file below
/// another one: then it is the same in every checkout.
async fn linking(
    cx: &BuildContext,
    label: String,
    argv: Vec<String>,
    cell: &Path,
) -> Result<Command, BuildError> {
    let program = PathBuf::from(argv.first().map(String::as_str).unwrap_or_default());
    let identity = cx.identities.of(&program).await;
    let identity = identity.map_err(|error| BuildError::identity(Step::Link, &error))?;
    let mut line = CommandLine::from(argv);
    if identity.version.is_some() {
        let own = cx.checkout.physical_name(cell);
        line.added.push(format!("-fdebug-prefix-map={}=.", own.display()));
        line.has_relative_temporary = true;
    }
    Ok(Command { step: Step::Link, label, line })
}
