//! The Python packages of a matrix's tools: what the lock file pins, and what `core lock` resolves.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use indexmap::IndexSet;

use super::lock::LockUse;
use crate::matrix::{Matrix, Provider, Tool};
use crate::provide::download::Downloader;
use crate::provide::locked::LockedPython;
use crate::provide::pypi::{self, PythonLock};
use crate::provide::{InstallContext, InstallError};

/// The packages that a lock file pins, by the packages that the matrix requests.
#[derive(Debug, Default)]
pub(super) struct PythonPackages {
    lock: PathBuf,
    pinned: HashMap<Vec<String>, Vec<LockedPython>>,
}

impl PythonPackages {
    /// Takes the packages of each tool from the lock file, and notes those that it lacks: with `--locked` of all cores, else
    /// of the needed ones.
    pub(super) fn of_lock(matrix: &Matrix, needed: &IndexSet<String>, lock: &mut LockUse) -> Self {
        let mut pinned = HashMap::new();
        // Without a lock file, the matrix pins the requested package itself, and nobody has asked for more.
        let is_locked = !lock.known.is_empty() || lock.is_required();
        let is_noted = |core: &str| lock.is_required() || needed.contains(core);
        for requested in environments(matrix, &is_noted) {
            let locked = lock.known.environment(requested);
            if !locked.is_empty() {
                lock.used.python.extend(locked.iter().cloned());
                pinned.insert(requested.to_vec(), locked);
            } else if is_locked {
                // Allowed or forbidden: `LockUse::check` decides.
                let _ = lock.may_resolve(|_| difference(requested));
            }
        }
        Self { lock: lock.path().to_owned(), pinned }
    }

    /// Returns what pins the packages of a tool; `file` is the file that the matrix names for it.
    pub(super) fn of<'a>(&'a self, requested: &[String], file: Option<&'a Path>) -> PythonLock<'a> {
        match (file, self.pinned.get(requested)) {
            (Some(file), _) => PythonLock::File(file),
            (None, Some(packages)) => PythonLock::Matrix(&self.lock, packages),
            (None, None) => PythonLock::None,
        }
    }
}

/// Resolves the packages that the lock file lacks, and adds all to the ones that are used.
///
/// # Errors
/// The packages can't be resolved.
pub(super) async fn lock_packages(
    matrix: &Matrix,
    lock: &mut LockUse,
    downloader: &Downloader,
    cx: &InstallContext,
) -> Result<(), InstallError> {
    for requested in environments(matrix, &|_| true) {
        let mut locked = lock.known.environment(requested);
        if locked.is_empty() {
            if !lock.may_resolve(|_| difference(requested)) {
                continue;
            }
            let kept: Vec<LockedPython> =
                lock.kept.iter().filter(|package| package.environment == requested).cloned().collect();
            locked = pypi::resolve_tool(requested, &kept, downloader, cx).await?;
        }
        lock.used.python.extend(locked);
    }
    Ok(())
}

fn difference(requested: &[String]) -> String {
    format!("packages {} are not in the lock file", requested.join(", "))
}

/// Returns the requested packages of each environment of these cores that no file of its own pins.
fn environments<'m>(matrix: &'m Matrix, is_meant: &dyn Fn(&str) -> bool) -> IndexSet<&'m [String]> {
    let cores = matrix.cores.iter().filter(|(name, _)| is_meant(name)).map(|(_, core)| core);
    let tools = cores.filter_map(|core| match &core.provider {
        Provider::Path { tools, .. } => Some(tools.values()),
        _ => None,
    });
    let packages = tools.flatten().filter_map(|tool| match tool {
        Tool::Pypi { packages, lock: None, .. } => Some(packages.as_slice()),
        _ => None,
    });
    packages.collect()
}
