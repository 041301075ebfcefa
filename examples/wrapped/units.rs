//! The translation units: those of three AVR boards' cores and of three libraries, with the commands of the core's own
//! recipes.

use std::path::{Path, PathBuf};

use fbuild_matrix::platform::{
    BoardConfig, HostOs, Override, Platform, Platforms, RuntimeEnv, Value, resolve,
};
use fbuild_matrix::provide::InstalledCore;
use walkdir::WalkDir;

use super::Result;

const BOARDS: [&str; 3] = ["arduino:avr:uno", "arduino:avr:mega:cpu=atmega2560", "arduino:avr:leonardo"];
const LIBRARIES: [&str; 3] = ["SPI", "Wire", "SoftwareSerial"];

/// A compile, independent of the place of its object.
pub(crate) struct Unit {
    /// Its object's file name.
    pub(crate) object: String,
    argv: Vec<String>,
}

/// Placeholder for the object in a command.
const OBJECT: &str = "@OBJECT@";

impl Unit {
    /// Returns the command that writes the object to `path`.
    pub(crate) fn argv(&self, path: &Path) -> Vec<String> {
        self.argv.iter().map(|word| word.replace(OBJECT, &path.to_string_lossy())).collect()
    }
}

/// Returns all units.
pub(crate) fn units(core: &InstalledCore) -> Result<Vec<Unit>> {
    let mut platforms = Platforms::new();
    platforms.insert(Platform::load(&core.platform_dir, "arduino", "avr", HostOs::current())?);
    let (tools, required) = (core.tools.clone(), core.required.clone());
    let world = RuntimeEnv { tools, required, ..RuntimeEnv::default() };
    let set: Vec<Override> =
        core.properties.iter().map(|(key, value)| Override::written(key, value)).collect();
    let mut units = Vec::new();
    for board in BOARDS {
        let config = resolve(&platforms, &board.parse()?, &world, &set)?;
        let libraries: Vec<_> =
            LIBRARIES.map(|name| core.platform_dir.join("libraries").join(name).join("src")).into();
        let directories = [Some(config.core_dir.clone()), config.variant_dir.clone()];
        let directories: Vec<PathBuf> = directories.into_iter().flatten().chain(libraries.clone()).collect();
        let includes: Vec<String> =
            directories.iter().map(|directory| format!("-I{}", directory.display())).collect();
        for entry in directories.iter().flat_map(|directory| WalkDir::new(directory).sort_by_file_name()) {
            units.extend(unit(&config, &includes, entry?.path(), units.len())?);
        }
    }
    Ok(units)
}

/// Returns the compile of a file, if it is a source. Excludes assembler: GCC writes the random name of a temporary file
/// into its debug information, so no two objects are equal.
fn unit(config: &BoardConfig, includes: &[String], source: &Path, number: usize) -> Result<Option<Unit>> {
    let extension = source.extension().unwrap_or_default().to_string_lossy();
    if extension == "S" {
        return Ok(None);
    }
    let Some(recipe) = config.compile_recipe(&extension) else { return Ok(None) };
    let text = source.to_string_lossy();
    let mut argv = config.command(
        recipe.pattern,
        &[
            ("includes", Value::Words(includes)),
            ("source_file", Value::Word(&text)),
            ("object_file", Value::Word(OBJECT)),
        ],
    )?;
    // Otherwise sections for link-time optimisation have random names, and no two objects are equal.
    argv.push(format!("-frandom-seed={number}"));
    Ok(Some(Unit { object: format!("{number}.o"), argv }))
}
