//! The floor: a makefile with the recipes' commands and nothing else. Each core and library is compiled once per board,
//! sketches are already C++, and nothing is searched for. It is the lower bound for any runner that spawns these
//! processes.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use fbuild_matrix::platform::{BoardConfig, Value};

use super::Result;
use super::peers::Work;
use super::set::{BOARDS, Library, Set, Sketch};
use super::tools::{Tools, empty, set_aside};

/// A makefile and its directories.
pub(crate) struct Floor {
    directory: PathBuf,
    /// Directories of its outputs; its rules create none.
    outputs: Vec<PathBuf>,
    jobs: usize,
    /// Processes that a cold build starts.
    pub(crate) tools: u64,
    /// Number of compiles among them.
    pub(crate) compiles: u64,
}

impl Floor {
    /// Writes the makefile into `directory`, with `wrapper` before each compile, if there is one.
    pub(crate) fn new(work: Work<'_>, directory: &Path, wrapper: Option<&Path>) -> Result<Self> {
        let Work { tools, set, generated, jobs, .. } = work;
        empty(directory)?;
        for sketch in &set.sketches {
            place_sketch(sketch, generated, &directory.join("sketches").join(&sketch.name))?;
        }
        let wrapper = wrapper.map(text).transpose()?;
        let mut rules = Rules { directory: directory.to_owned(), wrapper, ..Rules::default() };
        for (board, fqbn) in BOARDS {
            rules.board(set, board, &tools.board(fqbn)?)?;
        }
        let goals = rules.goals.join(" \\\n\t");
        std::fs::write(
            directory.join("Makefile"),
            format!("all: {goals}\n\n.PHONY: all\n.SUFFIXES:\n\n{}", rules.text),
        )?;
        let mut outputs: Vec<PathBuf> = rules.outputs.into_iter().collect();
        outputs.sort();
        Ok(Self {
            directory: directory.to_owned(),
            outputs,
            jobs,
            tools: rules.tools,
            compiles: rules.compiles,
        })
    }

    /// Returns the directory of its firmware.
    pub(crate) fn out(&self) -> PathBuf {
        self.directory.join("out")
    }

    /// Removes all outputs for a cold build.
    pub(crate) fn clear(&self) -> Result<()> {
        set_aside(&self.out())?;
        Ok(self.outputs.iter().try_for_each(std::fs::create_dir_all)?)
    }

    /// Returns the command that builds the missing outputs.
    pub(crate) fn command(&self, tools: &Tools) -> Command {
        let mut command = tools.make();
        // make's built-in rules would only cost time.
        command.arg("-rR").arg(format!("-j{}", self.jobs)).arg("-C").arg(&self.directory);
        command.env("TMPDIR", &self.directory);
        command
    }
}

/// Copies a sketch's C++ and headers into one directory.
fn place_sketch(sketch: &Sketch, generated: &Path, place: &Path) -> Result<()> {
    std::fs::create_dir_all(place)?;
    for entry in std::fs::read_dir(&sketch.directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "h") {
            std::fs::copy(&path, place.join(path.file_name().unwrap_or_default()))?;
        }
    }
    let name = format!("{}.ino.cpp", sketch.name);
    std::fs::copy(generated.join(&name), place.join(&name))
        .map_err(|error| format!("the run has left no {name}: {error}"))?;
    Ok(())
}

/// A makefile under construction.
#[derive(Default)]
struct Rules {
    directory: PathBuf,
    wrapper: Option<String>,
    text: String,
    goals: Vec<String>,
    outputs: HashSet<PathBuf>,
    tools: u64,
    compiles: u64,
}

impl Rules {
    fn board(&mut self, set: &Set, board: &str, config: &BoardConfig) -> Result<()> {
        let out = self.directory.join("out").join(board);
        let core = [Some(&config.core_dir), config.variant_dir.as_ref()];
        let include: Vec<&Path> = core.into_iter().flatten().map(PathBuf::as_path).collect();
        let objects = self.compile_all(config, &config.core_dir, &include, &out.join("core"))?;
        let variant = match &config.variant_dir {
            Some(directory) => self.compile_all(config, directory, &include, &out.join("variant"))?,
            None => Vec::new(),
        };
        let archive = text(&out.join("core/core.a"))?;
        let recipe = config.archive_recipe().ok_or("the core has no recipe.ar.pattern")?;
        let values = [
            ("archive_file", Value::Word("core.a")),
            ("archive_file_path", Value::Word(&archive)),
            ("object_file", Value::Words(&objects)),
        ];
        self.rule(&archive, &objects, &[config.command(recipe.pattern, &values)?])?;

        let mut built: Vec<(&Library, Vec<String>)> = Vec::new();
        for sketch in &set.sketches {
            let directories = sketch.libraries.iter().map(|library| library.directory.as_path());
            let include: Vec<&Path> = include.iter().copied().chain(directories).collect();
            let cell = out.join(&sketch.name);
            let source =
                self.directory.join("sketches").join(&sketch.name).join(format!("{}.ino.cpp", sketch.name));
            let mut linked = vec![self.compile(
                config,
                &source,
                &include,
                &cell.join(format!("{}.ino.cpp.o", sketch.name)),
            )?];
            for library in &sketch.libraries {
                if !built.iter().any(|(known, _)| *known == library) {
                    let place = out.join("libraries").join(&library.name);
                    built.push((library, self.compile_all(config, &library.directory, &include, &place)?));
                }
                linked.extend(
                    built.iter().filter(|(known, _)| *known == library).flat_map(|(_, it)| it.clone()),
                );
            }
            linked.extend(variant.iter().cloned());
            self.firmware(config, &sketch.name, &cell, &linked, &archive)?;
        }
        Ok(())
    }

    /// Adds rules for every source below a directory; returns the objects in Arduino's order.
    fn compile_all(
        &mut self,
        config: &BoardConfig,
        directory: &Path,
        include: &[&Path],
        place: &Path,
    ) -> Result<Vec<String>> {
        let mut objects = Vec::new();
        for source in sources(directory)? {
            let mut object = place.join(source.strip_prefix(directory)?).into_os_string();
            object.push(".o");
            objects.push(self.compile(config, &source, include, Path::new(&object))?);
        }
        Ok(objects)
    }

    fn compile(
        &mut self,
        config: &BoardConfig,
        source: &Path,
        include: &[&Path],
        object: &Path,
    ) -> Result<String> {
        let extension = source.extension().unwrap_or_default().to_string_lossy();
        let recipe = config.compile_recipe(&extension).ok_or("the core has no recipe to compile with")?;
        let (source, object) = (text(source)?, text(object)?);
        let includes: Vec<String> =
            include.iter().map(|directory| format!("-I{}", directory.display())).collect();
        let values = [
            ("includes", Value::Words(&includes)),
            ("source_file", Value::Word(&source)),
            ("object_file", Value::Word(&object)),
        ];
        let mut command = config.command(recipe.pattern, &values)?;
        command.splice(0..0, self.wrapper.clone());
        self.rule(&object, std::slice::from_ref(&source), &[command])?;
        self.compiles += 1;
        Ok(object)
    }

    /// Adds rules to link, convert and measure.
    fn firmware(
        &mut self,
        config: &BoardConfig,
        name: &str,
        cell: &Path,
        objects: &[String],
        archive: &str,
    ) -> Result<()> {
        let (build_path, project) = (text(cell)?, format!("{name}.ino"));
        let values = [
            ("build.path", Value::Word(&build_path)),
            ("build.project_name", Value::Word(&project)),
            ("object_files", Value::Words(objects)),
            // Recipes expect the archive in the cell's directory.
            ("archive_file", Value::Word("../core/core.a")),
            ("archive_file_path", Value::Word(archive)),
        ];
        let elf = text(&cell.join(format!("{project}.elf")))?;
        let all = |recipes: Vec<fbuild_matrix::platform::Recipe<'_>>| -> Result<Vec<Vec<String>>> {
            Ok(recipes
                .iter()
                .map(|it| config.command(it.pattern, &values))
                .collect::<std::result::Result<_, _>>()?)
        };
        let needed: Vec<String> = objects.iter().cloned().chain([archive.to_owned()]).collect();
        self.rule(&elf, &needed, &all(config.link_recipes())?)?;
        let mut commands = all(config.objcopy_recipes())?;
        if let Some(size) = config.size_recipe() {
            commands.extend(all(vec![size.recipe])?);
        }
        let hex = text(&cell.join(format!("{project}.hex")))?;
        self.rule(&hex, &[elf], &commands)?;
        self.goals.push(hex);
        Ok(())
    }

    fn rule(&mut self, target: &str, needed: &[String], commands: &[Vec<String>]) -> Result<()> {
        writeln!(self.text, "{target}: {}", needed.join(" "))?;
        for command in commands {
            let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
            writeln!(self.text, "\t@{}", words.join(" "))?;
            self.tools += 1;
        }
        self.text.push('\n');
        self.outputs.extend(Path::new(target).parent().map(Path::to_owned));
        Ok(())
    }
}

/// Returns the sources below a directory in arduino-cli's order: by the bytes of their objects' paths.
fn sources(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    for entry in walkdir::WalkDir::new(directory) {
        let path = entry?.into_path();
        let is_source = |extension: &OsStr| ["S", "c", "cpp"].iter().any(|known| extension == *known);
        if path.is_file() && path.extension().is_some_and(is_source) {
            sources.push(path);
        }
    }
    sources.sort_by_cached_key(|path| [path.as_os_str().as_encoded_bytes(), b".o"].concat());
    Ok(sources)
}

/// Returns a path as text for a makefile.
fn text(path: &Path) -> Result<String> {
    let text = path.to_str().ok_or("a path is not UTF-8")?;
    if text.contains(|c: char| c.is_whitespace() || "$#%:;|*?[~\\'\"".contains(c)) {
        return Err(format!(
            "make can't say {text}: have the repository at a path without special characters"
        )
        .into());
    }
    Ok(text.to_owned())
}

/// Quotes a word for make and the shell.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    let word = if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    };
    word.replace('$', "$$")
}
