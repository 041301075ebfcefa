//! Assigns the warnings of a cell to the owners of the code, by the directory of the file that a warning
//! names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexSet;

use crate::diagnostics::{Diagnosis, warnings};
use crate::event::{Location, UsedLibrary, Warning, WarningOwner};
use crate::library::clean;
use crate::pipeline::discover::library_use::own_libraries;
use crate::plan::CellJob;

/// Directories of a cell with their owners; any other file belongs to the core.
#[derive(Debug, Default)]
pub struct WarningOwners(Vec<(PathBuf, WarningOwner)>);

impl WarningOwners {
    /// Returns the owners for a cell that is built with `libraries`; the sketch is staged below `staged`.
    pub fn of_cell(job: &CellJob, libraries: &[UsedLibrary], staged: PathBuf) -> Self {
        let mut owners: Vec<_> = job
            .target
            .config
            .platform_dirs()
            .map(|directory| (directory, WarningOwner::Core))
            .chain(libraries.iter().map(|used| (PathBuf::from(&used.library.path), WarningOwner::Library)))
            .collect();
        // Last, because a library under test may also be among the used libraries.
        let own = own_libraries(job).into_iter().map(|library| library.root.clone());
        owners.extend(own.chain([job.sketch.dir.clone(), staged]).map(|path| (path, WarningOwner::Own)));
        Self(owners)
    }

    /// Returns the owners for a core: everything that it compiles is its own.
    pub fn of_core() -> Self {
        Self::default()
    }

    /// Returns the warnings in the output of tools, without duplicates. Resolves symbolic links of the
    /// directories.
    pub fn warnings(&self, printed: &str) -> Vec<Warning> {
        let found = warnings(printed);
        if found.is_empty() {
            return Vec::new();
        }
        let links = self.0.iter().filter_map(|(path, owner)| Some((path.canonicalize().ok()?, *owner)));
        let directories: Vec<_> = self.0.iter().cloned().chain(links).collect();
        let warning = |Diagnosis { message, location }| {
            let location = location.map(|at| Location { file: clean(&at.file), ..at });
            let owner = location.as_ref().map_or(WarningOwner::Core, |at| owner(&directories, &at.file));
            Warning { owner, location, message }
        };
        // A header has several names: `src/a.h`, `src/sub/../a.h`.
        let warnings: IndexSet<Warning> = found.into_iter().map(warning).collect();
        warnings.into_iter().collect()
    }
}

/// Returns the owner of the innermost directory that contains a file; of equal directories the last.
fn owner(directories: &[(PathBuf, WarningOwner)], file: &Path) -> WarningOwner {
    let holding = directories.iter().filter(|(directory, _)| file.starts_with(directory));
    let inner = holding.max_by_key(|(directory, _)| directory.components().count());
    inner.map_or(WarningOwner::Core, |(_, owner)| *owner)
}

/// Returns the warnings of a built job, found off the runtime's threads.
pub async fn find_warnings(owners: WarningOwners, printed: Arc<str>) -> Vec<Warning> {
    if printed.is_empty() {
        return Vec::new();
    }
    tokio::task::spawn_blocking(move || owners.warnings(&printed)).await.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owners(list: &[(&str, WarningOwner)]) -> WarningOwners {
        WarningOwners(list.iter().map(|(path, owner)| (PathBuf::from(path), *owner)).collect())
    }

    #[test]
    fn the_innermost_directory_says_whose_a_warning_is() {
        use WarningOwner::{Core, Library, Own};
        let owners = owners(&[
            ("/nowhere/core", Core),
            ("/nowhere/core/libraries/Wire", Library),
            ("/nowhere/repo/extras/Part", Library),
            ("/nowhere/repo", Own),
            ("/nowhere/repo/libs/Same", Library),
            ("/nowhere/repo/libs/Same", Own),
        ]);
        for (file, owner) in [
            ("/nowhere/repo/src/Lib.cpp", Own),
            ("/nowhere/repository/src/Lib.cpp", Core),
            ("/nowhere/repo/extras/Part/Part.h", Library),
            ("/nowhere/repo/extras/Part/../../src/Lib.h", Own),
            ("/nowhere/repo/libs/Same/x.h", Own),
            ("/nowhere/core/cores/mini/main.cpp", Core),
            ("/nowhere/core/libraries/Wire/Wire.cpp", Library),
            ("/usr/lib/avr/include/avr/io.h", Core),
        ] {
            let found = owners.warnings(&format!("{file}:1:2: warning: x\n"));
            assert_eq!(found.iter().map(|warning| warning.owner).collect::<Vec<_>>(), [owner], "{file}");
        }
        assert_eq!(owners.warnings("ld: warning: x\n")[0].owner, Core);
    }

    #[test]
    fn two_names_of_a_place_are_one() {
        let printed = "/nowhere/a/x.h:1:2: warning: x\n/nowhere/a/sub/../x.h:1:2: warning: x\n";
        assert_eq!(WarningOwners::of_core().warnings(printed).len(), 1);
    }

    #[test]
    fn links_are_followed() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("real")).unwrap();
        std::os::unix::fs::symlink(root.path().join("real"), root.path().join("link")).unwrap();
        let owners = WarningOwners(vec![(root.path().join("link"), WarningOwner::Own)]);
        let real = root.path().join("real").canonicalize().unwrap();
        let found = owners.warnings(&format!("{}/x.h:1:2: warning: x\n", real.display()));
        assert_eq!(found[0].owner, WarningOwner::Own);
    }
}
