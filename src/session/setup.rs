//! Installs what a matrix needs before planning: cores, tools, examples.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use indexmap::{IndexMap, IndexSet};

use crate::fs::make_own_directory;
use crate::matrix::{BUILTIN, Matrix, MatrixError, Provider, SketchRoots, Tool};
use crate::provide::locate::{Places, candidates};
use crate::provide::{InstallContext, InstallError, InstalledCore, apt, path, pypi};

/// The installed cores, and the directories for sketches.
#[derive(Debug, Default)]
pub struct Installed {
    /// Cores by `vendor:arch`.
    pub cores: IndexMap<String, InstalledCore>,
    /// Directories that `from` can name.
    pub roots: SketchRoots,
}

/// Error of an installation.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The matrix requests something invalid.
    #[error(transparent)]
    Matrix(#[from] MatrixError),
    /// An installation failed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// A core is not installed, and the matrix does not name its provider.
    #[error(
        "the core {core} is not installed, and the matrix does not say where it comes from; {}",
        advice(core)
    )]
    NotInstalled {
        /// `vendor:arch`.
        core: String,
    },
}

fn advice(core: &str) -> String {
    if apt::known_cores().any(|known| known == core) {
        format!("add to the matrix:\n\n    cores:\n      {core}: {{provider: apt}}\n")
    } else {
        format!(
            "add to the matrix where its directory is:\n\n    cores:\n      {core}: {{provider: path, path: DIRECTORY}}\n"
        )
    }
}

/// Installs every core that a board or a sketch of the matrix needs, and the examples.
///
/// # Errors
/// A core, a tool or the examples are unavailable.
pub async fn bring_in(matrix: &Matrix, cx: &InstallContext) -> Result<Installed, SetupError> {
    let mut names = matrix.core_names();
    names.extend(matrix.cores.keys().cloned());
    names.extend(matrix.needed_roots().filter(|root| *root != BUILTIN).map(str::to_owned));
    let lenders = matrix.cores.iter().filter(|(_, core)| matches!(core.provider, Provider::Apt));
    let lenders: Vec<&str> = lenders.filter_map(|(name, _)| apt::lender(name)).collect();
    names.extend(lenders.iter().map(|&name| name.to_owned()));
    // If the directory can't be created, the first write into it reports the error.
    let _ = make_own_directory(&cx.cache_dir);
    let mut installed = Installed::default();
    let mut tools = HashMap::new();
    // In sequence: all use one package manager.
    for name in &names {
        let is_lent = !matrix.cores.contains_key(name) && lenders.contains(&name.as_str());
        let core = if is_lent {
            apt::install_core(name, cx).await?
        } else {
            core(matrix, name, &mut tools, cx).await?
        };
        installed.roots.insert(name.clone(), core.platform_dir.clone());
        installed.cores.insert(name.clone(), core);
    }
    if matrix.needs_builtin_examples() {
        installed.roots.insert(BUILTIN.to_owned(), apt::install_builtin_examples(cx).await?);
    }
    Ok(installed)
}

async fn core(
    matrix: &Matrix,
    name: &str,
    there: &mut Tools,
    cx: &InstallContext,
) -> Result<InstalledCore, SetupError> {
    match matrix.cores.get(name).map(|core| &core.provider) {
        Some(Provider::Apt) => Ok(apt::install_core(name, cx).await?),
        Some(Provider::Path { dir, tools }) => {
            // Checks that need no download come first.
            let mut core = path::install_core(name, &dir.value, directories(tools), cx)
                .await
                .map_err(|error| matrix.error_at(dir.span, error.to_string(), None))?;
            bring_in_tools(&mut core, tools, there, cx).await?;
            Ok(core)
        }
        Some(Provider::Installed) | None => newest(name, &cx.cache_dir),
    }
}

fn directories(tools: &IndexMap<String, Tool>) -> IndexMap<String, PathBuf> {
    let directory = |(name, tool): (&String, &Tool)| match tool {
        Tool::Directory(path) => Some((name.clone(), path.clone())),
        Tool::Apt(_) | Tool::Pypi { .. } => None,
    };
    tools.iter().filter_map(directory).collect()
}

/// An installed tool.
#[derive(Debug, Clone)]
struct InstalledTool {
    dir: PathBuf,
    versions: Vec<(String, String)>,
    library_path: Option<PathBuf>,
}

/// The installed tools by their source: cores share them.
type Tools = HashMap<Tool, InstalledTool>;

/// Installs the tools that come from packages.
async fn bring_in_tools(
    core: &mut InstalledCore,
    tools: &IndexMap<String, Tool>,
    there: &mut Tools,
    cx: &InstallContext,
) -> Result<(), InstallError> {
    let mut libraries: IndexSet<PathBuf> = IndexSet::new();
    for (name, tool) in tools {
        let installed = match there.get(tool) {
            Some(installed) => installed.clone(),
            None => match bring_in_tool(tool, cx).await? {
                Some(installed) => installed,
                None => continue,
            },
        };
        there.insert(tool.clone(), installed.clone());
        core.tools.insert(name.clone(), installed.dir);
        core.versions.extend(installed.versions);
        libraries.extend(installed.library_path);
    }
    if !libraries.is_empty() {
        // This fails only if the name of the cache directory contains `:`.
        core.library_path = std::env::join_paths(libraries).ok().map(PathBuf::from);
    }
    Ok(())
}

async fn bring_in_tool(tool: &Tool, cx: &InstallContext) -> Result<Option<InstalledTool>, InstallError> {
    Ok(match tool {
        Tool::Directory(_) => None,
        Tool::Apt(packages) => {
            let installed = apt::install_tool(&packages.names, packages.suite.as_deref(), cx).await?;
            // Recipes append `/bin/`.
            let dir = installed.root.join("usr");
            let (versions, library_path) = (installed.versions, installed.library_path);
            Some(InstalledTool { dir, versions, library_path })
        }
        Tool::Pypi { packages, lock, path } => {
            let installed = pypi::install_tool(packages, lock.as_deref(), cx).await?;
            let dir = match path {
                Some(path) => pypi::tool_directory(&installed.root, packages, path).await?,
                None => installed.root,
            };
            let (versions, library_path) = (installed.versions, installed.library_path);
            Some(InstalledTool { dir, versions, library_path })
        }
    })
}

fn newest(name: &str, cache: &Path) -> Result<InstalledCore, SetupError> {
    candidates(name, &Places::of_this_machine(cache))
        .into_iter()
        .next()
        .map(|candidate| candidate.core)
        .ok_or_else(|| SetupError::NotInstalled { core: name.to_owned() })
}
