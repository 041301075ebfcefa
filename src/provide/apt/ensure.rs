//! Installs a set of packages below the cache directory, once: a missing set is fetched, checked and extracted in a
//! temporary directory, which is then renamed into place.
//!
//! A reader needs no lock: a directory is complete or missing. The rest of an interrupted installation is in `tmp`,
//! which the next one empties.

use std::path::Path;

use super::super::blocking::blocking;
use super::super::context::InstallContext;
use super::super::error::{InstallError, IoAction};
use super::super::install_lock;
use super::super::machine::Machine;
use super::installation::SetInstallation;
use super::manifest::{self, InstalledSet, SetIdentity};
use super::package_set::{Dependencies, PackageSet};
use super::proof::Proof;
use super::settle;
use super::site::{Site, base_of, create};

/// An installed set.
#[derive(Debug)]
pub(super) struct Ensured {
    pub(super) installed: InstalledSet,
    /// Whether it was installed already.
    pub(super) was_installed: bool,
}

/// Returns the set installed below `cx.cache_dir`; installs it if it is missing.
///
/// # Errors
/// Any [`InstallError`] that prevents the installation.
pub(super) async fn ensure(
    set: &PackageSet,
    machine: &Machine,
    cx: &InstallContext,
) -> Result<Ensured, InstallError> {
    let base = base_of(cx)?;
    let identity = set.identity(machine);
    if let Some(installed) = lookup(&base, &identity).await {
        return Ok(Ensured { installed, was_installed: true });
    }
    if cx.offline {
        return Err(InstallError::Offline { what: set.what.clone(), cache: cx.cache_dir.clone() });
    }
    // Before anything is created: a machine without apt gets no directories.
    machine.find("apt-get")?;
    let dpkg_deb = machine.find("dpkg-deb")?;

    create(&base).await?;
    // Before the lock, which it needs itself.
    let patchelf = match &set.suite {
        Some(_) => Some(Box::pin(ensure(&patchelf(&set.what), machine, cx)).await?.installed),
        None => None,
    };
    let lock = install_lock::take(&base, &set.what, cx).await?;
    // Another run may have done it while this one waited.
    if let Some(installed) = lookup(&base, &identity).await {
        return Ok(Ensured { installed, was_installed: true });
    }
    let site = Site::open(&base).await?;
    for dir in [site.debs(), site.smoke(), site.temporary(), manifest::root_of(&site.out())] {
        create(&dir).await?;
    }
    let manifest = SetInstallation {
        set,
        machine,
        cx,
        lock: &lock,
        base: &base,
        site: &site,
        dpkg_deb: &dpkg_deb,
        patchelf: patchelf.as_ref(),
    }
    .run(&identity)
    .await?;

    let to = base.join(manifest.directory_name());
    blocking(move || site.finish(&manifest, &to)).await?;
    match lookup(&base, &identity).await {
        Some(installed) => Ok(Ensured { installed, was_installed: false }),
        // It was written a moment ago: another program removes files at the same time.
        None => Err(InstallError::io(IoAction::Read, &base, std::io::ErrorKind::NotFound.into())),
    }
}

/// Returns the package of the tool that gives programs another loader.
fn patchelf(what: &str) -> PackageSet {
    PackageSet {
        what: what.to_owned(),
        name: settle::PACKAGE.to_owned(),
        packages: vec![settle::PACKAGE.to_owned()],
        suite: None,
        dependencies: Dependencies::IfMissed,
        toolchains: Vec::new(),
        proof: Some(Proof {
            program_dirs: &["usr/bin"],
            bin_dir: "usr/bin",
            commands: &[&[settle::PACKAGE, "--version"]],
        }),
    }
}

async fn lookup(base: &Path, identity: &SetIdentity) -> Option<InstalledSet> {
    let (base, identity) = (base.to_path_buf(), identity.clone());
    tokio::task::spawn_blocking(move || manifest::lookup(&base, &identity)).await.ok().flatten()
}
