//! The provider `apt` itself: from a request to installed packages.

use std::path::PathBuf;

use super::super::context::InstallContext;
use super::super::error::InstallError;
use super::super::installed::{InstalledCore, InstalledPackages};
use super::super::machine::Machine;
use super::super::provider::{Fetched, Provider, install};
use super::cores::{described, find};
use super::ensure::ensure;
use super::package_set::PackageSet;
use super::request::AptRequest;
use super::table::EXAMPLES_DIR;

/// The apt of a machine.
pub(super) struct Apt<'m> {
    pub(super) machine: &'m Machine,
}

/// A request with its packages. Their versions are not part of it: the machine's sources decide them.
pub(super) struct LockedSet<'m> {
    request: AptRequest<'m>,
    set: PackageSet,
}

impl<'m> Provider for Apt<'m> {
    type Request = AptRequest<'m>;
    type Locked = LockedSet<'m>;
    type Installed = Fetched;

    async fn resolve(
        &self,
        request: AptRequest<'m>,
        _cx: &InstallContext,
    ) -> Result<LockedSet<'m>, InstallError> {
        Ok(LockedSet { request, set: request.set() })
    }

    async fn fetch(&self, locked: LockedSet<'m>, cx: &InstallContext) -> Result<Fetched, InstallError> {
        let done = ensure(&locked.set, self.machine, cx).await?;
        let packages = done.installed.packages();
        let remark = locked.request.check(&packages)?;
        Ok(Fetched { packages, was_installed: done.was_installed, remark })
    }
}

/// Returns whether this machine has the programs that install Debian's packages.
pub fn is_available() -> bool {
    Machine::here().find("apt-get").is_ok()
}

/// Installs the core `vendor:arch` with its compiler, and proves that the compiler works.
///
/// An existing installation is found in about a millisecond, without starting a process.
///
/// # Errors
/// Any [`InstallError`] that prevents the installation.
pub async fn install_core(core: &str, cx: &InstallContext) -> Result<InstalledCore, InstallError> {
    install_core_on(&Machine::here(), core, cx).await
}

/// Installs Arduino's built-in examples; returns the directory that holds `01.Basics` and so on.
///
/// # Errors
/// Any [`InstallError`] that prevents the installation.
pub async fn install_builtin_examples(cx: &InstallContext) -> Result<PathBuf, InstallError> {
    let machine = Machine::here();
    let installed = install(&Apt { machine: &machine }, AptRequest::BuiltinExamples, cx).await?;
    Ok(installed.root.join(EXAMPLES_DIR))
}

/// Installs any packages, for example a simulator; with all their dependencies but the C library where
/// `with_dependencies`.
///
/// # Errors
/// Any [`InstallError`] that prevents the installation.
pub async fn install_packages(
    names: &[&str],
    with_dependencies: bool,
    cx: &InstallContext,
) -> Result<InstalledPackages, InstallError> {
    install_packages_on(&Machine::here(), names, with_dependencies, cx).await
}

/// Installs the packages of a core's tool with all their dependencies. A cross compiler comes with its C library,
/// works in its directory, and is tested. With a `suite` the packages are those of that release of the distribution,
/// and include the C library that their own programs need.
///
/// # Errors
/// Any [`InstallError`] that prevents the installation.
pub async fn install_tool(
    names: &[String],
    suite: Option<&str>,
    cx: &InstallContext,
) -> Result<InstalledPackages, InstallError> {
    install_tool_on(&Machine::here(), names, suite, cx).await
}

pub(super) async fn install_core_on(
    machine: &Machine,
    core: &str,
    cx: &InstallContext,
) -> Result<InstalledCore, InstallError> {
    let entry = find(core)?;
    let installed = install(&Apt { machine }, AptRequest::Core(entry), cx).await?;
    described(entry, &installed)
}

pub(crate) async fn install_packages_on(
    machine: &Machine,
    names: &[&str],
    with_dependencies: bool,
    cx: &InstallContext,
) -> Result<InstalledPackages, InstallError> {
    install(&Apt { machine }, AptRequest::Packages { names, with_dependencies }, cx).await
}

pub(super) async fn install_tool_on(
    machine: &Machine,
    names: &[String],
    suite: Option<&str>,
    cx: &InstallContext,
) -> Result<InstalledPackages, InstallError> {
    install(&Apt { machine }, AptRequest::Tool { names, suite }, cx).await
}
