//! The merged properties of a board, and the commands of its recipes. Knows nothing of the origin of properties, and of
//! build phases only the names of recipes.

use std::path::PathBuf;

use super::command::CommandError;
use super::command::{self, Unset};
use super::error::BoardError;
use super::fqbn::Fqbn;
use super::installed::Platform;
use super::properties::Properties;
use super::recipe::{self, Hook, Recipe, SizeRecipe};
use super::value::Value;

/// Path of the core's archive below the build directory: `{archive_file}` of the link. (In `recipe.ar.pattern` that is
/// the file name alone; `{archive_file_path}` is the full path in both.)
pub const CORE_ARCHIVE: &str = "core/core.a";

/// A property that two chosen menu options set to different values: arduino-cli uses either, at random.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// The property.
    pub key: String,
    /// The option whose value is not used, as `menu=option`.
    pub overridden: String,
    /// The option whose value is used: its menu is declared later.
    pub wins: String,
}

/// The merged properties of a board.
///
/// Properties of a cell are not among them: `build.path`, `build.project_name`, `build.source.path`, `sketch_path`,
/// `source_file`, `object_file`, `includes`, `object_files`, `archive_file`, `archive_file_path` and
/// `preprocessed_file_path`. They are given with each command.
#[derive(Debug, Clone)]
pub struct BoardConfig {
    /// The board with every menu and its chosen option. The property `build.fqbn` is the requested FQBN.
    pub fqbn: Fqbn,
    /// The board's name in `boards.txt`, or its id.
    pub name: String,
    /// The clashes that the order of the menus decides.
    pub clashes: Vec<Clash>,
    /// Every property, unexpanded.
    pub properties: Properties,
    /// Value of `compiler.warning_flags` in the commands that compile, link and measure, unexpanded.
    warning_flags: String,
    /// `build.core.path`.
    pub core_dir: PathBuf,
    /// `build.variant.path`; `None` where the board has no variant or the variant has no directory,
    /// which Arduino's tools allow.
    pub variant_dir: Option<PathBuf>,
    /// The platform with the board's `boards.txt`.
    pub platform_dir: PathBuf,
    /// The platform with the core: the board's own, unless it references another.
    pub core_platform_dir: PathBuf,
    /// The platform with the variant: the board's own, unless it references another.
    pub variant_platform_dir: PathBuf,
    /// The platforms' directories of libraries, that of the board's platform first.
    pub library_dirs: Vec<PathBuf>,
}

impl BoardConfig {
    pub(super) fn new(
        fqbn: Fqbn,
        properties: Properties,
        warning_flags: String,
        own: &Platform,
        core: &Platform,
        variant: &Platform,
    ) -> Result<Self, BoardError> {
        let mut config = Self {
            name: properties.get_nonempty("name").unwrap_or(&fqbn.board).to_owned(),
            fqbn,
            clashes: Vec::new(),
            properties,
            warning_flags,
            core_dir: PathBuf::new(),
            variant_dir: None,
            platform_dir: own.root.clone(),
            core_platform_dir: core.root.clone(),
            variant_platform_dir: variant.root.clone(),
            library_dirs: Vec::new(),
        };
        config.core_dir = config.expanded("build.core.path")?.into();
        let variant = PathBuf::from(config.expanded("build.variant.path")?);
        config.variant_dir = variant.is_dir().then_some(variant);
        for platform in [own, core] {
            let libraries = platform.root.join("libraries");
            if platform.has_libraries && !config.library_dirs.contains(&libraries) {
                config.library_dirs.push(libraries);
            }
        }
        Ok(config)
    }

    /// Returns the value of `compiler.warning_flags` in the commands that compile, link and measure, unexpanded.
    pub fn warning_flags(&self) -> &str {
        &self.warning_flags
    }

    /// Returns the architecture for the choice of libraries: a library's `architectures` must contain it or `*`.
    pub fn architecture(&self) -> &str {
        &self.fqbn.architecture
    }

    /// Returns `build.mcu`, expanded, if the platform sets it.
    ///
    /// # Errors
    ///
    /// The value can't be expanded.
    pub fn mcu(&self) -> Result<Option<String>, BoardError> {
        Ok(Some(self.expanded("build.mcu")?).filter(|mcu| !mcu.is_empty()))
    }

    /// Returns the value of `key`, expanded; empty where it is not set.
    ///
    /// # Errors
    ///
    /// The value can't be expanded.
    pub fn expanded(&self, key: &str) -> Result<String, BoardError> {
        let value = self.properties.get(key).unwrap_or_default();
        self.properties.expand(value).map_err(|source| BoardError::Expand {
            board: self.fqbn.board.clone(),
            key: key.to_owned(),
            source,
        })
    }

    /// Returns the recipe with the full key `key`; `None` where the platform has none or switches it off.
    pub fn recipe(&self, key: &str) -> Option<&str> {
        self.properties.get_nonempty(key)
    }

    /// Returns the recipe that compiles a source with this extension (`c`, `cpp`, `cc`, `cxx`, `S`).
    pub fn compile_recipe(&self, extension: &str) -> Option<Recipe<'_>> {
        recipe::compile(&self.properties, extension)
    }

    /// Returns the recipe that adds an object to an archive.
    pub fn archive_recipe(&self) -> Option<Recipe<'_>> {
        recipe::one(&self.properties, "recipe.ar.pattern")
    }

    /// Returns the recipes that link, in order: `recipe.c.combine.NUMBER.pattern`, or `recipe.c.combine.pattern`. As in
    /// arduino-cli there may be none.
    pub fn link_recipes(&self) -> Vec<Recipe<'_>> {
        recipe::set(&self.properties, "recipe.c.combine")
    }

    /// Returns the recipes that convert the ELF to other files, in order.
    pub fn objcopy_recipes(&self) -> Vec<Recipe<'_>> {
        recipe::set(&self.properties, "recipe.objcopy")
    }

    /// Returns the recipes of a hook, in order.
    pub fn hooks(&self, hook: Hook) -> Vec<Recipe<'_>> {
        recipe::set(&self.properties, hook.prefix())
    }

    /// Returns the recipe that reports sizes as JSON. It replaces [`BoardConfig::size_recipe`] where the key exists,
    /// even with an empty value.
    pub fn advanced_size_recipe(&self) -> Option<Recipe<'_>> {
        let key = "recipe.advanced_size.pattern";
        self.properties.get(key).map(|pattern| Recipe { key, pattern })
    }

    /// Returns the recipe that measures firmware; `None` where arduino-cli reports no size.
    pub fn size_recipe(&self) -> Option<SizeRecipe<'_>> {
        Some(SizeRecipe {
            recipe: recipe::one(&self.properties, "recipe.size.pattern")?,
            flash: self.properties.get_nonempty("recipe.size.regex")?,
            ram: self.properties.get_nonempty("recipe.size.regex.data"),
            eeprom: self.properties.get_nonempty("recipe.size.regex.eeprom"),
        })
    }

    /// Returns the file name of the firmware in the build directory: `recipe.output.tmp_file`, or, in platforms older
    /// than that property, the output of the objcopy recipe for `hex` or else `bin`.
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

    /// Returns the command of `pattern`, with `values` overriding the board's properties; the last value of a name
    /// counts. The first word is the program.
    ///
    /// # Errors
    ///
    /// A cycle, or an empty command: arduino-cli fails too where a recipe that is set expands to nothing.
    pub fn command(&self, pattern: &str, values: &[(&str, Value<'_>)]) -> Result<Vec<String>, BoardError> {
        command::build(&self.properties, pattern, values, Unset::Stays)
            .map_err(|source| self.command_error(pattern, source))
    }

    /// Returns the command of a recipe that compiles, links or measures: [`BoardConfig::command`] with
    /// `compiler.warning_flags` of the warning level, whatever the platform or the matrix sets it to.
    ///
    /// # Errors
    ///
    /// As [`BoardConfig::command`].
    pub fn command_with_warnings(
        &self,
        pattern: &str,
        values: &[(&str, Value<'_>)],
    ) -> Result<Vec<String>, BoardError> {
        let flags = ("compiler.warning_flags", Value::Text(&self.warning_flags));
        let values: Vec<_> = std::iter::once(flags).chain(values.iter().copied()).collect();
        self.command(pattern, &values)
    }

    /// Iterates over the directories of the board's platform and of the platforms of its core and variant.
    pub fn platform_dirs(&self) -> impl Iterator<Item = PathBuf> {
        let mut dirs = vec![&self.platform_dir, &self.core_platform_dir, &self.variant_platform_dir];
        dirs.dedup();
        dirs.into_iter().cloned()
    }

    /// Returns [`BoardConfig::command`] without references to unset properties. arduino-cli reads the options for the
    /// floating point unit from the C++ recipe in this form (`findExpectedPrecompiledLibFolder`).
    ///
    /// # Errors
    ///
    /// As [`BoardConfig::command`].
    pub fn command_without_unset(&self, pattern: &str) -> Result<Vec<String>, BoardError> {
        command::build(&self.properties, pattern, &[], Unset::Deleted)
            .map_err(|source| self.command_error(pattern, source))
    }

    /// Returns the command that preprocesses a C++ source: `recipe.preproc.macros`, or else the C++ recipe with
    /// `{preproc.macros.flags}` (`-w -x c++ -E -CC`) after `{compiler.cpp.flags}` and `{preprocessed_file_path}` for
    /// `{object_file}`. As in arduino-cli (`gcc.go`), references to unset properties and `-MMD` are removed, and
    /// `build.library_discovery_phase` is 1. `None` where the platform compiles no C++.
    ///
    /// # Errors
    ///
    /// As [`BoardConfig::command`].
    pub fn preprocess_command(
        &self,
        values: &[(&str, Value<'_>)],
    ) -> Result<Option<Vec<String>>, BoardError> {
        let Some(pattern) = recipe::preprocess(&self.properties) else { return Ok(None) };
        let mut all = vec![("build.library_discovery_phase", Value::Text("1"))];
        let flags = "preproc.macros.flags";
        if !self.properties.contains(flags) {
            all.push((flags, Value::Text("-w -x c++ -E -CC")));
        }
        all.extend(values);
        let command = command::build(&self.properties, &pattern, &all, Unset::Deleted);
        let mut command = command.map_err(|source| self.command_error(&pattern, source))?;
        command.retain(|word| word != "-MMD");
        Ok(Some(command))
    }

    /// Returns the limit that `key` sets, if any. As in arduino-cli the value is not expanded.
    ///
    /// # Errors
    ///
    /// The value is no whole number.
    pub fn limit(&self, key: &'static str) -> Result<Option<i64>, BoardError> {
        let Some(value) = self.properties.get(key).filter(|value| !value.is_empty()) else { return Ok(None) };
        value.parse().map(Some).map_err(|_| BoardError::NotANumber {
            board: self.fqbn.board.clone(),
            key,
            value: value.to_owned(),
        })
    }

    fn command_error(&self, pattern: &str, source: CommandError) -> BoardError {
        let pattern = pattern.chars().take(200).collect();
        BoardError::Command { board: self.fqbn.board.clone(), pattern, source }
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
