//! One installation of a set of packages, in its temporary directory: fetches, verifies, extracts, relocates and tests.
//! Knows nothing of earlier installations.

use std::path::{Path, PathBuf};

use futures::stream::{self, TryStreamExt};

use super::super::blocking::blocking;
use super::super::context::InstallContext;
use super::super::error::{InstallError, IoAction};
use super::super::install_lock::InstallLock;
use super::super::machine::Machine;
use super::super::tool_command::ToolCommand;
use super::loader::{self, LoadedLibraries};
use super::manifest::{self, InstalledPackage, InstalledSet, SetIdentity, SetManifest};
use super::package_set::{Dependencies, PackageSet};
use super::private_apt::{PrivateApt, Scope};
use super::settle::Foreign;
use super::site::Site;
use super::{answer, relocate, unpack};

/// An installation in progress.
pub(super) struct SetInstallation<'a> {
    pub(super) set: &'a PackageSet,
    pub(super) machine: &'a Machine,
    pub(super) cx: &'a InstallContext,
    pub(super) lock: &'a InstallLock,
    pub(super) base: &'a Path,
    pub(super) site: &'a Site,
    pub(super) dpkg_deb: &'a Path,
    /// The tool that binds programs of another release to their own C library.
    pub(super) patchelf: Option<&'a InstalledSet>,
}

impl SetInstallation<'_> {
    /// Fills the site's `out` directory, and returns the manifest, which is not written yet.
    ///
    /// # Errors
    /// Any [`InstallError`] that prevents the installation.
    pub(super) async fn run(&self, identity: &SetIdentity) -> Result<SetManifest, InstallError> {
        let temporary = self.site.temporary();
        let mut apt =
            PrivateApt::prepare(self.machine, self.lock, self.base, &temporary, &self.set.what, self.cx)
                .await?;
        if let Some(suite) = &self.set.suite {
            apt = apt.of_suite(suite).await?;
        }
        let first = match self.set.dependencies {
            Dependencies::Yes => Scope::WithDependencies,
            Dependencies::No | Dependencies::IfMissed => Scope::Named,
        };
        let mut packages = Vec::new();
        self.extract(&mut apt, first, &mut packages).await?;
        let out = self.site.out();
        let foreign = self.foreign().await?;
        self.settle(foreign.as_ref(), &out).await?;
        let mut loaded = self.load().await?;
        if !loaded.missing.is_empty() && self.set.dependencies == Dependencies::IfMissed {
            self.extract(&mut apt, Scope::WithDependencies, &mut packages).await?;
            loaded = self.load().await?;
        }
        if !loaded.missing.is_empty() {
            let libraries = loaded.missing.into_iter().collect::<Vec<_>>().join(", ");
            return Err(InstallError::MissingLibraries { libraries });
        }
        self.smoke().await?;
        let host = loaded.found.into_iter().filter(|file| !file.starts_with(&out)).collect();
        let manifest = SetManifest::new(identity, packages, host);
        let Some(foreign) = foreign else { return Ok(manifest) };
        // The proof above ran in the temporary directory, to which the programs are still bound.
        let to = self.base.join(manifest.directory_name());
        self.settle(Some(&foreign), &to).await?;
        Ok(manifest.with_loader(foreign.loader_in(&to)))
    }

    /// Returns the programs of the tree, if they are of another release.
    async fn foreign(&self) -> Result<Option<Foreign>, InstallError> {
        if self.set.suite.is_none() {
            return Ok(None);
        }
        let out = self.site.out();
        blocking(move || Foreign::find(&out)).await
    }

    /// Binds them to the loader and the libraries in `dir`, which may not exist yet.
    async fn settle(&self, foreign: Option<&Foreign>, dir: &Path) -> Result<(), InstallError> {
        let (Some(foreign), Some(patchelf)) = (foreign, self.patchelf) else { return Ok(()) };
        foreign.settle(patchelf, dir, &self.set.what, &self.cx.cancel).await
    }

    /// Fetches, verifies and extracts packages; those that `packages` names are extracted already.
    async fn extract(
        &self,
        apt: &mut PrivateApt<'_>,
        scope: Scope,
        packages: &mut Vec<InstalledPackage>,
    ) -> Result<(), InstallError> {
        let debs = self.site.debs();
        let there: Vec<String> = packages.iter().map(|it| it.name.clone()).collect();
        let base = if self.set.suite.is_none() { is_base } else { is_compilers_base };
        let unwanted = |name: &str| base(name) || there.iter().any(|it| it == name);
        let archives = apt.fetch(&self.set.packages, scope, unwanted, &debs).await?;

        let (checked, dir) = (archives.clone(), debs.clone());
        packages.extend(
            blocking(move || {
                checked.iter().map(|archive| unpack::verify(archive, &dir)).collect::<Result<Vec<_>, _>>()
            })
            .await?,
        );
        let root = manifest::root_of(&self.site.out());
        stream::iter(archives.iter().map(Ok))
            .try_for_each_concurrent(2, |archive| {
                // It starts tar and, on some systems, xz.
                let tool =
                    ToolCommand::new(self.dpkg_deb).env("PATH", &self.machine.path).holding(self.lock.file());
                let (file, root) = (debs.join(&archive.file), &root);
                async move { unpack::extract(tool, &file, root, &self.set.what, &self.cx.cancel).await }
            })
            .await?;

        let libraries = match &self.set.suite {
            None => manifest::libraries_of(&self.site.out()),
            Some(_) => manifest::own_libraries_of(&self.site.out()),
        };
        let toolchains = self.set.toolchains.clone();
        blocking(move || {
            unpack::rebase_links(&root)?;
            toolchains.into_iter().try_for_each(|it| relocate::relocate(&root, it))?;
            unpack::link_libraries(&root, &libraries).map(|_| ())
        })
        .await
    }

    /// Asks the loader for the libraries of the programs.
    async fn load(&self) -> Result<LoadedLibraries, InstallError> {
        let root = manifest::root_of(&self.site.out());
        let mut dirs: Vec<&str> = self.set.proofs().iter().flat_map(|it| it.program_dirs).copied().collect();
        dirs.sort_unstable();
        dirs.dedup();
        let programs = blocking(move || Ok(loader::programs(&root, &dirs))).await?;
        loader::trace(&programs, self.library_path().as_deref(), &self.set.what, &self.cx.cancel).await
    }

    /// Runs the commands that prove that the programs work.
    async fn smoke(&self) -> Result<(), InstallError> {
        let (dir, root) = (self.site.smoke(), manifest::root_of(&self.site.out()));
        let source = dir.join("smoke.c");
        tokio::fs::write(&source, "int main(void) { return 0; }\n")
            .await
            .map_err(|error| InstallError::io(IoAction::Write, &source, error))?;
        let proofs = self.set.proofs();
        let commands = proofs.iter().flat_map(|proof| proof.commands.iter().map(|it| (proof.bin_dir, it)));
        for (bin, command) in commands {
            let Some((program, args)) = command.split_first() else { continue };
            let mut tool = ToolCommand::new(root.join(bin).join(program))
                .args(args.iter().copied())
                .cwd(&dir)
                .env("TMPDIR", &dir);
            if let Some(libraries) = self.library_path() {
                tool = tool.env("LD_LIBRARY_PATH", libraries);
            }
            let finished = tool.run(&self.set.what, &self.cx.cancel).await?;
            if answer::is_disk_full(&finished.stderr) {
                return Err(InstallError::DiskFull { path: dir });
            }
            if !finished.status.success() {
                let detail = finished.stderr.trim().to_owned();
                return Err(InstallError::Smoke { detail, command: tool.shown() });
            }
        }
        Ok(())
    }

    fn library_path(&self) -> Option<PathBuf> {
        let dir = manifest::libraries_of(&self.site.out());
        dir.is_dir().then_some(dir)
    }
}

/// Returns whether every machine with apt has the package in its own version: the C library and its dependencies. A
/// second C library beside the loader of the first one breaks every program.
fn is_base(package: &str) -> bool {
    matches!(package, "libc6" | "libgcc-s1" | "libcrypt1" | "libcrypt2" | "libc-bin")
        || is_compilers_base(package)
}

/// Returns whether the package contains only a copyright notice.
fn is_compilers_base(package: &str) -> bool {
    package.starts_with("gcc-") && package.ends_with("-base")
}
