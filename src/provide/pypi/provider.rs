//! The provider `pypi` itself: from a request to an installed environment.

use std::fmt::{Display, Formatter};
use std::path::{Path, PathBuf};

use super::super::blocking::blocking;
use super::super::context::InstallContext;
use super::super::error::{InstallError, IoAction};
use super::super::install_lock;
use super::super::installed::InstalledPackages;
use super::super::machine::Machine;
use super::super::provider::{Fetched, Provider, install};
use super::environment::{EnvironmentIdentity, PythonEnvironment};
use super::installation::EnvironmentInstallation;
use super::lock_file::LockFile;
use super::tool_directory::find_directory;

/// The Python of a machine.
struct Pypi<'m> {
    machine: &'m Machine,
}

/// Packages of a tool.
struct PypiRequest<'r> {
    /// `NAME==VERSION` each.
    packages: &'r [String],
    /// The lock file, which pins all dependencies of the packages.
    lock_file: Option<&'r Path>,
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
        let lock_file = match request.lock_file.map(Path::to_owned) {
            Some(path) => Some(blocking(move || LockFile::read(&path)).await?),
            None => None,
        };
        if let Some(lock_file) = &lock_file {
            lock_file.check(packages, &what)?;
        }
        Ok(LockedPackages { what, packages, lock_file })
    }

    async fn fetch(&self, locked: LockedPackages<'m>, cx: &InstallContext) -> Result<Fetched, InstallError> {
        let LockedPackages { what, packages, lock_file } = locked;
        let offline = || InstallError::Offline { what: what.clone(), cache: cx.cache_dir.clone() };
        let base = cx.cache_dir.join("pypi");
        if cx.offline && !base.is_dir() {
            return Err(offline());
        }
        // By its real name: an environment works only there.
        let base = blocking(move || {
            std::fs::create_dir_all(&base)
                .and_then(|()| base.canonicalize())
                .map_err(|error| InstallError::io(IoAction::Create, &base, error))
        })
        .await?;
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
        let installation =
            EnvironmentInstallation { machine: self.machine, cx, what: &what, lock: &lock, base: &base };
        let made = installation.run(packages, lock_file.as_ref(), &dir, identity).await?;
        Ok(fetched(made, false))
    }
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
    lock_file: Option<&Path>,
    cx: &InstallContext,
) -> Result<InstalledPackages, InstallError> {
    let machine = Machine::here();
    install(&Pypi { machine: &machine }, PypiRequest { packages, lock_file }, cx).await
}

/// Returns the directory `path`, relative to `site-packages`, in the environment `root` of `packages`.
///
/// # Errors
/// [`InstallError::NoToolDirectory`] where it is missing, and [`InstallError::NotExecutable`] where the programs in its
/// `bin` can't be started.
pub async fn tool_directory(root: &Path, packages: &[String], path: &Path) -> Result<PathBuf, InstallError> {
    let what = PypiRequest { packages, lock_file: None }.to_string();
    let (root, path) = (root.to_owned(), path.to_owned());
    blocking(move || find_directory(&root, &path, &what)).await
}

async fn find(dir: &Path, identity: &EnvironmentIdentity) -> Result<Option<PythonEnvironment>, InstallError> {
    let (dir, identity) = (dir.to_owned(), identity.clone());
    blocking(move || Ok(PythonEnvironment::find(&dir, &identity))).await
}
