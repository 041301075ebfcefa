//! Inputs that libraries add to a cell: sources in link order, precompiled archives, and link flags (library
//! specification 1.5, and arduino-cli's `internal/arduino/builder/libraries.go`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::sources;
use crate::event::Step;
use crate::includes::Disk;
use crate::library::{Layout, Library, Precompiled};
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::plan::Target;

/// Returns the directory of a library's objects, relative to the cell's directory. Two libraries in
/// directories of the same name share it, as with arduino-cli: of two objects with the same path the later
/// replaces the first, and the linker gets it twice.
pub(in crate::pipeline) fn object_directory(library: &Library) -> PathBuf {
    Path::new("libraries").join(&library.dir_name)
}

/// A library as it is compiled and linked.
#[derive(Debug)]
pub(in crate::pipeline) struct LibraryPlan {
    pub(in crate::pipeline) library: Arc<Library>,
    /// Sources in link order.
    pub(in crate::pipeline) sources: Vec<PathBuf>,
    /// Whether the objects are packed into an archive (`dot_a_linkage`).
    pub(in crate::pipeline) is_packed: bool,
    /// Precompiled archives that are linked by path, before the objects.
    pub(in crate::pipeline) archives: Vec<PathBuf>,
    /// `compiler.libraries.ldflags` from this library on; `None` for the platform's own value.
    pub(in crate::pipeline) ldflags: Option<String>,
}

/// Plans libraries in the order of their discovery. As in arduino-cli's `compileLibraries`, a precompiled
/// library changes `compiler.libraries.ldflags` for all following ones.
///
/// # Errors
/// A directory of sources can't be read, or the recipe for C++ can't be expanded.
pub(in crate::pipeline) fn plan(
    disk: &Disk,
    target: &Target,
    libraries: &[Arc<Library>],
) -> Result<Vec<LibraryPlan>, BuildError> {
    let mut ldflags = None;
    libraries
        .iter()
        .map(|library| {
            let precompiled = precompiled(disk, library, target)?;
            if let Some(precompiled) = &precompiled {
                let own = target.config.properties.get(LDFLAGS).unwrap_or_default();
                let before = ldflags.as_deref().unwrap_or(own);
                ldflags = Some(precompiled.flags(before, library));
            }
            let replaces_sources = precompiled.is_some() && library.link.precompiled == Precompiled::Instead;
            Ok(LibraryPlan {
                library: library.clone(),
                is_packed: library.link.dot_a_linkage && !replaces_sources,
                sources: if replaces_sources { Vec::new() } else { sources_of(disk, library)? },
                archives: precompiled.map(|it| it.unnamed_archives()).unwrap_or_default(),
                ldflags: ldflags.clone(),
            })
        })
        .collect()
}

/// Returns a library's sources, in link order.
fn sources_of(disk: &Disk, library: &Library) -> Result<Vec<PathBuf>, BuildError> {
    let read = |directory: &Path, result: std::io::Result<Vec<PathBuf>>| {
        result.map_err(|error| unreadable(directory, &error))
    };
    let source_dir = &library.source_dir;
    let found = match &library.layout {
        Layout::Recursive => read(source_dir, sources::of_tree(disk, source_dir))?,
        Layout::Flat { utility } => {
            let mut found = read(source_dir, sources::of_directory(disk, source_dir))?;
            if let Some(utility) = utility {
                found.extend(read(utility, sources::of_directory(disk, utility))?);
            }
            found
        }
    };
    match found.iter().find(|source| !disk.exists(source)) {
        // arduino-cli reports it as an error of the library.
        Some(dangling) => {
            let message = format!("{} is a link that leads nowhere", dangling.display());
            Err(BuildError::code(Step::Preprocess, message))
        }
        None => Ok(found),
    }
}

/// Returns the error for a directory of sources that can't be listed. A link to a parent directory is the
/// user's error, any other error is the system's.
pub(in crate::pipeline) fn unreadable(directory: &Path, error: &std::io::Error) -> BuildError {
    if error.kind() == std::io::ErrorKind::Other {
        BuildError::code(Step::Preprocess, error.to_string())
    } else {
        BuildError::io(Step::Preprocess, FileAction::Read, directory, error)
    }
}

/// Property with the link flags of precompiled libraries. A platform without it compiles their sources.
pub(in crate::pipeline) const LDFLAGS: &str = "compiler.libraries.ldflags";

/// Directory of a library with precompiled archives for the board.
struct PrecompiledDirectory {
    path: PathBuf,
    /// Names of entries that end in `.a` or `.so`, sorted.
    archives: Vec<String>,
}

impl PrecompiledDirectory {
    /// Returns `compiler.libraries.ldflags` with the value `before` extended by the directory, the library's
    /// own flags, and one `-l` for each archive whose name begins with `lib`.
    fn flags(&self, before: &str, library: &Library) -> String {
        let mut flags = format!("{before} \"-L{}\" {} ", self.path.display(), library.link.ldflags);
        for archive in &self.archives {
            let stem = archive.rsplit_once('.').map_or("", |(stem, _)| stem);
            if let Some(name) = stem.strip_prefix("lib") {
                flags.push_str("-l");
                flags.push_str(name);
                flags.push(' ');
            }
        }
        flags
    }

    /// Returns the static archives that no `-l` can name.
    fn unnamed_archives(&self) -> Vec<PathBuf> {
        let unnamed = self
            .archives
            .iter()
            .filter(|name| name.strip_suffix(".a").is_some_and(|stem| !stem.starts_with("lib")));
        unnamed.map(|name| self.path.join(name)).collect()
    }
}

/// Returns the library's precompiled directory for the board: the first of `MCU/FPU-FLOATABI` and `MCU` that
/// contains a file (`findExpectedPrecompiledLibFolder`). Returns `None` also for a platform without
/// [`LDFLAGS`].
fn precompiled(
    disk: &Disk,
    library: &Library,
    target: &Target,
) -> Result<Option<PrecompiledDirectory>, BuildError> {
    let properties = &target.config.properties;
    if library.link.precompiled == Precompiled::No || properties.get(LDFLAGS).is_none() {
        return Ok(None);
    }
    // Unexpanded: arduino-cli does not expand these three properties.
    let mcu = below(&library.source_dir, properties.get("build.mcu").unwrap_or_default());
    let specific = match (properties.get("build.fpu"), properties.get("build.float-abi")) {
        (Some(fpu), Some(float_abi)) => Some(format!("{fpu}-{float_abi}")),
        _ => floating_point(&compile_words(target)?),
    };
    let candidates = specific.map(|name| below(&mcu, &name)).into_iter().chain([mcu.clone()]);
    let mut directories = candidates.filter_map(|path| {
        let names = disk.list(&path).ok()?.into_iter().map(|entry| entry.file_name());
        let names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
        let has_file = names.iter().any(|name| !disk.is_dir(&path.join(name)));
        has_file.then_some((path, names))
    });
    Ok(directories.next().map(|(path, mut archives)| {
        archives.retain(|name| name.strip_suffix(".a").or(name.strip_suffix(".so")).is_some());
        archives.sort();
        PrecompiledDirectory { path, archives }
    }))
}

/// Returns a path below `dir`, also for an empty or absolute `name`.
fn below(dir: &Path, name: &str) -> PathBuf {
    dir.components().chain(Path::new(name.trim_start_matches('/')).components()).collect()
}

/// Returns the words of the recipe for C++, without a source and without references to unset properties.
fn compile_words(target: &Target) -> Result<Vec<String>, BuildError> {
    let Some(recipe) = target.config.compile_recipe("cpp") else { return Ok(Vec::new()) };
    let words = target.config.command_without_unset(recipe.pattern);
    words.map_err(|error| BuildError::board(Step::Link, &error))
}

/// Returns `fpv4-sp-d16-hard` for `-mfpu=fpv4-sp-d16 -mfloat-abi=hard`; `None` unless both are given. As in
/// arduino-cli, the value is what follows the first `=` of the first word that has one and contains the name
/// anywhere.
fn floating_point(words: &[String]) -> Option<String> {
    let value = |name: &str| {
        let mut values = words.iter().filter(|word| word.contains(name));
        let value = values.find_map(|word| word.split('=').nth(1)).unwrap_or_default().trim();
        (!value.is_empty()).then_some(value)
    };
    Some(format!("{}-{}", value("fpu")?, value("float-abi")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_are_for_a_floating_point_unit_and_a_convention() {
        let directory = |text: &str| {
            let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            floating_point(&words)
        };
        assert_eq!(directory("g++ -mfloat-abi=hard -mfpu=fpv5-d16 -c").as_deref(), Some("fpv5-d16-hard"));
        assert_eq!(directory("g++ -DX-fpu -Ifpu=a=b -mfpu=c -mfloat-abi=d").as_deref(), Some("a-d"));
        assert_eq!(directory("g++ -mfloat-abi=soft"), None);
        assert_eq!(directory("g++ -mfpu= -mfpu=x -mfloat-abi=hard"), None);
        assert_eq!(directory("g++ -mcpu=cortex-m0plus -c"), None);
    }

    #[test]
    fn names_stay_below_the_directory() {
        assert_eq!(below(Path::new("/lib/src"), ""), Path::new("/lib/src"));
        assert_eq!(below(Path::new("/lib/src"), "/cortex-m4"), Path::new("/lib/src/cortex-m4"));
    }
}
