//! What a matrix needs by its lock file: which parts are missing on this disk, and one hash over all of them.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::error::SetupError;
use crate::matrix::{Matrix, Provider, Tool};
use crate::provide::arduino_directory::ArduinoDirectory;
use crate::provide::locked::{Locked, LockedPython, lock_path, lock_text, missing_items, read_lock};
use crate::provide::pypi::is_tool_installed;
use crate::provide::{InstallContext, InstallError, IoAction};

pub use crate::provide::locked::MissingItem as Missing;

/// What a matrix needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    /// SHA-256 over everything that the lock file and the matrix name, in hexadecimal digits: the key of a CI cache.
    pub hash: String,
    /// Cores, tools for this machine, libraries and Python packages of the lock file that are not installed.
    pub missing: Vec<Missing>,
}

/// Returns what a matrix needs. Installs nothing and uses no network.
///
/// # Errors
/// The matrix needs a lock file, and there is none, or it can't be read.
pub fn needs(matrix: &Matrix, cx: &InstallContext) -> Result<Needs, SetupError> {
    let path = lock_path(matrix.path());
    let locked = read_lock(&path)?;
    if locked.is_none() && needs_lock(matrix) {
        let what = format!("{}", path.display());
        let detail = format!(
            "the lock file is missing\nwrite it: fbuild-matrix core lock {}",
            matrix.path().display()
        );
        return Err(InstallError::Index { what, detail }.into());
    }
    let locked = locked.unwrap_or_else(Locked::new);
    let mut missing = missing_items(&locked, &ArduinoDirectory::new(&cx.cache_dir))?;
    missing.extend(missing_packages(&locked, &path, cx));
    let mut hash = Sha256::new();
    hash.update(lock_text(&locked)?);
    for line in packages(matrix)? {
        hash.update(line);
        hash.update("\n");
    }
    Ok(Needs { hash: format!("{:x}", hash.finalize()), missing })
}

/// Returns whether a part of the matrix is resolved by an index.
fn needs_lock(matrix: &Matrix) -> bool {
    use crate::matrix::LibrarySource;

    let is_indexed = |provider: &Provider| matches!(provider, Provider::Index(_));
    matrix.cores.values().any(|core| is_indexed(&core.provider))
        || !matrix.pinned_platforms().is_empty()
        || matrix.libraries.entries.iter().any(|entry| !matches!(entry.source, LibrarySource::Path(_)))
}

/// Returns the Python packages of environments that are not installed.
fn missing_packages(locked: &Locked, lock: &Path, cx: &InstallContext) -> Vec<Missing> {
    let mut environments: Vec<&[LockedPython]> =
        locked.python.chunk_by(|a, b| a.environment == b.environment).collect();
    environments.retain(|packages| !is_tool_installed(lock, packages, cx));
    let missing = |package: &LockedPython| {
        let file = package.files.first();
        Missing {
            kind: "package",
            name: package.name.clone(),
            version: package.version.clone(),
            url: file.map(|file| file.url.clone()).unwrap_or_default(),
            size: file.and_then(|file| file.size),
            cores: Vec::new(),
        }
    };
    environments.into_iter().flatten().map(missing).collect()
}

/// Returns a line for each core and tool of another package manager.
fn packages(matrix: &Matrix) -> Result<Vec<String>, InstallError> {
    let mut lines = Vec::new();
    for (name, core) in &matrix.cores {
        match &core.provider {
            Provider::Apt => lines.push(format!("core {name} apt")),
            Provider::Path { tools, .. } => {
                for (tool, source) in tools {
                    match source {
                        Tool::Directory(_) => {}
                        Tool::Apt(packages) => {
                            let suite = packages.suite.as_deref().unwrap_or_default();
                            lines.push(format!("tool {tool} apt {} {suite}", packages.names.join(" ")));
                        }
                        Tool::Pypi { packages, lock, .. } => {
                            let pins = lock.as_ref().map(|lock| {
                                let io = |error| InstallError::io(IoAction::Read, lock, error);
                                std::fs::read(lock).map(Sha256::digest).map_err(io)
                            });
                            let pins = pins.transpose()?.map(|hash| format!("{hash:x}")).unwrap_or_default();
                            lines.push(format!("tool {tool} pypi {} {pins}", packages.join(" ")));
                        }
                    }
                }
            }
            Provider::Installed | Provider::Index(_) | Provider::DataDir { .. } => {}
        }
    }
    Ok(lines)
}
