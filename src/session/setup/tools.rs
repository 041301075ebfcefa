//! Installs tools that the matrix names for a core: from Debian's packages and from `PyPI`.

use std::collections::HashMap;
use std::path::PathBuf;

use indexmap::{IndexMap, IndexSet};

use super::python::PythonPackages;
use crate::matrix::Tool;
use crate::provide::{InstallContext, InstallError, InstalledCore, apt, pypi};

/// Returns the tools that are directories.
pub(super) fn directories(tools: &IndexMap<String, Tool>) -> IndexMap<String, PathBuf> {
    let directory = |(name, tool): (&String, &Tool)| match tool {
        Tool::Directory(path) => Some((name.clone(), path.clone())),
        Tool::Apt(_) | Tool::Pypi { .. } => None,
    };
    tools.iter().filter_map(directory).collect()
}

/// An installed tool.
#[derive(Debug, Clone)]
pub(super) struct ReadyTool {
    dir: PathBuf,
    versions: Vec<(String, String)>,
    library_path: Option<PathBuf>,
}

/// The installed tools by their source: cores share them.
pub(super) type Tools = HashMap<Tool, ReadyTool>;

/// Installs the tools that come from packages.
pub(super) async fn bring_in_tools(
    core: &mut InstalledCore,
    tools: &IndexMap<String, Tool>,
    there: &mut Tools,
    python: &PythonPackages,
    cx: &InstallContext,
) -> Result<(), InstallError> {
    let mut libraries: IndexSet<PathBuf> = IndexSet::new();
    for (name, tool) in tools {
        let installed = match there.get(tool) {
            Some(installed) => installed.clone(),
            None => match bring_in_tool(tool, python, cx).await? {
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

async fn bring_in_tool(
    tool: &Tool,
    python: &PythonPackages,
    cx: &InstallContext,
) -> Result<Option<ReadyTool>, InstallError> {
    Ok(match tool {
        Tool::Directory(_) => None,
        Tool::Apt(packages) => {
            let installed = apt::install_tool(&packages.names, packages.suite.as_deref(), cx).await?;
            // Recipes append `/bin/`.
            let dir = installed.root.join("usr");
            let (versions, library_path) = (installed.versions, installed.library_path);
            Some(ReadyTool { dir, versions, library_path })
        }
        Tool::Pypi { packages, lock, path } => {
            let installed = pypi::install_tool(packages, python.of(packages, lock.as_deref()), cx).await?;
            let dir = match path {
                Some(path) => pypi::tool_directory(&installed.root, packages, path).await?,
                None => installed.root,
            };
            let (versions, library_path) = (installed.versions, installed.library_path);
            Some(ReadyTool { dir, versions, library_path })
        }
    })
}
