//! The cores that apt packages contain: looks them up in the table and describes an installed set as a core. Knows
//! nothing of how packages are installed.

use std::path::PathBuf;

use indexmap::IndexMap;

use super::super::core_directory::missing_files;
use super::super::error::InstallError;
use super::super::installed::{InstalledCore, InstalledPackages};
use super::table::{AptCore, CORES};

/// Names of the cores that this provider can install, `vendor:arch`.
pub fn known_cores() -> impl Iterator<Item = &'static str> {
    CORES.iter().map(|core| core.name)
}

/// Returns the core that lends its sources, recipes and compiler to the boards of `core`, if `core` has none of its
/// own.
pub fn lender(core: &str) -> Option<&'static str> {
    find(core).ok()?.lender
}

/// Returns the table's entry for the core `vendor:arch`.
///
/// # Errors
/// [`InstallError::UnknownCore`] where there is none.
pub(super) fn find(core: &str) -> Result<&'static AptCore, InstallError> {
    CORES.iter().find(|entry| entry.name == core).ok_or_else(|| InstallError::UnknownCore {
        core: core.to_owned(),
        known: known_cores().collect::<Vec<_>>().join(", "),
    })
}

/// Returns the values that properties need with these `versions` of the packages of `core`: property, value, reason.
pub(crate) fn repairs(
    core: &str,
    versions: &[(String, String)],
) -> Vec<(&'static str, &'static str, &'static str)> {
    find(core).map_or(Vec::new(), |entry| {
        let applying = entry.repairs.iter().filter(|repair| repair.applies(versions));
        applying.map(|repair| (repair.property, repair.value, repair.reason)).collect()
    })
}

/// Describes installed packages as the core that they contain.
///
/// # Errors
/// [`InstallError::Layout`] where they do not contain it.
pub(super) fn described(
    entry: &AptCore,
    installed: &InstalledPackages,
) -> Result<InstalledCore, InstallError> {
    let root = &installed.root;
    let platform_dir = root.join(entry.platform_dir);
    if let Some(missing) = missing_files(&platform_dir) {
        return Err(InstallError::Layout {
            package: entry.name.to_owned(),
            path: PathBuf::from(format!("{}/{missing}", entry.platform_dir)),
        });
    }
    let versions = installed.versions.clone();
    let mut properties = IndexMap::new();
    let mut tools = IndexMap::new();
    if let Some(compiler) = &entry.compiler {
        for &property in compiler.bin_properties {
            // Recipes append the program's name without a separator.
            properties.insert(property.to_owned(), format!("{}/", root.join(compiler.bin_dir).display()));
        }
        tools.extend(compiler.tools.iter().map(|&(name, dir)| (name.to_owned(), root.join(dir))));
    }
    let required = repairs(entry.name, &versions).into_iter();
    let required = required.map(|(property, value, _)| (property.to_owned(), value.to_owned())).collect();
    Ok(InstalledCore {
        name: entry.name.to_owned(),
        platform_dir,
        tools,
        properties,
        required,
        versions,
        library_path: installed.library_path.clone(),
    })
}
