//! A board with everything merged, and the commands that its recipes become. Knows nothing of where
//! the properties came from, and of no phase of a build but its recipe's name.

use std::path::PathBuf;

use super::command::{self, Value};
use super::error::BoardError;
use super::recipe::{self, Hook, Recipe, SizeRecipe};
use super::{CommandError, Fqbn, Platform, Properties};

/// Where the core's archive lies below the build folder: `{archive_file}` of the link. (In
/// `recipe.ar.pattern` it is the file's name alone; `{archive_file_path}` is in both its full path.)
pub const CORE_ARCHIVE: &str = "core/core.a";

/// A board with everything merged.
///
/// What it does not know is a cell's: `build.path`, `build.project_name`, `build.source.path` and
/// `sketch_path`, which are given with each command, like `source_file`, `object_file`, `includes`,
/// `object_files`, `archive_file`, `archive_file_path` and `preprocessed_file_path`.
#[derive(Debug, Clone)]
pub struct BoardConfig {
    /// With every menu and its chosen option. `build.fqbn` is the one that was asked for.
    pub fqbn: Fqbn,
    /// The board's name in `boards.txt`, or its id.
    pub name: String,
    /// Every property, unexpanded.
    pub properties: Properties,
    /// `build.core.path`.
    pub core_dir: PathBuf,
    /// `build.variant.path`; `None` where the board has no variant or the variant has no folder,
    /// which Arduino's tools allow.
    pub variant_dir: Option<PathBuf>,
    /// The platform with the board's `boards.txt`.
    pub platform_dir: PathBuf,
    /// The platform with the core: the same, unless the board borrows one.
    pub core_platform_dir: PathBuf,
    /// The platforms' folders of libraries, that of the board's platform first.
    pub library_dirs: Vec<PathBuf>,
    /// `upload.maximum_size`: bytes of flash for a sketch.
    pub maximum_size: Option<u64>,
    /// `upload.maximum_data_size`: bytes of RAM for a sketch.
    pub maximum_data_size: Option<u64>,
}

impl BoardConfig {
    pub(super) fn new(
        fqbn: Fqbn,
        properties: Properties,
        own: &Platform,
        core: &Platform,
        variant: Option<&Platform>,
    ) -> Result<Self, BoardError> {
        let mut config = Self {
            name: properties.get_nonempty("name").unwrap_or(&fqbn.board).to_owned(),
            fqbn,
            properties,
            core_dir: PathBuf::new(),
            variant_dir: None,
            platform_dir: own.root.clone(),
            core_platform_dir: core.root.clone(),
            library_dirs: Vec::new(),
            maximum_size: None,
            maximum_data_size: None,
        };
        config.core_dir = config.expanded("build.core.path")?.into();
        if variant.is_some() {
            config.variant_dir = Some(config.expanded("build.variant.path")?.into());
        }
        config.maximum_size = config.bytes("upload.maximum_size")?;
        config.maximum_data_size = config.bytes("upload.maximum_data_size")?;
        for platform in [own, core] {
            let libraries = platform.root.join("libraries");
            if platform.has_libraries && !config.library_dirs.contains(&libraries) {
                config.library_dirs.push(libraries);
            }
        }
        Ok(config)
    }

    /// The architecture that libraries are chosen for: a library's `architectures` has it or `*`.
    pub fn architecture(&self) -> &str {
        &self.fqbn.architecture
    }

    /// `build.mcu`, expanded, where the platform says so.
    ///
    /// # Errors
    ///
    /// It can't be expanded.
    pub fn mcu(&self) -> Result<Option<String>, BoardError> {
        Ok(Some(self.expanded("build.mcu")?).filter(|mcu| !mcu.is_empty()))
    }

    /// The value of `key`, expanded; empty where it is not set.
    ///
    /// # Errors
    ///
    /// It can't be expanded.
    pub fn expanded(&self, key: &str) -> Result<String, BoardError> {
        let value = self.properties.get(key).unwrap_or_default();
        self.properties.expand(value).map_err(|source| BoardError::Expand {
            board: self.fqbn.board.clone(),
            key: key.to_owned(),
            source,
        })
    }

    /// The recipe with the full key `key`; `None` where the platform has none or switches it off.
    pub fn recipe(&self, key: &str) -> Option<&str> {
        self.properties.get_nonempty(key)
    }

    /// The recipe that compiles a source with this extension (`c`, `cpp`, `cc`, `cxx`, `S`).
    pub fn compile_recipe(&self, extension: &str) -> Option<Recipe<'_>> {
        recipe::compile(&self.properties, extension)
    }

    /// The recipe that puts an object into an archive.
    pub fn archive_recipe(&self) -> Option<Recipe<'_>> {
        recipe::one(&self.properties, "recipe.ar.pattern")
    }

    /// The recipes that link, in order: `recipe.c.combine.NUMBER.pattern`, or `recipe.c.combine.pattern`.
    pub fn link_recipes(&self) -> Vec<Recipe<'_>> {
        recipe::numbered(&self.properties, "recipe.c.combine")
    }

    /// The recipes that make files out of the ELF, in order.
    pub fn objcopy_recipes(&self) -> Vec<Recipe<'_>> {
        recipe::numbered(&self.properties, "recipe.objcopy")
    }

    /// The recipes of a hook, in order.
    pub fn hooks(&self, hook: Hook) -> Vec<Recipe<'_>> {
        recipe::numbered(&self.properties, hook.prefix())
    }

    /// The recipe whose answer is JSON; where a platform has it, it counts and not [`BoardConfig::size_recipe`].
    pub fn advanced_size_recipe(&self) -> Option<Recipe<'_>> {
        recipe::one(&self.properties, "recipe.advanced_size.pattern")
    }

    /// How firmware is measured.
    pub fn size_recipe(&self) -> Option<SizeRecipe<'_>> {
        Some(SizeRecipe {
            recipe: recipe::one(&self.properties, "recipe.size.pattern")?,
            flash: self.properties.get_nonempty("recipe.size.regex")?,
            ram: self.properties.get_nonempty("recipe.size.regex.data"),
            eeprom: self.properties.get_nonempty("recipe.size.regex.eeprom"),
        })
    }

    /// The file in the build folder that is the firmware: `recipe.output.tmp_file`, or, in platforms
    /// older than that property, what the objcopy recipe for `hex` or else `bin` makes.
    ///
    /// # Errors
    ///
    /// The property can't be expanded.
    pub fn output_file(&self, project_name: &str) -> Result<Option<String>, BoardError> {
        let key = "recipe.output.tmp_file";
        let pattern = match self.properties.get_nonempty(key) {
            Some(pattern) => pattern,
            None if self.recipe("recipe.objcopy.hex.pattern").is_some() => "{build.project_name}.hex",
            None if self.recipe("recipe.objcopy.bin.pattern").is_some() => "{build.project_name}.bin",
            None => return Ok(None),
        };
        let extra = [("build.project_name", Value::Word(project_name))];
        command::text(&self.properties, pattern, &extra).map(Some).map_err(|source| BoardError::Expand {
            board: self.fqbn.board.clone(),
            key: key.to_owned(),
            source,
        })
    }

    /// The command that `pattern` becomes, with `values` on top of the board's properties; the
    /// last value of a name wins. The first word is the program.
    ///
    /// # Errors
    ///
    /// A cycle, an unbalanced quote, or nothing at all.
    pub fn command(&self, pattern: &str, values: &[(&str, Value<'_>)]) -> Result<Vec<String>, BoardError> {
        command::build(&self.properties, pattern, values)
            .map_err(|source| self.command_error(pattern, source))
    }

    /// The same for a recipe that a platform may have or not; `None` where nothing is left of it. So a
    /// menu can switch one off whose pattern is a reference (`{build.signing_hook}`).
    ///
    /// # Errors
    ///
    /// As for [`BoardConfig::command`], but for a command of nothing.
    pub fn optional_command(
        &self,
        pattern: &str,
        values: &[(&str, Value<'_>)],
    ) -> Result<Option<Vec<String>>, BoardError> {
        match command::build(&self.properties, pattern, values) {
            Ok(command) => Ok(Some(command)),
            Err(CommandError::Empty) => Ok(None),
            Err(source) => Err(self.command_error(pattern, source)),
        }
    }

    /// The command that preprocesses a C++ source: `recipe.preproc.macros`, or else the C++ recipe
    /// with `{preproc.macros.flags}` (`-w -x c++ -E -CC`) after `{compiler.cpp.flags}` and
    /// `{preprocessed_file_path}` for `{object_file}`. As in arduino-cli, `-MMD` is taken out and
    /// `build.library_discovery_phase` is 1. `None` where the platform compiles no C++.
    ///
    /// # Errors
    ///
    /// As for [`BoardConfig::command`].
    pub fn preprocess_command(
        &self,
        values: &[(&str, Value<'_>)],
    ) -> Result<Option<Vec<String>>, BoardError> {
        let Some((pattern, derived)) = recipe::preprocess(&self.properties) else { return Ok(None) };
        let phase = ("build.library_discovery_phase", Value::Text("1"));
        let values: Vec<_> = std::iter::once(phase).chain(values.iter().copied()).collect();
        let mut command = self.command(&pattern, &values)?;
        if derived && !command.iter().any(|word| word == "-E") {
            // A recipe that does not use {compiler.cpp.flags}: never let it compile instead.
            let flags = self.command("{preproc.macros.flags}", &values)?;
            command.splice(1..1, flags);
        }
        command.retain(|word| word != "-MMD");
        Ok(Some(command))
    }

    fn bytes(&self, key: &'static str) -> Result<Option<u64>, BoardError> {
        let value = self.expanded(key)?;
        match value.trim() {
            "" => Ok(None),
            digits => digits.parse().map(Some).map_err(|_| BoardError::NotANumber {
                board: self.fqbn.board.clone(),
                key,
                value: value.clone(),
            }),
        }
    }

    fn command_error(&self, pattern: &str, source: CommandError) -> BoardError {
        let pattern = pattern.chars().take(200).collect();
        BoardError::Command { board: self.fqbn.board.clone(), pattern, source }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::format_collect)] // a test may
#[path = "config_tests.rs"]
mod tests;
