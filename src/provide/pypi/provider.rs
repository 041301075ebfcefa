//! The provider `pypi` itself: from a request to an installed environment.

use std::fmt::{Display, Formatter};
use std::path::{Path, PathBuf};

use super::super::blocking::blocking;
use super::super::context::InstallContext;
use super::super::download::Downloader;
use super::super::error::{InstallError, IoAction};
use super::super::install_lock;
use super::super::installed::InstalledPackages;
use super::super::locked::LockedPython;
use super::super::machine::Machine;
use super::super::provider::{Fetched, Provider, install};
use super::environment::{EnvironmentIdentity, PythonEnvironment};
use super::lock_file::LockFile;
use super::pip::Pip;
use super::tool_directory::find_directory;

/// The Python of a machine.
struct Pypi<'m> {
    machine: &'m Machine,
}

/// What pins the packages of a tool.
#[derive(Debug, Clone, Copy)]
pub enum PythonLock<'r> {
    /// Nothing but the requested versions.
    None,
    /// A file in pip's format, which the matrix names.
    File(&'r Path),
    /// The entries for these packages in the matrix's lock file, and the file.
    Matrix(&'r Path, &'r [LockedPython]),
}

/// Packages of a tool.
struct PypiRequest<'r> {
    /// `NAME==VERSION` each.
    packages: &'r [String],
    lock: PythonLock<'r>,
}

/// A request with the content of its lock file.
struct LockedPackages<'r> {
    /// The request in the user's words.
    what: String,
    packages: &'r [String],
    lock_file: Option<LockFile>,
}

/// Displays the request in the user's words.
impl Display for PypiRequest<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "tool {} from PyPI", self.packages.join(", "))
    }
}

impl<'m> Provider for Pypi<'m> {
    type Request = PypiRequest<'m>;
    type Locked = LockedPackages<'m>;
    type Installed = Fetched;

    async fn resolve(
        &self,
        request: PypiRequest<'m>,
        _cx: &InstallContext,
    ) -> Result<LockedPackages<'m>, InstallError> {
        let (what, packages) = (request.to_string(), request.packages);
        let lock_file = match request.lock {
            PythonLock::None => None,
            PythonLock::File(path) => {
                let path = path.to_owned();
                Some(blocking(move || LockFile::read(&path)).await?)
            }
            PythonLock::Matrix(path, packages) => Some(LockFile::of_matrix(path, packages)),
        };
        if let Some(lock_file) = &lock_file {
            lock_file.check(packages, &what)?;
        }
        Ok(LockedPackages { what, packages, lock_file })
    }

    async fn fetch(&self, locked: LockedPackages<'m>, cx: &InstallContext) -> Result<Fetched, InstallError> {
        let LockedPackages { what, packages, lock_file } = locked;
        let offline = || InstallError::Offline { what: what.clone(), cache: cx.cache_dir.clone() };
        if cx.offline && !directory(cx).is_dir() {
            return Err(offline());
        }
        let base = make_directory(cx).await?;
        let identity = EnvironmentIdentity::new(packages, lock_file.as_ref(), &self.machine.tag);
        let dir = base.join(identity.directory_name());
        let fetched = |found: PythonEnvironment, was_installed| Fetched {
            packages: found.packages(),
            was_installed,
            remark: String::new(),
        };
        if let Some(found) = find(&dir, &identity).await? {
            return Ok(fetched(found, true));
        }
        if cx.offline {
            return Err(offline());
        }
        let lock = install_lock::take(&base, &what, cx).await?;
        // Another run may have installed it while this one waited.
        if let Some(found) = find(&dir, &identity).await? {
            return Ok(fetched(found, true));
        }
        let pip = Pip { machine: self.machine, cx, what: &what, lock: &lock, base: &base };
        let made = pip.install(packages, lock_file.as_ref(), &dir, identity).await?;
        Ok(fetched(made, false))
    }
}

/// Returns the provider's directory in the cache directory.
fn directory(cx: &InstallContext) -> PathBuf {
    cx.cache_dir.join("pypi")
}

/// Creates the provider's directory. Returns its real name: an environment works only there.
async fn make_directory(cx: &InstallContext) -> Result<PathBuf, InstallError> {
    let base = directory(cx);
    blocking(move || {
        std::fs::create_dir_all(&base)
            .and_then(|()| base.canonicalize())
            .map_err(|error| InstallError::io(IoAction::Create, &base, error))
    })
    .await
}

/// Resolves Python packages, each `NAME==VERSION`, with all their dependencies, to exact versions. `kept` are versions
/// that stay if they fit.
///
/// # Errors
/// Any [`InstallError`] that prevents the resolution.
pub(crate) async fn resolve_tool(
    packages: &[String],
    kept: &[LockedPython],
    downloader: &Downloader,
    cx: &InstallContext,
) -> Result<Vec<LockedPython>, InstallError> {
    let what = PypiRequest { packages, lock: PythonLock::None }.to_string();
    if cx.offline {
        return Err(InstallError::Offline { what, cache: cx.cache_dir.clone() });
    }
    let machine = Machine::here();
    let base = make_directory(cx).await?;
    let lock = install_lock::take(&base, &what, cx).await?;
    Pip { machine: &machine, cx, what: &what, lock: &lock, base: &base }
        .resolve(packages, kept, downloader)
        .await
}

/// Returns whether the packages of an environment in the lock file `path` are installed on this machine.
pub fn is_tool_installed(path: &Path, locked: &[LockedPython], cx: &InstallContext) -> bool {
    let Some(packages) = locked.first().map(|package| &package.environment) else { return true };
    let Ok(base) = directory(cx).canonicalize() else { return false };
    let lock_file = LockFile::of_matrix(path, locked);
    let identity = EnvironmentIdentity::new(packages, Some(&lock_file), &Machine::here().tag);
    PythonEnvironment::find(&base.join(identity.directory_name()), &identity).is_some()
}

/// Installs Python packages, each `NAME==VERSION`, with all their dependencies. With a lock file, installs exactly the
/// pinned versions, and no package without a hash.
///
/// An existing installation is found in about a millisecond, without starting a process.
///
/// # Errors
/// Any [`InstallError`] that prevents the installation.
pub async fn install_tool(
    packages: &[String],
    lock: PythonLock<'_>,
    cx: &InstallContext,
) -> Result<InstalledPackages, InstallError> {
    let machine = Machine::here();
    install(&Pypi { machine: &machine }, PypiRequest { packages, lock }, cx).await
}

/// Returns the directory `path`, relative to `site-packages`, in the environment `root` of `packages`.
///
/// # Errors
/// [`InstallError::NoToolDirectory`] where it is missing, and [`InstallError::NotExecutable`] where the programs in its
/// `bin` can't be started.
pub async fn tool_directory(root: &Path, packages: &[String], path: &Path) -> Result<PathBuf, InstallError> {
    let what = PypiRequest { packages, lock: PythonLock::None }.to_string();
    let (root, path) = (root.to_owned(), path.to_owned());
    blocking(move || find_directory(&root, &path, &what)).await
}

async fn find(dir: &Path, identity: &EnvironmentIdentity) -> Result<Option<PythonEnvironment>, InstallError> {
    let (dir, identity) = (dir.to_owned(), identity.clone());
    blocking(move || Ok(PythonEnvironment::find(&dir, &identity))).await
}
