//! What libraries bring into a cell: sources in link order, archives that were compiled elsewhere, and
//! words for the link (library specification 1.5).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{BuildError, sources};
use crate::event::Step;
use crate::library::{Layout, Library, Precompiled};
use crate::plan::Target;
use crate::source::Disk;

/// Where the objects of each library go, relative to the cell's folder: `libraries/NAME`, with a number
/// where a library before it lies in a folder of the same name elsewhere.
pub(super) fn object_folders(libraries: &[Arc<Library>]) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for library in libraries {
        let plain = Path::new("libraries").join(&library.dir_name);
        let numbered =
            (2_usize..).map(|number| Path::new("libraries").join(format!("{}-{number}", library.dir_name)));
        let mut names = std::iter::once(plain).chain(numbered);
        // The numbers do not end, the libraries do.
        folders.extend(names.find(|name| !folders.contains(name)));
    }
    folders
}

/// A library's sources, in link order; none where an archive stands for them.
pub(super) fn sources_of(
    disk: &Disk,
    library: &Library,
    target: &Target,
) -> Result<Vec<PathBuf>, BuildError> {
    if library.precompiled == Precompiled::Instead && precompiled_folder(disk, library, target)?.is_some() {
        return Ok(Vec::new());
    }
    let read = |folder: &Path, result: std::io::Result<Vec<PathBuf>>| {
        result.map_err(|error| BuildError::io(Step::Preprocess, "read", folder, &error))
    };
    let source_dir = &library.source_dir;
    match &library.layout {
        Layout::Recursive => read(source_dir, sources::of_library(disk, source_dir)),
        Layout::Flat { utility } => {
            let mut found = read(source_dir, sources::of_folder(disk, source_dir))?;
            if let Some(utility) = utility {
                found.extend(read(utility, sources::of_folder(disk, utility))?);
            }
            Ok(found)
        }
    }
}

/// The folder with archives for the board: `src/MCU`, or, where commands choose a floating point unit,
/// `src/MCU/FPU-ABI` and nothing else, for archives with another calling convention would link and be wrong
/// (library specification, "Precompiled binaries").
fn precompiled_folder(
    disk: &Disk,
    library: &Library,
    target: &Target,
) -> Result<Option<PathBuf>, BuildError> {
    let mcu = target.config.mcu().map_err(|error| BuildError::board(Step::Link, &error))?;
    let Some(mcu) = mcu else { return Ok(None) };
    let mut folder = library.source_dir.join(mcu);
    if let Some(recipe) = target.config.compile_recipe("cpp") {
        let words = target.config.command(recipe.pattern, &[]);
        folder.extend(floating_point(&words.map_err(|error| BuildError::board(Step::Link, &error))?));
    }
    let any = archives(disk, &folder).next().is_some();
    Ok(any.then_some(folder))
}

/// `fpv4-sp-d16-hard` for `-mfpu=fpv4-sp-d16 -mfloat-abi=hard`.
fn floating_point(words: &[String]) -> Option<String> {
    let value = |option: &str| words.iter().find_map(|word| word.strip_prefix(option));
    let named: Vec<&str> = ["-mfpu=", "-mfloat-abi="].into_iter().filter_map(value).collect();
    (!named.is_empty()).then(|| named.join("-"))
}

/// The names `X` of `libX.a` and `libX.so` in a folder, sorted.
fn archives(disk: &Disk, folder: &Path) -> impl Iterator<Item = String> + use<> {
    let mut names: Vec<String> = disk
        .list(folder)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter_map(|name| {
            let stem = name.strip_prefix("lib")?;
            Some(stem.strip_suffix(".a").or_else(|| stem.strip_suffix(".so"))?.to_owned())
        })
        .collect();
    names.sort();
    names.dedup();
    names.into_iter()
}

/// `compiler.libraries.ldflags` with what precompiled libraries add.
pub(super) fn link_flags(
    disk: &Disk,
    target: &Target,
    libraries: &[Arc<Library>],
) -> Result<String, BuildError> {
    let mut flags =
        vec![target.config.properties.get("compiler.libraries.ldflags").unwrap_or_default().to_owned()];
    for library in libraries.iter().filter(|library| library.precompiled != Precompiled::No) {
        let Some(folder) = precompiled_folder(disk, library, target)? else { continue };
        flags.push(format!("\"-L{}\"", folder.display()));
        if library.ldflags.is_empty() {
            flags.extend(archives(disk, &folder).map(|name| format!("-l{name}")));
        } else {
            flags.push(library.ldflags.clone());
        }
    }
    flags.retain(|flag| !flag.is_empty());
    Ok(flags.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_are_for_a_floating_point_unit_and_a_convention() {
        let folder = |text: &str| {
            let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            floating_point(&words)
        };
        assert_eq!(folder("g++ -mfloat-abi=hard -mfpu=fpv5-d16 -c").as_deref(), Some("fpv5-d16-hard"));
        assert_eq!(folder("g++ -mfloat-abi=soft").as_deref(), Some("soft"));
        assert_eq!(folder("g++ -mcpu=cortex-m0plus -c"), None);
    }
}
