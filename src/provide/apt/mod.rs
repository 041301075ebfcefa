//! Provider `apt`: cores, compilers and other programs out of Debian's and Ubuntu's packages, without
//! root and without touching the system.
//!
//! Packages are unpacked below the cache folder, nothing of them is configured or run as root. Which
//! versions there are, and where, only the machine's own apt sources decide.
//!
//! ```text
//! CACHE/apt/lock                  one installation at a time
//! CACHE/apt/state/                lists, cache and configuration of the private apt
//! CACHE/apt/state/suites/NAME/    the same for another release
//! CACHE/apt/tmp/                  installations that are going on
//! CACHE/apt/NAME-KEY/root/        a tree of packages; KEY stands for their bytes and the machine
//! CACHE/apt/NAME-KEY/lib/         links to its shared libraries, if it has any; `own-lib`, if the C library is
//!                                 among them
//! CACHE/apt/NAME-KEY/manifest.json
//! ```

mod answer;
mod loader;
mod manifest;
mod relocate;
mod set;
mod settle;
mod state;
mod suite;
mod table;
#[cfg(test)]
mod tests;
mod toolchain;
mod unpack;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::locate::missing_files;
use super::machine::Machine;
use super::{InstallContext, InstallError, InstalledCore};
use crate::event::EventKind;
pub(super) use answer::is_disk_full;
use manifest::Installed;
use set::{Dependencies, Ensured, Proof, Set};
use table::AptCore;

/// Packages that are unpacked below the cache folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledPackages {
    /// What would be `/` if they were installed: programs are in `usr/bin`.
    pub root: PathBuf,
    /// Package names and versions: first those that were asked for, then those that they depend on.
    pub versions: Vec<(String, String)>,
    /// For `LD_LIBRARY_PATH`, where shared libraries are among them.
    pub library_path: Option<PathBuf>,
}

/// Names of the cores that this provider can bring, `vendor:arch`.
pub fn known_cores() -> impl Iterator<Item = &'static str> {
    table::CORES.iter().map(|core| core.name)
}

/// The core whose core, recipes and compiler the boards of this one are built with, if it has none of its own.
pub fn lender(core: &str) -> Option<&'static str> {
    find(core).ok()?.lender
}

/// Has the core `vendor:arch` installed, with its compiler, and proves that the compiler works.
///
/// Where it is there already, that takes about a millisecond and starts no process.
///
/// # Errors
/// Whatever keeps it from being there; see [`InstallError`].
pub async fn install_core(core: &str, cx: &InstallContext) -> Result<InstalledCore, InstallError> {
    install_core_on(&Machine::here(), core, cx).await
}

/// Has Arduino's built-in examples; returns the folder that holds `01.Basics` and so on.
///
/// # Errors
/// Whatever keeps them from being there; see [`InstallError`].
pub async fn install_builtin_examples(cx: &InstallContext) -> Result<PathBuf, InstallError> {
    let what = "built-in examples from apt";
    let set = Set {
        what,
        name: "examples".to_owned(),
        packages: vec![table::EXAMPLES_PACKAGE.to_owned()],
        suite: None,
        dependencies: Dependencies::No,
        toolchains: Vec::new(),
        proof: None,
    };
    let done = announced(&set, &Machine::here(), cx).await?;
    let dir = done.installed.root().join(table::EXAMPLES_DIR);
    if !dir.is_dir() {
        return Err(layout(table::EXAMPLES_PACKAGE, table::EXAMPLES_DIR));
    }
    finished(what, &done, "", cx);
    Ok(dir)
}

/// Has any packages, for example a simulator, with all that they depend on where `with_dependencies`
/// (but never the C library).
///
/// # Errors
/// Whatever keeps them from being there; see [`InstallError`].
pub async fn install_packages(
    names: &[&str],
    with_dependencies: bool,
    cx: &InstallContext,
) -> Result<InstalledPackages, InstallError> {
    install_packages_on(&Machine::here(), names, with_dependencies, cx).await
}

/// Has the packages of a core's tool, with all that they depend on. A cross compiler comes with its C
/// library, works where it is, and has been seen to. With a `suite` they are of that release of the
/// distribution, and bring the C library that their own programs need.
///
/// # Errors
/// Whatever keeps them from being there; see [`InstallError`].
pub async fn install_tool(
    names: &[String],
    suite: Option<&str>,
    cx: &InstallContext,
) -> Result<InstalledPackages, InstallError> {
    install_tool_on(&Machine::here(), names, suite, cx).await
}

/// The core `vendor:arch`, if an earlier run has brought it. Starts nothing and says nothing.
pub(super) fn installed_core(core: &str, cache_dir: &Path) -> Option<InstalledCore> {
    let entry = find(core).ok()?;
    let wanted = set::wanted(&core_set(entry, ""), &Machine::here());
    let base = std::path::absolute(cache_dir).ok()?.join("apt");
    described(entry, &manifest::lookup(&base, &wanted)?).ok()
}

/// A package with all that it depends on, if an earlier run has brought it. Starts nothing and says nothing.
pub(super) fn installed_package(
    machine: &Machine,
    name: &str,
    cache_dir: &Path,
) -> Option<InstalledPackages> {
    let wanted = set::wanted(&packages_set(&[name], true, ""), machine);
    let base = std::path::absolute(cache_dir).ok()?.join("apt");
    manifest::lookup(&base, &wanted).as_ref().map(packages_of)
}

/// Whether the package lists are there; fetches them where they are not, unless offline.
pub(super) async fn have_lists(machine: &Machine, cx: &InstallContext) -> Result<bool, InstallError> {
    set::have_lists(machine, cx).await
}

/// What the properties of `versions` of the packages of `core` must be for it to compile: property,
/// value, reason.
pub(super) fn repairs(
    core: &str,
    versions: &[(String, String)],
) -> Vec<(&'static str, &'static str, &'static str)> {
    find(core).map_or(Vec::new(), |entry| {
        let applying = entry.repairs.iter().filter(|repair| repair.applies(versions));
        applying.map(|repair| (repair.property, repair.value, repair.reason)).collect()
    })
}

async fn install_core_on(
    machine: &Machine,
    core: &str,
    cx: &InstallContext,
) -> Result<InstalledCore, InstallError> {
    let entry = find(core)?;
    let what = format!("core {core} from apt");
    let done = announced(&core_set(entry, &what), machine, cx).await?;
    let core = described(entry, &done.installed)?;
    let mut more = String::new();
    for (property, value, reason) in repairs(entry.name, &core.versions) {
        // Writing into a string can't fail.
        let _ = write!(more, "; appends {value} to {property} ({reason})");
    }
    finished(&what, &done, &more, cx);
    Ok(core)
}

pub(super) async fn install_packages_on(
    machine: &Machine,
    names: &[&str],
    with_dependencies: bool,
    cx: &InstallContext,
) -> Result<InstalledPackages, InstallError> {
    let what = format!("packages {} from apt", names.join(", "));
    let set = packages_set(names, with_dependencies, &what);
    let done = announced(&set, machine, cx).await?;
    finished(&what, &done, "", cx);
    Ok(packages_of(&done.installed))
}

fn packages_set<'a>(names: &[&str], with_dependencies: bool, what: &'a str) -> Set<'a> {
    let dependencies = if with_dependencies { Dependencies::Yes } else { Dependencies::No };
    Set {
        what,
        name: folder_name(names, dependencies),
        packages: names.iter().map(|&name| name.to_owned()).collect(),
        suite: None,
        dependencies,
        toolchains: Vec::new(),
        proof: None,
    }
}

async fn install_tool_on(
    machine: &Machine,
    names: &[String],
    suite: Option<&str>,
    cx: &InstallContext,
) -> Result<InstalledPackages, InstallError> {
    let from = suite.map(|suite| format!(" {suite}")).unwrap_or_default();
    let what = format!("tool {} from apt{from}", names.join(", "));
    let toolchains = toolchain::among(names);
    let mut packages = names.to_vec();
    packages.extend(toolchains.iter().flat_map(|it| it.companions).map(|&name| name.to_owned()));
    packages.sort_unstable();
    packages.dedup();
    let plain: Vec<&str> = names.iter().map(String::as_str).collect();
    let set = Set {
        what: &what,
        name: format!(
            "tool{}+{}",
            suite.map(|suite| format!("+{suite}")).unwrap_or_default(),
            folder_name(&plain, Dependencies::No)
        ),
        packages,
        suite,
        dependencies: Dependencies::Yes,
        toolchains,
        proof: None,
    };
    let done = announced(&set, machine, cx).await?;
    finished(&what, &done, "", cx);
    Ok(packages_of(&done.installed))
}

fn packages_of(installed: &Installed) -> InstalledPackages {
    InstalledPackages {
        root: installed.root(),
        versions: installed.versions(),
        library_path: installed.library_path(),
    }
}

fn find(core: &str) -> Result<&'static AptCore, InstallError> {
    table::CORES.iter().find(|entry| entry.name == core).ok_or_else(|| InstallError::UnknownCore {
        core: core.to_owned(),
        known: known_cores().collect::<Vec<_>>().join(", "),
    })
}

fn core_set<'a>(entry: &AptCore, what: &'a str) -> Set<'a> {
    Set {
        what,
        name: entry.set.to_owned(),
        packages: entry.packages.iter().map(|&name| name.to_owned()).collect(),
        suite: None,
        dependencies: if entry.compiler.is_some() { Dependencies::IfMissed } else { Dependencies::No },
        toolchains: Vec::new(),
        proof: entry.compiler.as_ref().map(|compiler| Proof {
            program_dirs: compiler.program_dirs,
            bin_dir: compiler.bin_dir,
            commands: compiler.smoke,
        }),
    }
}

/// An installed set of packages as the core that it holds.
fn described(entry: &AptCore, installed: &Installed) -> Result<InstalledCore, InstallError> {
    let root = installed.root();
    let platform_dir = root.join(entry.platform_dir);
    if let Some(missing) = missing_files(&platform_dir) {
        return Err(layout(entry.name, &format!("{}/{missing}", entry.platform_dir)));
    }
    let versions = installed.versions();
    let mut properties = IndexMap::new();
    let mut tools = IndexMap::new();
    if let Some(compiler) = &entry.compiler {
        for &property in compiler.bin_properties {
            // Recipes put the program's name right behind it.
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
        library_path: installed.library_path(),
    })
}

fn layout(package: &str, path: &str) -> InstallError {
    InstallError::Layout { package: package.to_owned(), path: PathBuf::from(path) }
}

async fn announced(set: &Set<'_>, machine: &Machine, cx: &InstallContext) -> Result<Ensured, InstallError> {
    cx.events.say(EventKind::SetupStarted { what: set.what.to_owned() });
    set::ensure(set, machine, cx).await
}

fn finished(what: &str, done: &Ensured, more: &str, cx: &InstallContext) {
    let versions = done.installed.versions();
    let versions: Vec<String> = versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let how = if done.was_there { "already installed: " } else { "" };
    let detail = format!("{how}{}{more}", versions.join(", "));
    let brief = versions.into_iter().next().unwrap_or_default();
    cx.events.say(EventKind::SetupFinished { what: what.to_owned(), brief, detail });
}

/// A name for the folder of a set of packages: readable, and short enough for any file system.
/// Sets whose names are cut to the same text are told apart by their manifests.
fn folder_name(names: &[&str], dependencies: Dependencies) -> String {
    const LONGEST: usize = 60;
    let mut name = names.join("+");
    if dependencies == Dependencies::Yes {
        name.insert_str(0, "all+");
    }
    // Not a path, not hidden, whatever was asked for; apt will say that there is no such package.
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() || "+.-".contains(c) { c } else { '_' })
        .take(LONGEST)
        .collect::<String>()
        .trim_start_matches(['.', '-'])
        .to_owned()
}
